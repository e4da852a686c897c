"""Pictures of a symbol, and of one trade."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from core import words
from core.errors import CommandError
from core.market import DAY_MS, HOUR_MS, MINUTE_MS
from core.orders import OrderRole
from core.trades import Trade
from pictures.candles import Level, Mark, Plot, candles, of_trade
from pictures.card import Head
from pictures.look import Look
from pictures.svg import Drawing
from store import history, series
from store.database import Database
from store.history import Wanted
from store.story import find_story
from telegram_bot.answers import frame
from telegram_bot.answers.frame import State
from telegram_bot.answers.markets import the_symbol
from telegram_bot.answers.trades import EXITS
from telegram_bot.deck import Deck

MOST_BARS: Final = 90
MOST_MARKS: Final = 30
MOST_HOURS: Final = 24 * 90
STEPS: Final = tuple(n * MINUTE_MS for n in (1, 5, 15, 30, 60, 240, 1440))
_RANGE: Final = re.compile(r"(\d{1,4})(h|d)?")

Drawn = tuple[Drawing, str]
Bars = list[series.Candle]


async def symbol_picture(deck: Deck, asked: Sequence[str], look: Look) -> Drawn:
    """Draw the candles of a symbol with what was traded, what is held and its levels.

    Raises:
        CommandError: it is not traded here, or the range is none.
        NothingToDraw: there are no candles of that time.
    """
    state = frame.state_of(deck)
    symbol = the_symbol(asked[0], list(state["prices"]))
    hours = _hours(asked[1] if len(asked) > 1 else "1d")
    now = deck.snapshot().at or int(state["engine"]["at"])
    since, every = now - hours * HOUR_MS, _step(hours * HOUR_MS)
    query = partial(_market, symbol=symbol, span=(since, now + 1), every=every)
    bars, marks = await deck.ask(query)
    stats, price = state["stats"].get(symbol, {}), state["prices"][symbol]
    decimals, change = int(stats.get("price_decimals", 2)), price.get("change_24h_pct")
    levels = _levels(state, symbol)
    held = [p for p in state["positions"].values() if p["symbol"] == symbol]
    basis = ", ".join(f"{p['strategy']} {p['side']} {p['leverage']}×" for p in held)
    head = Head(
        f"{symbol}, last {_range_words(hours)}", words.price(price["last"], decimals),
        f"{frame.arrow(change)}{words.percent(change)} in 24 h", 0.0, basis or "no position",
        frame.badge(deck.snapshot()),
    )  # fmt: skip
    return candles(Plot(bars, every, decimals, marks, levels), head, look), head.label


async def trade_picture(deck: Deck, asked: Sequence[str], look: Look) -> Drawn:
    """Draw one closed trade with entry, exit, stop and target.

    Raises:
        CommandError: there is none of that id.
        NothingToDraw: its candles are not kept any more.
    """
    if not asked:
        raise CommandError("usage", "Write /chart trade and its id; /trades lists them.", 400)
    story = await deck.ask(partial(find_story, trade_id=asked[0]))
    if story is None:
        raise CommandError("unknown_trade", f"There is no closed trade {asked[0][:80]!r}.", 404)
    trade = story.trade
    margin = max(10 * MINUTE_MS, (trade.closed_at - trade.opened_at) // 3)
    span = (trade.opened_at - margin, trade.closed_at + margin)
    every = _step(span[1] - span[0])
    query = partial(
        series.candles, symbol=trade.symbol, since=span[0], until=span[1], interval_ms=every
    )
    bars = await deck.ask(query)
    state = deck.snapshot().state or {}
    decimals = int(state.get("stats", {}).get(trade.symbol, {}).get("price_decimals", 2))
    stop, target = story.level(OrderRole.STOP), story.level(OrderRole.TARGET)
    marks, levels = of_trade(trade, stop, target)
    return candles(Plot(bars, every, decimals, marks, levels), _head(deck, trade), look), (
        f"{trade.symbol} {trade.side.value}, {words.change(float(trade.net_pnl))}"
    )


def _market(
    database: Database, account_id: int, *, symbol: str, span: tuple[int, int], every: int
) -> tuple[Bars, list[Mark]]:
    wanted = Wanted(symbol=symbol, since=span[0], until=span[1], limit=MOST_MARKS)
    fills = history.fills(database, account_id, wanted).items
    marks = [
        Mark(
            fill.at, float(fill.price), buys=fill.side is not None and fill.side.sign > 0,
            entry=fill.role is OrderRole.ENTRY,
        )
        for fill in fills
    ]  # fmt: skip
    return series.candles(database, account_id, symbol, *span, every), marks


def _levels(state: State, symbol: str) -> list[Level]:
    """Return entry, stop and target of the positions that are held in *symbol*."""
    found = []
    for position in state["positions"].values():
        if position["symbol"] != symbol:
            continue
        found.append(Level("entry", position["entry_price"]))
        if position["stop_price"] is not None:
            found.append(Level("stop", position["stop_price"], -1.0, "5 3"))
        if position["target_price"] is not None:
            found.append(Level("target", position["target_price"], 1.0, "5 3"))
    return found


def _head(deck: Deck, trade: Trade) -> Head:
    net = float(trade.net_pnl)
    ended = EXITS.get(trade.exit_reason.value, trade.exit_reason.value)
    held = words.duration(trade.closed_at - trade.opened_at)
    return Head(
        f"{trade.symbol} {trade.side.value} {trade.leverage}× · {trade.strategy}",
        words.change(net), f"{frame.arrow(net)}{words.percent(float(trade.roe_pct))} ROE", net,
        f"{ended.capitalize()} after {held}; fees {words.money(abs(float(trade.fees)))}",
        frame.badge(deck.snapshot()),
    )  # fmt: skip


def _hours(text: str) -> int:
    """Return how many hours a range such as 6h or 7d has; a bare number is of days.

    Raises:
        CommandError: it is none.
    """
    match = _RANGE.fullmatch(text.lower())
    hours = int(match[1]) * (1 if match[2] == "h" else 24) if match else 0
    if not 0 < hours <= MOST_HOURS:
        detail = f"A range is like 6h or 7d, at most 90d; it was {text[:20]!r}."
        raise CommandError("bad_argument", detail, 400)
    return hours


def _range_words(hours: int) -> str:
    return f"{hours} h" if hours < DAY_MS // HOUR_MS * 2 else f"{hours // 24} days"


def _step(span_ms: int) -> int:
    return next((step for step in STEPS if span_ms // step <= MOST_BARS), STEPS[-1])
