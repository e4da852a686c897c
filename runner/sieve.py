"""Keeps market messages that cannot be true from whatever trades."""

import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.market import HOUR_MS, MarketMessage, Step
from core.sanity import MAX_JUMP, Objection, Sanity
from exchange.base import MarketFeed
from exchange.replay.feed import ReplayFeed
from runner.board import Market
from runner.freshness import Freshness
from runner.record import Record

log: Final = logging.getLogger(__name__)

TOLD_EVERY_MS: Final = HOUR_MS


class Sieve:
    """Takes refused messages out of each step; the others go on.

    Promise: steps that leave it never go back in time; every refusal is counted where the feed
    state shows it, and each kind of one symbol is told by one alert an hour of engine time.
    """

    def __init__(self, markets: Mapping[str, Market], freshness: Freshness, record: Record) -> None:
        self._freshness = freshness
        self._record = record
        self._known = {symbol: _as_remembered(market) for symbol, market in markets.items()}
        self._told: dict[tuple[str, str], int] = {}
        self._doubted: dict[str, Decimal | None] = {}  # the price before, of symbols in doubt
        self._at = 0

    def know(self, symbol: str, market: Market) -> None:
        """Let messages of *symbol* pass, judged by what is known of its *market*."""
        self._known[symbol] = _as_remembered(market)

    def forget(self, symbol: str) -> None:
        """Let nothing of *symbol* pass any more."""
        self._known.pop(symbol, None)

    def sift(self, step: Step) -> Step:
        """Return *step* without what cannot be true."""
        at = step.at
        if at < self._at:
            return self._without(step, dict.fromkeys(range(len(step.messages)), _BACK))
        self._at, known = at, self._known
        refused: dict[int, Objection] | None = None
        for place, message in enumerate(step.messages):
            sanity = known.get(message.symbol)
            objection = _UNKNOWN if sanity is None else sanity.objection(message, at)
            if objection is not None:
                refused = refused or {}
                refused[place] = objection
            elif self._doubted:
                self._settle_doubt(message.symbol)
        return step if refused is None else self._without(step, refused)

    def _without(self, step: Step, refused: Mapping[int, Objection]) -> Step:
        for place, objection in refused.items():
            self._refuse(step.messages[place], objection)
        good = (m for place, m in enumerate(step.messages) if place not in refused)
        return Step(self._at, tuple(good))

    def _refuse(self, message: MarketMessage, objection: Objection) -> None:
        symbol, kind = message.symbol, objection.kind
        text = f"{symbol}: {objection.text}"
        self._freshness.refuse(text)
        log.debug("Refused: %s", text)
        if kind == "jump":
            self._doubted.setdefault(symbol, self._known[symbol].price)
        last = self._told.get((symbol, kind))
        if last is not None and self._at - last < TOLD_EVERY_MS:
            return
        self._told[symbol, kind] = self._at
        title = f"Market data refused: {symbol}"
        detail = f"{objection.text[:1].upper()}{objection.text[1:]}. Trading goes on without it."
        self._record.alert(self._at, "warn", "data_refused", title, detail)

    def _settle_doubt(self, symbol: str) -> None:
        """Tell when a symbol in doubt was not wrong but has moved."""
        if symbol not in self._doubted:
            return
        before, now = self._doubted.pop(symbol), self._known[symbol].price
        if before is None or now is None or before / MAX_JUMP <= now <= before * MAX_JUMP:
            return
        title = f"{symbol} trades at a new level"
        detail = f"{now:f} after {before:f}: it was doubted first and has stayed for minutes."
        self._record.alert(self._at, "warn", "data_believed", title, detail)


def tell_refused_rows(
    feed: MarketFeed, freshness: Freshness, record: Record, at: int | None
) -> None:
    """Count the rows of a recording that were set aside, and tell of them at engine time *at*.

    None tells nobody: the same recording was told of when it was played first.
    """
    if not isinstance(feed, ReplayFeed) or not feed.refused_count:
        return
    freshness.refused, freshness.refused_note = feed.refused_count, feed.refused_note
    if at is not None:
        title = "Rows of the recording were set aside"
        detail = f"{feed.refused_note}. The first: {'; '.join(feed.refused[:3])}"
        record.alert(at, "warn", "rows_refused", title, detail)


_UNKNOWN: Final = Objection("symbol", "it is not traded here")
_BACK: Final = Objection("time", "it came in a step that goes back in time")


def _as_remembered(market: Market) -> Sanity:
    """Return what a restart left known of a market."""
    if not market.bars:
        return Sanity()
    last = market.bars[-1]
    return Sanity(last.close, last.open_time)
