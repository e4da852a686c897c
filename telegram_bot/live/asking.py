"""`/live` and `/summary`: what is asked for is remembered; the services send it."""

import asyncio

from core.errors import CommandError
from store.standing import Kind, switch
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.live.text import summary_text
from telegram_bot.reply import Later

GONE_S = 20  # what is said only once need not stay
OFF = "<b>Live message is off.</b> /live pins a new one."


async def live(deck: Deck, ask: Ask) -> Reply:
    """Pin a message that is kept up to date, or end that.

    Raises:
        CommandError: another word than off is given.
        StoreError: the wish cannot be remembered.
    """
    is_on = _wish(ask.words, "/live")
    await _switch(deck, ask, Kind.LIVE, is_on=is_on is not False)
    if is_on is False:
        return Reply(text=OFF)
    text = (
        "A live message is pinned here and changes at most every 10s. "
        "Unpin it, or write /live off, to end it."
    )
    return Reply(text=text, later=Later(GONE_S))


async def summary(deck: Deck, ask: Ask) -> Reply:
    """Return the summary now, or say whether it comes by itself.

    Raises:
        CommandError: another word than on or off is given.
        StoreError: the wish cannot be remembered.
    """
    is_on = _wish(ask.words, "/summary")
    every_s = deck.settings.tg_dashboard_interval
    if is_on is None:
        shown = summary_text(deck).reply
        row = [Button("Refresh", "r:summary"), *(button for row in shown.buttons for button in row)]
        turn = [Button("By itself: on", "r:summary on"), Button("off", "r:summary off")]
        return Reply(text=shown.text, buttons=[row, *([turn] if every_s else [])])
    await _switch(deck, ask, Kind.SUMMARY, is_on=is_on)
    if not is_on:
        return Reply(text="<b>The summary is off.</b> /summary on brings it back.")
    if not every_s:
        return Reply(text="The summary is switched off here: TG_DASHBOARD_INTERVAL is 0.")
    text = (
        f"<b>The summary is on.</b> One silent message, brought up to date every {every_s}s "
        "when something has changed. It keeps quiet hours and /mute, and rests while /live is on."
    )
    return Reply(text=text)


def _wish(words: list[str], command: str) -> bool | None:
    """Return what is wished, None if nothing is said.

    Raises:
        CommandError: it is neither on nor off.
    """
    if not words:
        return None
    if words[0].lower() in {"on", "off"}:
        return words[0].lower() == "on"
    detail = f"After {command} comes on or off, not {words[0][:20]!r}: {command} off"
    raise CommandError("bad_argument", detail, 400)


async def _switch(deck: Deck, ask: Ask, kind: Kind, *, is_on: bool) -> None:
    """Remember the wish.

    Raises:
        StoreError: the database refused.
    """
    database = deck.access.database
    await asyncio.to_thread(switch, database, ask.chat_id, kind, is_on=is_on, now=ask.now)
