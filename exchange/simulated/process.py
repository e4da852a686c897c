"""How simulated prices move, a minute at a time.

Log returns have volatility that clusters (a log AR(1) process), share a market factor, and
jump now and then; highs and lows are the extremes of a Brownian bridge between open and close.
Each hour of each symbol has its own seeded generator, so any hour can be made again from the
state it began with.
Source: Taylor, "Modelling Financial Time Series" (1986), ch. 3 (log AR(1) volatility); Merton,
J. Financial Economics 3 (1976) (jumps); Karatzas & Shreve (1991), 4.3.40 (extremes of a bridge).
"""

import hashlib
import math
import zlib
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from core.market import Instrument

HOUR: Final = 60
_MINUTES_A_YEAR: Final = 525_600
_VOLATILITY_MEMORY: Final = 0.985  # of log variance, a minute: half gone in 46 minutes
_VOLATILITY_NOISE: Final = 0.16
_FACTOR: Final = 0.72  # correlation with the whole market
_JUMP_CHANCE: Final = 1 / 1500
_FUNDING_BASE: Final = 0.0001
_FUNDING_MEMORY: Final = 0.97
_FUNDING_LIMIT: Final = 0.0025

# symbol: price at the start, volatility a year, base units traded a minute
_KNOWN: Final = {
    "BTC/USDT": (64_000.0, 0.50, 90.0),
    "ETH/USDT": (3_100.0, 0.65, 900.0),
    "SOL/USDT": (147.0, 0.85, 9_000.0),
}


class Minute(NamedTuple):
    """A minute in whole ticks and steps, with the deviation of its log return."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    sigma: float


class Hour(NamedTuple):
    """What one hour begins with: log price, log variance against normal, funding rate."""

    log_price: float
    log_variance: float
    funding_rate: float


def seeded(*parts: object) -> Random:
    """Return a generator that depends on *parts* alone, on any machine."""
    text = ":".join(map(str, parts)).encode()
    return Random(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big"))  # noqa: S311


class SymbolProcess:
    """One symbol's minutes, hour by hour."""

    def __init__(self, seed: int, rules: Instrument) -> None:
        price, yearly, volume = _KNOWN.get(rules.symbol, _plausible(rules.symbol))
        self.rules = rules
        self._seed = seed
        self._sigma = yearly / math.sqrt(_MINUTES_A_YEAR)
        self._tick = float(rules.tick_size)
        self._volume = volume / float(rules.step_size)
        self.start = Hour(math.log(price), 0.0, _FUNDING_BASE)

    def decimal_price(self, ticks: int) -> Decimal:
        """Return a price of that many ticks."""
        return ticks * self.rules.tick_size

    def hour(self, number: int, begin: Hour, factor: list[float]) -> tuple[list[Minute], Hour]:
        """Return the minutes of hour *number* that begins in *begin*, and what follows it.

        Args:
            number: of the hour since the market began.
            begin: the state it begins with.
            factor: the market's 60 shared shocks, standard normal.
        """
        rng = seeded(self._seed, self.rules.symbol, number)
        gauss, uniform, own = rng.gauss, rng.random, math.sqrt(1 - _FACTOR**2)
        log_price, log_variance, _ = begin
        ticks = self._ticks(log_price)
        minutes: list[Minute] = []
        for shared in factor:
            log_variance = _VOLATILITY_MEMORY * log_variance + _VOLATILITY_NOISE * gauss(0.0, 1.0)
            sigma = self._sigma * math.exp(0.5 * log_variance - 0.25)
            move = sigma * (_FACTOR * shared + own * gauss(0.0, 1.0))
            if uniform() < _JUMP_CHANCE:
                move += self._sigma * rng.choice((-1, 1)) * rng.uniform(6.0, 18.0)
                log_variance += 1.0
            high, low = _extremes(move, sigma, uniform)
            opened, before = ticks, log_price
            log_price += move
            ticks = self._ticks(log_price)
            busy = math.exp(0.5 * log_variance + 0.35 * gauss(0.0, 1.0)) * (0.6 + abs(move) / sigma)
            minutes.append(
                Minute(
                    opened,
                    max(self._ticks(before + high), opened, ticks),
                    min(self._ticks(before + low), opened, ticks),
                    ticks,
                    int(self._volume * busy) + 1,
                    sigma,
                )
            )
        return minutes, Hour(log_price, log_variance, self._funding(begin, log_price, gauss(0, 1)))

    def _ticks(self, log_price: float) -> int:
        return max(1, round(math.exp(log_price) / self._tick))

    def _funding(self, begin: Hour, log_price: float, noise: float) -> float:
        """Return the next hour's rate: it follows the price, and comes back to its base."""
        pull = 0.004 * (log_price - begin.log_price) + 0.000008 * noise
        rate = _FUNDING_BASE + _FUNDING_MEMORY * (begin.funding_rate - _FUNDING_BASE) + pull
        return max(-_FUNDING_LIMIT, min(_FUNDING_LIMIT, rate))


def market_factor(seed: int, number: int) -> list[float]:
    """Return the shocks that all symbols share in hour *number*, one a minute."""
    rng = seeded(seed, "market", number)
    return [rng.gauss(0.0, 1.0) for _ in range(HOUR)]


def _extremes(move: float, sigma: float, uniform: Callable[[], float]) -> tuple[float, float]:
    spread = 2 * sigma * sigma
    high = 0.5 * (move + math.sqrt(move * move - spread * math.log(1 - uniform())))
    low = 0.5 * (move - math.sqrt(move * move - spread * math.log(1 - uniform())))
    return high, low


def _plausible(symbol: str) -> tuple[float, float, float]:
    """Return price, volatility and volume for a symbol nobody described, from its name."""
    number = zlib.crc32(symbol.encode())
    price = 10 ** (-1 + number % 1000 / 400)
    return price, 0.7 + number % 7 / 10, 200_000 / price
