"""A CSV file as rows by column name, whatever its separator, its BOM or its decimal comma."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from core.errors import ConfigError, DataError

SEPARATORS: Final = (",", ";", "\t", "|")
LARGEST_BYTES: Final = 512 * 1024 * 1024
LONGEST_FIELD: Final = 200
DECIMAL_COMMA: Final = re.compile(r"^\$?[+-]?[\d. ]*,\d+$")

# What else a column may be called; all are compared in small letters without blanks.
Names = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number in the file (the header is 1) and its cells by our names."""

    number: int
    cells: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a cell, empty when the file has no such column."""
        return self.cells.get(name, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read; ``decimal_comma`` is how its numbers are written."""

    path: Path
    separator: str
    decimal_comma: bool
    columns: frozenset[str]
    lines: Sequence[Line]

    def amount(self, line: Line, name: str) -> Decimal:
        """Return a number of *line*.

        Raises:
            DataError: the cell is no finite number.
        """
        text = line.text(name).replace(" ", "").replace("\u00a0", "").replace("$", "")
        if self.decimal_comma:
            text = text.replace(".", "").replace(",", ".")
        else:
            text = text.replace(",", "")
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise DataError(f"{name} must be a number, was {line.text(name)[:40]!r}") from None
        if not value.is_finite():
            raise DataError(f"{name} must be a finite number, was {line.text(name)[:40]!r}")
        return value


def read_sheet(path: Path, names: Names, required: Sequence[str]) -> Sheet:
    """Return the rows of the CSV file *path*.

    Args:
        path: UTF-8, with or without a BOM; a header names the columns, in any order.
        names: our name of each column with the others it may have.
        required: our names of those that must be there.

    Raises:
        ConfigError: it cannot be read, is not text, or a required column is missing.
    """
    text = _text(path)
    separator = _separator(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        header = next(rows, [])
        found = _columns(header, names)
        missing = [name for name in required if name not in found]
        if missing:
            raise ConfigError(
                f"{path.name} lacks the column {', '.join(missing)}: its first line is "
                f"{separator.join(header)[:120]!r}, and "
                + "; ".join(f"{n} may be called {', '.join(names[n])}" for n in missing)
            )
        lines = list(_lines(rows, found))
    except csv.Error as error:
        raise ConfigError(f"{path.name} is not a CSV file: {error}") from error
    return Sheet(path, separator, _has_decimal_comma(separator, lines), frozenset(found), lines)


def _text(path: Path) -> str:
    """Return the file's text without its BOM.

    Raises:
        ConfigError: it cannot be read as text.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigError(f"{path.name} is larger than 512 MB: split it")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path.name} is not UTF-8 text (byte {error.start}): save it as CSV UTF-8"
        ) from error


def _separator(text: str) -> str:
    """Return the separator that the first line has most of."""
    first = text.partition("\n")[0]
    return max(SEPARATORS, key=first.count)


def _has_decimal_comma(separator: str, lines: Sequence[Line]) -> bool:
    """Tell whether numbers are written 1.234,5: then a dot without a comma means thousands too."""
    written = (cell for line in lines for cell in line.cells.values())
    return separator == ";" and any(DECIMAL_COMMA.match(cell) for cell in written)


def _columns(header: Sequence[str], names: Names) -> dict[str, int]:
    """Return the place of each column by our name; the first of two that fit counts."""
    plain = [cell.strip().lower().replace(" ", "_") for cell in header]
    found: dict[str, int] = {}
    for name, others in names.items():
        for place, cell in enumerate(plain):
            if cell in {name, *others} and name not in found:
                found[name] = place
    return found


def _lines(rows: Iterator[list[str]], found: Mapping[str, int]) -> Iterator[Line]:
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {
            name: row[place].strip()[:LONGEST_FIELD]
            for name, place in found.items()
            if place < len(row)
        }
        yield Line(number, cells)
