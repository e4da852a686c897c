"""What can be asked, by group."""

from typing import Final

from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

GROUPS: Final = (
    ("state", "How things are"), ("results", "What it came to"), ("control", "Command"),
    ("alerts", "Alerts"), ("people", "Who may come in"),
)  # fmt: skip
MENU: Final = (
    (("Status", "status"), ("Balance", "balance"), ("Prices", "prices")),
    (("Profit", "profit"), ("Daily", "daily"), ("Trades", "trades")),
    (("Signals", "signals"), ("Compare", "compare"), ("Health", "health")),
)


async def help_(deck: Deck, ask: Ask) -> Reply:
    """Return every command that the person may use, grouped."""
    lines = ["<b>Commands</b>"]
    mine = [entry for entry in deck.entries if ask.identity.role.includes(entry.role)]
    for group, title in GROUPS:
        found = [entry for entry in mine if entry.group == group]
        if found:
            lines += ["", f"<b>{title}</b>"]
            lines += [told(f"/{e.name} {e.usage}".rstrip() + f" – {e.hint}") for e in found]
    names = {entry.name for entry in mine}
    rows = [[Button(label, f"r:{name}") for label, name in row if name in names] for row in MENU]
    return Reply(text="\n".join(lines), buttons=[row for row in rows if row])
