"""Candles: those of trades that happened here, and before them those of the seeded walk."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tests.exchange.venue.contracts import Contract
from tests.exchange.venue.walk import Walk, mix

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
_QUARTER_MS: Final = 15 * MINUTE_MS
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
        self._quarters: dict[int, Candle] = {}

    def candles(self, interval: int, start: int, count: int, now: int) -> list[Candle]:
        """Return up to *count* candles of *interval* ms from *start*, the open one included."""
        first = -(-start // interval) * interval
        last = now // interval * interval
        count = min(count, (last - first) // interval + 1)
        if count <= 0:
            return []
        born = min(self.lived, default=now)
        old = 0 if interval <= 60 * MINUTE_MS else min(count, max(0, (born - first) // interval))
        coarse = self._of_walk(first, old, interval, max(15_000, interval // 240), now)
        return coarse + self._of_minutes(interval, first + old * interval, count - old, now)

    def _of_minutes(self, interval: int, first: int, count: int, now: int) -> list[Candle]:
        minutes = self._minutes(first, count * interval // MINUTE_MS, now)
        per = interval // MINUTE_MS
        grouped = (
            merged(first + n * interval, minutes[n * per : (n + 1) * per]) for n in range(count)
        )
        return [one for one in grouped if one is not None]

    def last_day(self, now: int) -> Candle:
        """Return the last 24 hours, to the quarter of an hour, as one candle."""
        quarter = now // _QUARTER_MS * _QUARTER_MS
        starts = range(quarter - DAY_MS + _QUARTER_MS, quarter, _QUARTER_MS)
        if starts[-1] not in self._quarters:
            self._quarters = {at: one for at, one in self._quarters.items() if at in starts}
            missing = next(at for at in starts if at not in self._quarters)
            count = (quarter - missing) // MINUTE_MS
            minutes = self._minutes(missing, count, now)
            self._quarters |= _quarters(minutes)
        running = [self.lived[at] for at in range(quarter, now + 1, MINUTE_MS) if at in self.lived]
        whole = merged(now - DAY_MS, [*(self._quarters[at] for at in starts), *running])
        assert whole is not None
        return whole

    def _minutes(self, first: int, count: int, now: int) -> list[Candle]:
        wanted = range(first, first + count * MINUTE_MS, MINUTE_MS)
        if all(at in self.lived for at in wanted):
            return [self.lived[at] for at in wanted]
        made = self._of_walk(first, count, MINUTE_MS, MINUTE_MS // _SAMPLES, now)
        return [self.lived.get(one.at, one) for one in made]

    def _of_walk(self, first: int, count: int, interval: int, apart: int, now: int) -> list[Candle]:
        if count <= 0:
            return []
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


def _quarters(minutes: list[Candle]) -> dict[int, Candle]:
    found = {}
    for n in range(0, len(minutes), _QUARTER_MS // MINUTE_MS):
        part = minutes[n : n + _QUARTER_MS // MINUTE_MS]
        one = merged(part[0].at, part)
        if one is not None:
            found[one.at] = one
    return found


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
