"""1-minute candles from CSV: rows that break a rule are set aside with their reason.

Two layouts are known: a header naming at least open_time, open, high, low, close and volume in
any order, and the headerless 12 columns of Binance's public kline dumps, which begin with
these. Times are milliseconds or microseconds.
Source: https://github.com/binance/binance-public-data#klines
"""

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from core.errors import ConfigError, DataError
from core.market import MINUTE_MS, Bar
from exchange.replay.text import TextFile

COLUMNS: Final = ("open_time", "open", "high", "low", "close", "volume")
SHOWN: Final = 20  # refused rows that are kept in words
MAX_JUMP: Final = 10  # times the close before: more is a misplaced point, not a market
TOO_MANY: Final = 0.01
JUDGED_FROM: Final = 1000  # rows before a file is judged while it is read
_EARLIEST_MS: Final = 1_000_000_000_000
_LATEST_MS: Final = 10_000_000_000_000
_QUOTES: Final = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "BTC", "ETH", "EUR")
_TOO_LARGE: Final = Decimal(10) ** 15


def symbol_of(path: Path) -> str:
    """Return ``BASE/QUOTE`` from a name such as ``BTCUSDT-1m-2025-05.csv.gz``.

    Raises:
        ConfigError: the name does not begin with a pair.
    """
    name = path.name.upper().split(".", 1)[0]
    for quote in _QUOTES:
        found = re.match(rf"([A-Z0-9]{{1,20}}?)[-_/]?{quote}(?![A-Z0-9])", name)
        if found:
            return f"{found[1]}/{quote}"
    raise ConfigError(
        f"{path.name} must begin with its symbol, like BTCUSDT-1m-2025-05.csv: rename it"
    )


class CandleFile:
    """The bars of one file, in rising time.

    Attributes:
        refused: the first refused rows, as ``file:line: reason``.
        refused_count: all of them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.symbol = symbol_of(path)
        self.text = TextFile(path)
        self.refused: list[str] = []
        self.refused_count = 0

    def bars(self) -> Iterator[Bar]:
        """Yield the good rows.

        Raises:
            ConfigError: the layout is not known, or more than 1 % of the rows are refused.
        """
        self.refused, self.refused_count = [], 0
        lines = _Counted(self.text.lines())
        reader = csv.reader(lines)
        first = next(reader, None)
        if first is None:
            raise ConfigError(f"{self.path.name} is empty: it must hold 1-minute candles")
        places = self._layout(first)
        if places is None:
            places = tuple(range(len(COLUMNS)))
            rows: Iterator[Sequence[str]] = itertools.chain([first], reader)
        else:
            rows = reader
        yield from self._good(rows, places, lines)

    def _good(
        self, rows: Iterator[Sequence[str]], places: tuple[int, ...], lines: "_Counted"
    ) -> Iterator[Bar]:
        before: Bar | None = None
        count = 0
        for row in rows:
            if not row:
                continue
            count += 1
            try:
                before = _bar(self.symbol, row, places, before)
            except DataError as error:
                self._refuse(lines.number, str(error), count)
                continue
            yield before
        self._judge(count)
        if before is None:
            raise ConfigError(f"{self.path.name} holds no usable candle: {self.refused[:1]}")

    def _layout(self, first: Sequence[str]) -> tuple[int, ...] | None:
        """Return the places of our columns in a header, None when there is no header.

        Raises:
            ConfigError: neither layout fits.
        """
        if len(first) == 1:
            raise ConfigError(
                f"{self.path.name} must separate columns by commas, its first line is "
                f"{first[0][:60]!r}"
            )
        names = [cell.strip().lower() for cell in first]
        if names[0].replace(".", "", 1).isdigit():
            if len(first) < len(COLUMNS):
                raise ConfigError(
                    f"{self.path.name} has no header and {len(first)} columns, expected the 12 "
                    "of a kline dump"
                )
            return None
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise ConfigError(
                f"{self.path.name} has no column {', '.join(missing)}: its header must name "
                f"{', '.join(COLUMNS)}"
            )
        return tuple(names.index(name) for name in COLUMNS)

    def _refuse(self, line: int, reason: str, count: int) -> None:
        self.refused_count += 1
        if len(self.refused) < SHOWN:
            self.refused.append(f"{self.path.name}:{line}: {reason}")
        if count > JUDGED_FROM:
            self._judge(count)

    def _judge(self, count: int) -> None:
        if self.refused_count > max(1, TOO_MANY * count):
            raise ConfigError(
                f"{self.path.name}: {self.refused_count} of {count} rows are bad, at most 1 % may "
                f"be. The first: {self.refused[0]}"
            )


class _Counted:
    """Lines that know the number of the last one taken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.number += 1
            yield line


def _bar(symbol: str, row: Sequence[str], places: tuple[int, ...], before: Bar | None) -> Bar:
    try:
        opened, *numbers = (row[place] for place in places)
        open_, high, low, close, volume = map(Decimal, numbers)
        at = int(opened)
        sound = 0 < low <= open_ <= high < _TOO_LARGE and low <= close <= high and volume >= 0
    except IndexError as error:
        raise DataError(f"it has {len(row)} columns, fewer than its header") from error
    except (InvalidOperation, ValueError) as error:
        raise DataError(f"{','.join(row)[:80]!r} holds something that is no number") from error
    if not sound:
        raise DataError(
            f"prices must be above 0 and low ≤ open, close ≤ high, "
            f"were {open_}, {high}, {low}, {close}; volume {volume}"
        )
    return Bar(symbol, _minute(at, before), open_, high, _steady(low, close, before), close, volume)


def _minute(at: int, before: Bar | None) -> int:
    """Return *at* in ms, on the minute and after the bar before.

    Raises:
        DataError: it is not.
    """
    at = at // 1000 if at >= _LATEST_MS else at
    if not _EARLIEST_MS <= at < _LATEST_MS:
        raise DataError(f"open_time must be milliseconds or microseconds since 1970, was {at}")
    if at % MINUTE_MS:
        raise DataError(f"open_time must be a whole minute, was {at}")
    if before is not None and at <= before.open_time:
        word = "repeats" if at == before.open_time else "goes back before"
        raise DataError(f"open_time {at} {word} {before.open_time}")
    return at


def _steady(low: Decimal, close: Decimal, before: Bar | None) -> Decimal:
    """Return *low* when the close is within reach of the one before.

    Raises:
        DataError: it is not.
    """
    if before is not None and not before.close < close * MAX_JUMP < before.close * MAX_JUMP**2:
        raise DataError(f"close {close} is more than {MAX_JUMP} times off {before.close}")
    return low
