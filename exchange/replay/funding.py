"""Funding rates from CSV: ``funding_time,funding_rate``, a file a symbol."""

import bisect
import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from core.errors import ConfigError, DataError
from core.market import MINUTE_MS
from core.sanity import MAX_FUNDING_RATE
from exchange.replay.candles import milliseconds, symbol_of
from exchange.replay.text import lines

COLUMNS: Final = ("funding_time", "funding_rate")


class FundingTable:
    """Settlements by symbol; recorded times jitter by milliseconds and are put on the minute."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Read every file.

        Raises:
            ConfigError: a file or one of its rows cannot be used.
        """
        self._rates: dict[str, dict[int, Decimal]] = {}
        for path in paths:
            known = self._rates.setdefault(symbol_of(path), {})
            known.update(_read(path, known))
        self._times = {symbol: sorted(rates) for symbol, rates in self._rates.items()}

    def due(self, symbol: str, after: int, until: int) -> list[tuple[int, Decimal]]:
        """Return (time, rate) of the settlements later than *after*, up to *until* (ms)."""
        times = self._times.get(symbol)
        if times is None:
            return []
        begin, end = bisect.bisect_right(times, after), bisect.bisect_right(times, until)
        return [(at, self._rates[symbol][at]) for at in times[begin:end]]

    def next(self, symbol: str, at: int) -> tuple[int, Decimal] | None:
        """Return (time, rate) of the first settlement after *at*."""
        times = self._times.get(symbol, [])
        place = bisect.bisect_right(times, at)
        return (times[place], self._rates[symbol][times[place]]) if place < len(times) else None


def _read(path: Path, known: Mapping[int, Decimal]) -> dict[int, Decimal]:
    reader = csv.reader(lines(path))
    rates: dict[int, Decimal] = {}
    places: list[int] | None = None
    try:
        for row in filter(any, reader):
            if places is None:
                places = _header(path, row)
                continue
            at, rate = _row(row, places)
            _check_agrees(known, at, rate)
            _check_agrees(rates, at, rate)
            rates[at] = rate
    except (DataError, csv.Error) as error:
        raise ConfigError(f"{path.name}:{reader.line_num}: {error}") from error
    if not rates:
        raise ConfigError(f"{path.name} holds no funding rate: leave it out")
    return rates


def _header(path: Path, row: Sequence[str]) -> list[int]:
    names = [cell.strip().lower() for cell in row]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ConfigError(
            f"{path.name} has no column {', '.join(missing)}: its header must name "
            f"{', '.join(COLUMNS)}, separated by commas"
        )
    return [names.index(name) for name in COLUMNS]


def _check_agrees(rates: Mapping[int, Decimal], at: int, rate: Decimal) -> None:
    """Check that a settlement known already is told the same way.

    Raises:
        DataError: it had another rate.
    """
    if rates.get(at, rate) != rate:
        raise DataError(f"the rate of {at} is {rate}, and {rates[at]} in a row before")


def _row(row: Sequence[str], places: Sequence[int]) -> tuple[int, Decimal]:
    try:
        time, rate = row[places[0]], Decimal(row[places[1]])
        sound = abs(rate) <= MAX_FUNDING_RATE
    except (InvalidOperation, IndexError):
        sound, time, rate = False, "", Decimal(0)
    if not sound:
        raise DataError(
            f"a funding row must be a time and a rate within ±{MAX_FUNDING_RATE}, "
            f"was {','.join(row)[:80]!r}"
        )
    return (milliseconds(time) + MINUTE_MS // 2) // MINUTE_MS * MINUTE_MS, rate
