"""Predictions: kept when they are made, and compared with the market when they fall due."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from core.market import MINUTE_MS, Bar
from runner.record import Record
from store.records import PredictionRow
from strategy.base import Signal

NEVER = 2**63
LATE_MS = 5 * MINUTE_MS  # after that, the price is another one than was predicted


@dataclass(slots=True)
class Predictions:
    """The predictions that are not due yet, by symbol."""

    record: Record
    pending: dict[str, list[PredictionRow]] = field(default_factory=dict)
    _next_due: dict[str, int] = field(default_factory=dict)

    def recall(self, rows: Iterable[PredictionRow]) -> None:
        """Take back those that were stored, after a restart."""
        for row in rows:
            self._keep(row)

    def made(self, strategy: str, signal: Signal, at: int) -> None:
        """Keep what *signal* predicts, if it does."""
        bet = signal.prediction
        if bet is None:
            return
        row = PredictionRow(
            id=f"{strategy}:{signal.symbol}:{at}", at=at, strategy=strategy, symbol=signal.symbol,
            model=bet.model, horizon_ms=bet.horizon_ms, due_at=at + bet.horizon_ms,
            up_probability=round(bet.up_probability, 6), price=signal.price,
        )  # fmt: skip
        self._keep(row)
        self.record.predictions.append(row)

    def on_bar(self, bar: Bar) -> list[PredictionRow]:
        """Compare what is due by the close of *bar*; return what was settled.

        Across a hole in the tape a prediction stays open for ever: nobody knows the price.
        """
        if self._next_due.get(bar.symbol, NEVER) > bar.close_time:
            return []
        waiting = self.pending[bar.symbol]
        due = [row for row in waiting if row.due_at <= bar.close_time]
        later = [row for row in waiting if row.due_at > bar.close_time]
        self.pending[bar.symbol] = later
        self._next_due[bar.symbol] = min((row.due_at for row in later), default=NEVER)
        settled = [
            msgspec.structs.replace(row, outcome_price=bar.close, rose=bar.close > row.price)
            for row in due
            if bar.close_time - row.due_at <= LATE_MS
        ]
        self.record.predictions.extend(settled)
        return settled

    def _keep(self, row: PredictionRow) -> None:
        self.pending.setdefault(row.symbol, []).append(row)
        self._next_due[row.symbol] = min(row.due_at, self._next_due.get(row.symbol, NEVER))
