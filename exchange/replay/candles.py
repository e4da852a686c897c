"""1-minute candles from CSV: rows that break a rule are set aside with their reason.

Two layouts are known: a header naming at least open_time, open, high, low, close and volume in
any order, and the headerless 12 columns of Binance's public kline dumps, which begin with
these. Times are milliseconds or microseconds.
Source: https://github.com/binance/binance-public-data#klines
"""

import csv
import itertools
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from operator import itemgetter
from pathlib import Path
from typing import Final

from core.errors import ConfigError, DataError
from core.market import MINUTE_MS, Bar
from exchange.instruments import instrument
from exchange.replay.text import lines

log: Final = logging.getLogger(__name__)

COLUMNS: Final = ("open_time", "open", "high", "low", "close", "volume")
SHOWN: Final = 20  # refused rows that are kept in words
MAX_JUMP: Final = 10  # times the close before: more is a misplaced point, not a market
TOO_MANY: Final = 0.01
FINEST_TICK: Final = Decimal("0.00000001")
_EARLIEST_MS: Final = 1_000_000_000_000
_LATEST_MS: Final = 10_000_000_000_000
_QUOTES: Final = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "BTC", "ETH", "EUR")
_TOO_LARGE: Final = Decimal(10) ** 15

Pick = Callable[[Sequence[str]], tuple[str, ...]]


class RowError(DataError):
    """A row that is set aside; ``kind`` says in two or three words what is wrong with it."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


Refuse = Callable[[int, RowError], None]


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


def milliseconds(text: str) -> int:
    """Return a recorded time, in milliseconds or microseconds, as milliseconds.

    Raises:
        RowError: it is neither.
    """
    try:
        at = int(text)
    except ValueError as error:
        raise RowError("bad time", f"{text.strip()[:40]!r} is no time in milliseconds") from error
    at = at // 1000 if at >= _LATEST_MS else at
    if not _EARLIEST_MS <= at < _LATEST_MS:
        raise RowError(
            "bad time",
            f"a time must be milliseconds or microseconds since 1970, was {text.strip()[:40]}",
        )
    return at


class CandleFile:
    """The bars of one file, in rising time.

    Promise: the file is read to its end before anything of it is played, so that what is wrong
    with it is said then.

    Attributes:
        first: open time of its first bar, ms.
        last: open time of its last bar, ms.
        tick: the symbol's tick, or a finer power of ten that 99 % of the bars are multiples of.
        rows: how many rows it has, bad ones too.
        refused: the first refused rows, as ``file:line: reason``.
        reasons: how many rows were refused for which kind of reason.
    """

    def __init__(self, path: Path) -> None:
        """Read the whole of *path*.

        Raises:
            ConfigError: it cannot be read, its layout is not known, its candles are not of one
                minute, or more than 1 % of its rows are refused.
        """
        self.path = path
        self.symbol = symbol_of(path)
        self.first = self.last = self.rows = 0
        self.refused: list[str] = []
        self.reasons: Counter[str] = Counter()
        self.tick = instrument(self.symbol).tick_size
        self._survey()

    @property
    def refused_count(self) -> int:
        """Return how many rows were refused."""
        return self.reasons.total()

    def bars(self) -> Iterator[Bar]:
        """Yield the good rows.

        Raises:
            ConfigError: the file is not any more what it was at the start.
        """
        left = self.refused_count

        def refuse(line: int, error: RowError) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise ConfigError(
                    f"{self.path.name}:{line}: the file was changed while it was played: put the "
                    f"old one back ({error})"
                )

        return self._read(refuse)

    def _survey(self) -> None:
        bars, closest, finer = 0, _LATEST_MS, Counter[Decimal]()
        for bar in self._read(self._refuse):
            bars += 1
            closest = min(closest, bar.open_time - self.last)
            self.first = self.first or bar.open_time
            self.last = bar.open_time
            finer[_finer(self.tick, bar)] += 1
        self.rows = bars + self.refused_count
        if self.refused_count > max(1, TOO_MANY * self.rows):
            raise ConfigError(
                f"{self.path.name}: {self.refused_count} of {self.rows} rows are bad, at most 1 % "
                f"may be. The first: {self.refused[0]}"
            )
        if not bars:
            raise ConfigError(f"{self.path.name} holds no usable candle {self.refused}")
        if bars > 2 and closest > MINUTE_MS:  # noqa: PLR2004 - two may have a gap between them
            raise ConfigError(
                f"{self.path.name} must hold a candle a minute, its candles are "
                f"{closest // MINUTE_MS} minutes apart"
            )
        self.tick = _tick_of_most(finer)
        if self.refused:
            text = "%s: %d of %d rows were set aside. The first: %s"
            log.warning(text, self.path.name, self.refused_count, self.rows, self.refused[0])

    def _read(self, refuse: Refuse) -> Iterator[Bar]:
        numbered: Iterator[tuple[int, str]] = enumerate(lines(self.path), 1)
        first = next((found for found in numbered if found[1].strip()), None)
        if first is None:
            raise ConfigError(f"{self.path.name} is empty: it must hold 1-minute candles")
        pick = self._header(first[1])
        if pick is None:
            pick = itemgetter(*range(len(COLUMNS)))
            numbered = itertools.chain([first], numbered)
        before: Bar | None = None
        for number, line in numbered:
            try:
                before = _bar(self.symbol, _cells(line), pick, before)
            except RowError as error:
                if line.strip():
                    refuse(number, error)
                continue
            yield before

    def _header(self, line: str) -> Pick | None:
        """Return what takes our columns from a row, None when *line* is a row itself.

        Raises:
            ConfigError: neither layout fits.
        """
        try:
            names = [cell.strip().lower() for cell in _cells(line)]
        except DataError as error:
            raise ConfigError(f"{self.path.name} must begin with a header: {error}") from error
        if len(names) == 1:
            raise ConfigError(
                f"{self.path.name} must separate columns by commas, its first line is "
                f"{line.strip()[:60]!r}"
            )
        if names[0].replace(".", "", 1).isdigit():
            if len(names) < len(COLUMNS):
                raise ConfigError(
                    f"{self.path.name} has no header and {len(names)} columns, expected the 12 "
                    "of a kline dump"
                )
            return None
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise ConfigError(
                f"{self.path.name} has no column {', '.join(missing)}: its header must name "
                f"{', '.join(COLUMNS)}"
            )
        return itemgetter(*map(names.index, COLUMNS))

    def _refuse(self, line: int, error: RowError) -> None:
        self.reasons[error.kind] += 1
        if len(self.refused) < SHOWN:
            self.refused.append(f"{self.path.name}:{line}: {error}")


def _cells(line: str) -> list[str]:
    """Return the cells of one line: a quote that is not closed ends with it.

    Raises:
        RowError: a cell is longer than any of ours.
    """
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line]))
    except csv.Error as error:
        raise RowError("no CSV", f"it is no line of CSV ({error})") from error


def _bar(symbol: str, cells: Sequence[str], pick: Pick, before: Bar | None) -> Bar:
    try:
        time, *numbers = pick(cells)
        open_, high, low, close, volume = map(Decimal, numbers)
        sound = 0 < low <= open_ <= high < _TOO_LARGE and low <= close <= high
        sound = sound and 0 <= volume < _TOO_LARGE
    except IndexError as error:
        text = f"it has {len(cells)} columns, fewer than it must"
        raise RowError("too few columns", text) from error
    except InvalidOperation as error:
        text = ",".join(cells).strip()[:80]
        raise RowError("no number", f"{text!r} holds something that is no number") from error
    if not sound:
        raise RowError(
            "impossible prices",
            f"prices must be above 0 and low ≤ open, close ≤ high, volume 0 or more, "
            f"were {open_:.12g}, {high:.12g}, {low:.12g}, {close:.12g}; {volume:.12g}",
        )
    at = milliseconds(time)
    if at % MINUTE_MS:
        raise RowError("bad time", f"open_time must be a whole minute, was {at}")
    if before is not None:
        _check_follows(before, at, high, low)
    return Bar(symbol, at, open_, high, low, close, volume)


def _check_follows(before: Bar, at: int, high: Decimal, low: Decimal) -> None:
    """Check that a bar may come after *before*.

    Raises:
        RowError: its time does not rise, or its prices are out of reach.
    """
    if at <= before.open_time:
        repeats = at == before.open_time
        kind, word = ("repeated", "repeats") if repeats else ("out of order", "goes back before")
        raise RowError(kind, f"open_time {at} {word} {before.open_time}")
    if high > before.close * MAX_JUMP or low * MAX_JUMP < before.close:
        raise RowError(
            "out of reach",
            f"prices from {low:.12g} to {high:.12g} are more than {MAX_JUMP} times off the close "
            f"before, {before.close}",
        )


def _finer(tick: Decimal, bar: Bar) -> Decimal:
    for price in (bar.open, bar.high, bar.low, bar.close):
        while price % tick and tick > FINEST_TICK:
            tick = tick.scaleb(-1)
    return tick


def _tick_of_most(finer: Counter[Decimal]) -> Decimal:
    """Return the coarsest tick that all but 1 % of the bars keep to."""
    tick, off = Decimal(0), finer.total()
    for tick in sorted(finer, reverse=True):
        off -= finer[tick]
        if off <= TOO_MANY * finer.total():
            break
    return tick
