"""Funding rates from CSV: ``funding_time,funding_rate``, a file a symbol."""

import bisect
import csv
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from core.errors import ConfigError
from core.market import MINUTE_MS
from exchange.replay.candles import symbol_of
from exchange.replay.text import TextFile

COLUMNS: Final = ("funding_time", "funding_rate")


class FundingTable:
    """Settlements by symbol; recorded times jitter by milliseconds and are cut to the minute."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Read every file.

        Raises:
            ConfigError: a file or one of its rows cannot be used.
        """
        self._rates: dict[str, dict[int, Decimal]] = {}
        for path in paths:
            self._rates.setdefault(symbol_of(path), {}).update(_read(path))
        self._times = {symbol: sorted(rates) for symbol, rates in self._rates.items()}

    def rate(self, symbol: str, at: int) -> Decimal | None:
        """Return the rate that settles at *at* (ms), if one does."""
        rates = self._rates.get(symbol)
        return rates.get(at) if rates else None

    def next(self, symbol: str, at: int) -> tuple[int, Decimal] | None:
        """Return (time, rate) of the first settlement after *at*."""
        times = self._times.get(symbol, [])
        place = bisect.bisect_right(times, at)
        return (times[place], self._rates[symbol][times[place]]) if place < len(times) else None


def _read(path: Path) -> dict[int, Decimal]:
    reader = csv.DictReader(TextFile(path).lines())
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ConfigError(f"{path.name} has no column {', '.join(missing)}: it must name both")
    rates: dict[int, Decimal] = {}
    for row in reader:
        try:
            at, rate = int(row["funding_time"]), Decimal(row["funding_rate"])
            sound = abs(rate) < 1
        except (InvalidOperation, TypeError, ValueError):
            sound, at, rate = False, 0, Decimal(0)
        if not sound:
            raise ConfigError(
                f"{path.name}:{reader.line_num}: a funding row must be a time in ms and a rate "
                f"below 1, was {row}"
            )
        rates[(at + MINUTE_MS // 2) // MINUTE_MS * MINUTE_MS] = rate
    return rates
