"""Pasts of every size for a stage: nothing, one of each, very many, and one with a hole in it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from core.market import HOUR_MS, MINUTE_MS, Bar
from core.orders import OrderRole
from store.writer import Batch, EquityPoint
from tests.e2e import scene
from tests.store import samples

MANY: Final = 100_000
MINUTES: Final = 1200
HOLE: Final = range(400, 900)
EVERY: Final = 40  # minutes between two trades


def nothing() -> Batch:
    """Return the past of an account that has just begun."""
    return Batch()


def one_of_each(now: int) -> Batch:
    """Return a past in which each thing happened once."""
    minute = now // MINUTE_MS - 5
    at = minute * MINUTE_MS
    trade = samples.trade(1, symbol=scene.BTC, opened_at=at - MINUTE_MS, closed_at=at)
    return Batch(
        trades=[trade],
        candles=[_bar(minute)],
        equity=[EquityPoint(at, Decimal(10012), Decimal(10010))],
        signals=[samples.signal(1, at=at, symbol=scene.BTC)],
        predictions=[samples.prediction(1, at=at, symbol=scene.BTC)],
        anomalies=[samples.anomaly(1, at=at, symbol=scene.BTC)],
        performance=[samples.figures(1, at=at // HOUR_MS * HOUR_MS)],
    )


def very_many(now: int) -> Batch:
    """Return a hundred thousand minutes of candles and equity, and some thousands of the rest."""
    first = now // MINUTE_MS - MANY
    return Batch(
        candles=[_bar(first + n) for n in range(MANY)],
        equity=_equity(first + n for n in range(MANY)),
        trades=[
            samples.trade(
                n,
                symbol=scene.BTC,
                opened_at=(first + n * EVERY) * MINUTE_MS,
                closed_at=(first + n * EVERY + 25) * MINUTE_MS,
                gross_pnl=Decimal(n % 7 - 3),
                exit_reason=OrderRole.STOP if n % 7 < 3 else OrderRole.TARGET,
            )
            for n in range(MANY // EVERY)
        ],
        anomalies=[
            samples.anomaly(n, at=(first + n * EVERY) * MINUTE_MS, symbol=scene.BTC)
            for n in range(MANY // EVERY)
        ],
    )


def with_a_hole(now: int) -> Batch:
    """Return twenty hours in which nothing was seen from the seventh to the fifteenth."""
    first = now // MINUTE_MS - MINUTES
    seen = [first + n for n in range(MINUTES) if n not in HOLE]
    return Batch(candles=[_bar(minute) for minute in seen], equity=_equity(seen))


def _bar(minute: int) -> Bar:
    """Return a candle of the minute that is *minute* after 1970."""
    close = Decimal(60_000 + 7 * (minute % 977) - 3 * (minute % 313))
    return Bar(
        symbol=scene.BTC,
        open_time=minute * MINUTE_MS,
        open=close - 5,
        high=close + 10,
        low=close - 10,
        close=close,
        volume=Decimal("12.345"),
    )


def _equity(minutes: Iterable[int]) -> list[EquityPoint]:
    return [
        EquityPoint(minute * MINUTE_MS, Decimal(10_000 + minute % 500), Decimal(10_000))
        for minute in minutes
    ]
