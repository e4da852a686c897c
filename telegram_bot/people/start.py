"""The first words, with the way to the page and the menus."""

from typing import Final

from telegram_bot.answers import frame
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

MENUS: Final = (
    (("Status", "status"), ("Balance", "balance"), ("Prices", "prices")),
    (("Profit", "profit"), ("Trades", "trades"), ("Chart", "chart equity")),
    (("Signals", "signals"), ("Compare", "compare"), ("Health", "health")),
    (("Pause", "pause"), ("Close…", "close"), ("Alerts", "alerts")),
    (("Help", "help"),),
)
NO_PAGE: Final = (
    "The page has no public https address yet, so it opens by /login only. "
    "The setting PUBLIC_URL or --tunnel ngrok gives it one."
)


async def start(deck: Deck, ask: Ask) -> Reply:
    """Greet, and show the page's button and a keyboard of menus."""
    badge = frame.badge(deck.snapshot())
    url = deck.page_url
    role = ask.identity.role
    lines = [f"<b>Quarterdeck</b> · {told(badge)}", f"You are {told(role)}."]
    lines.append("The button opens the dashboard, signed in." if url else NO_PAGE)
    allowed = {entry.name for entry in deck.entries if role.includes(entry.role)}
    rows = [
        [Button(label, f"r:{words}") for label, words in row if words.split()[0] in allowed]
        for row in MENUS
    ]
    page = [[Button("📱 Dashboard", web_app=url)]] if url else []
    return Reply(text="\n".join(lines), buttons=[*page, *filter(None, rows)])
