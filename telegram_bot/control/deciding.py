"""The two buttons under a wish: do it, or keep things as they are."""

from typing import Final

from core.errors import BusError, CommandError
from infra.bus.base import EngineAway
from telegram_bot.answers import frame
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.control.keys import wish_key
from telegram_bot.deck import Deck
from telegram_bot.markup import told

NOT_KNOWN: Final = "The engine did not answer: whether it was done is not known."
UNKNOWN: Final = f"❓ {NOT_KNOWN} A second try cannot do it twice."
STANDS: Final = {"warming_up", "blocked", "busy"}  # refusals after which the intent still stands


async def confirm(deck: Deck, ask: Ask) -> Reply:
    """Carry out the intent that the button names: once, by who asked for it, in time.

    Raises:
        EngineAway: nobody was asked; the buttons stay.
        CommandError: it cannot be done yet.
    """
    nonce = " ".join(ask.words)
    try:
        result = await deck.wish("confirm", {"intent_id": nonce}, ask.identity, wish_key(deck, ask))
    except CommandError as error:
        if error.code in STANDS:
            raise
        return Reply(text=f"✖ {told(error)}", alert=str(error))
    except EngineAway:
        raise
    except BusError:
        # who cannot know may not offer to leave it; a second try cannot do it twice
        buttons = [[Button("Try again", f"c:{nonce}"), Button("Positions", "r:status")]]
        return Reply(text=UNKNOWN, buttons=buttons, alert=NOT_KNOWN, is_loud=True)
    badge = frame.badge(deck.snapshot())
    title = str(result.get("title", "Done"))
    detail = str(result.get("detail", ""))
    text = f"✅ <b>{told(title)}</b> · {told(badge)}\n{told(detail)}".strip()
    return Reply(text=text, alert=title)


async def keep(_deck: Deck, _ask: Ask) -> Reply:
    """Leave everything as it is; the intent expires by itself."""
    return Reply(text="Kept as it is: nothing was done.", alert="Nothing was done")
