"""How a wish of a chat is named, so that the same update is the same wish."""

from telegram_bot.command import Ask
from telegram_bot.deck import Deck


def wish_key(deck: Deck, ask: Ask) -> str:
    """Return the idempotency key of what *ask* wishes; each bot counts its own updates."""
    return f"tg-{deck.bot_name}-{ask.update_id}"
