"""Candles: those of trades that happened here, and before them those of the seeded walk."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tests.exchange.venue.contracts import Contract
from tests.exchange.venue.walk import Walk, mix

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
_SAMPLES: Final = 4  # a minute, which makes its high and low
_UNITS: Final = {"m": MINUTE_MS, "h": 60 * MINUTE_MS, "d": DAY_MS, "w": 7 * DAY_MS}


def interval_ms(text: str) -> int:
    """Return the length of an interval such as ``15m``.

    Raises:
        KeyError: it is no interval of the exchange.
    """
    return int(text[:-1]) * _UNITS[text[-1]]


@dataclass(slots=True)
class Candle:
    """One candle in whole ticks and steps; *trades* counts what made it."""

    at: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    trades: int = 0
    first_id: int = 0
    bought: int = 0
    turnover: int = 0  # ticks times steps

    def add(self, ticks: int, steps: int, trade_id: int, *, buyer_takes: bool) -> None:
        """Count a trade in."""
        self.high, self.low = max(self.high, ticks), min(self.low, ticks)
        self.close = ticks
        self.volume += steps
        self.turnover += ticks * steps
        self.trades += 1
        self.first_id = self.first_id or trade_id
        if buyer_takes:
            self.bought += steps


def merged(at: int, candles: Iterable[Candle]) -> Candle | None:
    """Return one candle of *candles*, oldest first, or None without any."""
    whole: Candle | None = None
    for one in candles:
        if whole is None:
            whole = Candle(at, one.open, one.high, one.low, one.close)
        whole.high, whole.low = max(whole.high, one.high), min(whole.low, one.low)
        whole.close = one.close
        whole.volume += one.volume
        whole.trades += one.trades
        whole.bought += one.bought
        whole.turnover += one.turnover
        whole.first_id = whole.first_id or one.first_id
    return whole


class History:
    """The candles of one contract; minutes traded here replace the walk's."""

    def __init__(self, contract: Contract, walk: Walk, seed: int) -> None:
        self.contract = contract
        self.walk = walk
        self.lived: dict[int, Candle] = {}
        self._seed = seed
        self._day: tuple[int, Candle | None] = (-1, None)

    def candles(self, interval: int, start: int, count: int, now: int) -> list[Candle]:
        """Return up to *count* candles of *interval* ms from *start*, the open one included."""
        first = -(-start // interval) * interval
        last = now // interval * interval
        count = min(count, (last - first) // interval + 1)
        if count <= 0:
            return []
        if interval > 60 * MINUTE_MS:
            return self._of_walk(first, count, interval, max(15_000, interval // 240), now)
        minutes = self._minutes(first, count * interval // MINUTE_MS, now)
        per = interval // MINUTE_MS
        grouped = (
            merged(first + n * interval, minutes[n * per : (n + 1) * per]) for n in range(count)
        )
        return [one for one in grouped if one is not None]

    def last_day(self, now: int) -> Candle:
        """Return the 24 hours that end now, as one candle."""
        minute = now // MINUTE_MS * MINUTE_MS
        if self._day[0] != minute:
            before = self._minutes(minute - DAY_MS + MINUTE_MS, DAY_MS // MINUTE_MS - 1, now)
            self._day = (minute, merged(minute - DAY_MS, before))
        parts = [one for one in (self._day[1], self.lived.get(minute)) if one is not None]
        whole = merged(now - DAY_MS, parts)
        if whole is None:
            return self._of_walk(minute - DAY_MS, 1, DAY_MS, DAY_MS // 240, now)[0]
        return whole

    def _minutes(self, first: int, count: int, now: int) -> list[Candle]:
        wanted = range(first, first + count * MINUTE_MS, MINUTE_MS)
        if all(at in self.lived for at in wanted):
            return [self.lived[at] for at in wanted]
        made = self._of_walk(first, count, MINUTE_MS, MINUTE_MS // _SAMPLES, now)
        return [self.lived.get(one.at, one) for one in made]

    def _of_walk(self, first: int, count: int, interval: int, apart: int, now: int) -> list[Candle]:
        per = interval // apart
        times = first + apart * np.arange(count * per + 1, dtype=np.int64)
        prices = self.walk.many(np.minimum(times, now)) / float(self.contract.tick)
        ticks = np.rint(prices).astype(np.int64)
        body = ticks[:-1].reshape(count, per)
        closes = ticks[per::per]
        highs = np.maximum(body.max(axis=1), closes).tolist()
        lows = np.minimum(body.min(axis=1), closes).tolist()
        rows = zip(body[:, 0].tolist(), highs, lows, closes.tolist(), strict=True)
        made = []
        for n, (opened, high, low, close) in enumerate(rows):
            at = first + n * interval
            chance = mix(self._seed ^ at)
            minutes = interval // MINUTE_MS
            per_minute = 40_000 / (close * float(self.contract.tick * self.contract.step))
            volume = max(1, int(per_minute * minutes * (0.5 + (chance & 0xFFFF) / 0xFFFF)))
            bought = volume * (40 + chance % 20) // 100
            turnover = volume * (high + low + close) // 3
            made.append(Candle(at, opened, high, low, close, volume, minutes * (60 + chance % 60),
                               at // 10, bought, turnover))  # fmt: skip
        return made


def kline_row(contract: Contract, candle: Candle, interval: int) -> list[Any]:
    """Return *candle* as REST tells it."""
    unit = contract.tick * contract.step
    return [
        candle.at, str(contract.price(candle.open)), str(contract.price(candle.high)),
        str(contract.price(candle.low)), str(contract.price(candle.close)),
        str(contract.qty(candle.volume)), candle.at + interval - 1, str(candle.turnover * unit),
        candle.trades, str(contract.qty(candle.bought)),
        str(candle.bought * candle.close * unit), "0",
    ]  # fmt: skip


def kline_event(contract: Contract, candle: Candle, text: str, now: int, *, closed: bool) -> Any:
    """Return *candle* of interval *text* as the stream tells it."""
    row = kline_row(contract, candle, interval_ms(text))
    return {
        "e": "kline", "E": now, "s": contract.id,
        "k": {
            "t": row[0], "T": row[6], "s": contract.id, "i": text, "f": candle.first_id,
            "L": candle.first_id + candle.trades - 1, "o": row[1], "c": row[4], "h": row[2],
            "l": row[3], "v": row[5], "n": row[8], "x": closed, "q": row[7], "V": row[9],
            "Q": row[10], "B": "0",
        },
    }  # fmt: skip
