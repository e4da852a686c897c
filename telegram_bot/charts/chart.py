"""The command for pictures: which one is meant, its caption and its buttons."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from core.errors import CommandError, NothingToDraw
from pictures.look import Look, look
from pictures.render import png
from pictures.svg import Drawing
from telegram_bot.answers import frame
from telegram_bot.charts.account import compare_picture, daily_picture, equity_picture
from telegram_bot.charts.market import symbol_picture, trade_picture
from telegram_bot.command import Ask, Button, Reply
from telegram_bot.deck import Deck
from telegram_bot.markup import told

Draw = Callable[[Deck, Sequence[str], Look], Awaitable[tuple[Drawing, str]]]

OF_ACCOUNT: Final[dict[str, Draw]] = {
    "equity": equity_picture, "daily": daily_picture, "compare": compare_picture,
    "trade": trade_picture,
}  # fmt: skip
SPANS: Final = (("Today", "today"), ("7 d", "7"), ("30 d", "30"), ("All", "all"))
HOURS: Final = (("6 h", "6h"), ("1 d", "1d"), ("7 d", "7d"), ("30 d", "30d"))
KINDS: Final = (("Equity", "equity"), ("Days", "daily"), ("A/B", "compare"))


async def chart(deck: Deck, ask: Ask) -> Reply:
    """Return a picture.

    Raises:
        CommandError: there is none of what is asked for, or nothing to draw yet.
    """
    kind, *rest = ask.words or ["equity"]
    draw = OF_ACCOUNT.get(kind.lower(), symbol_picture)
    asked = [kind, *rest] if draw is symbol_picture else rest
    try:
        drawing, caption = await draw(deck, asked, look("dark"))
    except NothingToDraw as error:
        raise CommandError("nothing_to_draw", str(error), 404) from error
    picture = await asyncio.to_thread(png, drawing)
    text = f"{told(caption)} · {told(frame.badge(deck.snapshot()))}"
    again = " ".join(["chart", *(ask.words or ["equity"])])
    return Reply(text=text, photo=picture, buttons=_buttons(deck, kind, draw, again))


def _buttons(deck: Deck, kind: str, draw: Draw, again: str) -> list[list[Button]]:
    refresh = [Button("Refresh", f"r:{again}"[:64])]
    if draw is trade_picture:
        return [refresh]
    if draw is symbol_picture:
        symbols = list((deck.snapshot().state or {}).get("prices") or {})[:3]
        names = [symbol.partition("/")[0] for symbol in symbols]
        ranges = [Button(label, f"r:chart {kind} {span}") for label, span in HOURS]
        return [ranges, [Button(name, f"r:chart {name}") for name in names], refresh]
    ranges = [Button(label, f"r:chart {kind.lower()} {span}") for label, span in SPANS]
    kinds = [Button(label, f"r:chart {name}") for label, name in KINDS]
    return [[] if draw is compare_picture else ranges, kinds, refresh]
