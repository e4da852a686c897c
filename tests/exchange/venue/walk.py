"""A price as a function of time and seed: any moment of the past costs the same to ask for.

The logarithm of the price is a sum of octaves of value noise whose heights grow with the root of
their lengths, which is what a random walk looks like at every scale.
"""

from math import exp, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

_MASK: Final = (1 << 64) - 1
_ONE: Final = 0xFF51AFD7ED558CCD
_TWO: Final = 0xC4CEB9FE1A85EC53
_OCTAVES: Final = tuple(15_000 * 4**n for n in range(9))  # ms, from a quarter minute to 11 days
_PER_ROOT_MINUTE: Final = 0.0007

Floats = npt.NDArray[np.float64]


def mix(number: int) -> int:
    """Return *number* with its 64 bits stirred."""
    number &= _MASK
    number = (number ^ number >> 33) * _ONE & _MASK
    number = (number ^ number >> 33) * _TWO & _MASK
    return number ^ number >> 33


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    shift = np.uint64(33)
    numbers = (numbers ^ numbers >> shift) * np.uint64(_ONE)
    numbers = (numbers ^ numbers >> shift) * np.uint64(_TWO)
    return numbers ^ numbers >> shift


class Walk:
    """The price of one symbol at any time, in quote units."""

    def __init__(self, seed: int, price: float) -> None:
        self.price = price
        self._shifts: list[tuple[int, float]] = [(0, 1.0)]  # from when (ms) times what
        self._seeds = [mix(seed * 1_000 + n + 1) for n in range(len(_OCTAVES))]
        self._heights = [_PER_ROOT_MINUTE * sqrt(period / 60_000) for period in _OCTAVES]

    def shift(self, at: int, factor: float) -> None:
        """Multiply the price by *factor* from *at* (ms) on."""
        self._shifts.append((max(at, self._shifts[-1][0]), self._shifts[-1][1] * factor))

    def at(self, ms: int) -> float:
        """Return the price at *ms*."""
        factor = next(factor for since, factor in reversed(self._shifts) if since <= ms)
        total = 0.0
        for seed, height, period in zip(self._seeds, self._heights, _OCTAVES, strict=True):
            index, rest = divmod(ms, period)
            share = rest / period
            share = share * share * (3 - 2 * share)
            left = mix(seed ^ index) / 2**63 - 1
            right = mix(seed ^ index + 1) / 2**63 - 1
            total += height * (left + (right - left) * share)
        return self.price * factor * exp(total)

    def many(self, times: npt.NDArray[np.int64]) -> Floats:
        """Return ``(n,)`` prices at ``(n,)`` *times* (ms)."""
        total = np.zeros(len(times))
        for seed, height, period in zip(self._seeds, self._heights, _OCTAVES, strict=True):
            index, rest = np.divmod(times, period)
            share = rest / period
            share = share * share * (3 - 2 * share)
            places = index.astype(np.uint64)
            left = _mixed(np.uint64(seed) ^ places) / 2**63 - 1
            right = _mixed(np.uint64(seed) ^ places + np.uint64(1)) / 2**63 - 1
            total += height * (left + (right - left) * share)
        since, factors = zip(*self._shifts, strict=True)
        which = np.searchsorted(np.array(since), times, side="right") - 1
        return np.asarray(self.price * np.array(factors)[which] * np.exp(total))
