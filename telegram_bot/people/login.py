"""A link that signs one browser in, once."""

import asyncio
from typing import Final

from telegram_bot.command import Ask, Later, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told
from utils.addresses import local_url

LIFE_S: Final = 600
USED_UP: Final = "The link that stood here is no longer valid. /login makes another."


async def login(deck: Deck, ask: Ask) -> Reply:
    """Return a link that signs a browser in as who asks, within ten minutes."""
    identity = ask.identity
    code = await asyncio.to_thread(
        deck.access.create_code,
        identity.role, now=ask.now, life_ms=LIFE_S * 1000, user_id=identity.user_id,
    )  # fmt: skip
    base, where = _base(deck)
    text = (
        f"This link signs one browser in as you, {told(identity.role)}, once, within 10 minutes. "
        f"Give it to nobody.{where}\n{told(base)}#code={code}"
    )
    return Reply(text=text, later=Later(LIFE_S, USED_UP))


def _base(deck: Deck) -> tuple[str, str]:
    """Return the page's address, and a sentence on where that can be reached."""
    settings = deck.settings
    if settings.public_url:
        return settings.public_url, ""
    address = local_url(settings.dashboard_host, settings.dashboard_port)
    return address, " It works where the dashboard runs, for it has no public address."
