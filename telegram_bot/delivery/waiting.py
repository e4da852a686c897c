"""Alerts that wait for somebody to have seen to them, said in a chat."""

from functools import partial

from core.errors import QuarterdeckError
from store.acknowledgements import alerts
from store.history import Wanted
from telegram_bot.command import Ask
from telegram_bot.deck import Deck
from telegram_bot.markup import told

MOST_COUNTED = 20


async def waiting_lines(deck: Deck, ask: Ask) -> list[str]:
    """Return how many wait, and the newest; nothing when none does or none can be read."""
    wanted = Wanted(limit=MOST_COUNTED)
    query = partial(alerts, wanted=wanted, owner=ask.identity.owner_id, only_open=True)
    try:
        page = await deck.ask(query)
    except QuarterdeckError:
        return []
    if not page.items:
        return []
    count = f"{len(page.items)}{'+' if page.next_cursor else ''}"
    noun = "alert waits" if count == "1" else "alerts wait"
    newest = told(page.items[0].title)
    return [f"{count} {noun} for somebody, on the page. The newest: {newest}"]
