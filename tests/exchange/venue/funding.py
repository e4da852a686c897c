"""Funding: a rate for every eight hours, from the seed, and the settlements that happened."""

from decimal import Decimal
from typing import Any, Final

from tests.exchange.venue.walk import mix

INTERVAL_MS: Final = 8 * 3_600_000


def next_time(now: int) -> int:
    """Return the next funding time after *now* (ms)."""
    return now // INTERVAL_MS * INTERVAL_MS + INTERVAL_MS


class FundingBook:
    """The rates of one contract; a test may *set* the coming one."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.rates: dict[int, Decimal] = {}  # funding time: a rate that was set
        self.settled: dict[int, tuple[Decimal, Decimal]] = {}  # funding time: rate, mark

    def rate(self, at: int) -> Decimal:
        """Return the rate that is settled at funding time *at*."""
        if at in self.rates:
            return self.rates[at]
        chance = mix(self._seed ^ at // INTERVAL_MS) % 20_000 - 7_000
        return Decimal(chance).scaleb(-8)

    def row(self, symbol: str, at: int, mark: Decimal) -> dict[str, Any]:
        """Return the settlement at *at* as fundingRate tells it; a few ms late, as it is."""
        rate, mark = self.settled.get(at, (self.rate(at), mark))
        return {"symbol": symbol, "fundingTime": at + mix(at) % 7, "fundingRate": f"{rate:.8f}",
                "markPrice": f"{mark:.8f}"}  # fmt: skip
