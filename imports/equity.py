"""An equity history: time and equity a row, such as ``equity_15m.csv``."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from core.errors import DataError
from imports.moments import Moments
from imports.outcome import Outcome
from imports.sheet import Line, Sheet
from store.writer import EquityPoint

NAMES: Final = {
    "time": ("timestamp", "date", "datetime", "at", "ts", "open_time"),
    "equity": ("total_equity", "value", "nav", "account_equity", "portfolio_value"),
    "balance": ("wallet_balance", "cash"),
}
REQUIRED: Final = ("time", "equity")
MOST: Final = Decimal(20)  # times both neighbours: a misplaced point, not a market


def read_points(sheet: Sheet, moments: Moments, outcome: Outcome) -> list[tuple[int, EquityPoint]]:
    """Return the good rows of *sheet* with their line, in rising time; others go to *outcome*."""
    rows: dict[int, tuple[Line, EquityPoint]] = {}
    for line in sheet.lines:
        try:
            point = _point(sheet, line, moments)
            _not_twice(rows, point)
        except DataError as error:
            outcome.refuse(line.number, str(error))
            continue
        rows[point.at] = (line, point)
    ordered = [rows[at] for at in sorted(rows)]
    return list(_without_spikes(ordered, outcome))


def _point(sheet: Sheet, line: Line, moments: Moments) -> EquityPoint:
    at = moments.read(line.text("time"))
    equity = sheet.amount(line, "equity")
    if equity < 0:
        raise DataError(f"equity must be 0 or more, was {equity}")
    balance = sheet.amount(line, "balance") if line.text("balance") else equity
    return EquityPoint(at, equity, balance)


def _not_twice(rows: dict[int, tuple[Line, EquityPoint]], point: EquityPoint) -> None:
    """Refuse a time that was there before.

    Raises:
        DataError: it was, with the same value or another.
    """
    if point.at not in rows:
        return
    line, before = rows[point.at]
    if before.equity == point.equity:
        raise DataError(f"the same time and equity as line {line.number}")
    raise DataError(f"line {line.number} has {before.equity} at that time, this {point.equity}")


def _without_spikes(
    rows: Sequence[tuple[Line, EquityPoint]], outcome: Outcome
) -> Iterator[tuple[int, EquityPoint]]:
    """Yield the points that are not twenty times, or a twentieth of, both their neighbours."""
    for place, (line, point) in enumerate(rows):
        around = [rows[n][1].equity for n in (place - 1, place + 1) if 0 <= n < len(rows)]
        if len(around) == 2 and _is_spike(point.equity, around):  # noqa: PLR2004 - neighbours
            text = f"equity {point.equity} stands alone between {around[0]} and {around[1]}"
            outcome.refuse(line.number, text)
        else:
            yield line.number, point


def _is_spike(equity: Decimal, around: Sequence[Decimal]) -> bool:
    above = all(equity > MOST * other for other in around)
    return above or all(equity * MOST < other for other in around)
