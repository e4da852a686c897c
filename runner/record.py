"""What one step did, collected until it is committed and told."""

import logging
from dataclasses import dataclass, field
from typing import Any, Final

from core.ledger import Entry
from core.market import Bar
from core.orders import Order
from core.trades import Trade
from runner.payloads import Data, candle, equity_point
from store.records import (
    ModelScore,
    ModelUsage,
    PerformancePoint,
    PredictionRow,
    SignalRow,
    TheoryRow,
)
from store.writer import Batch, EquityPoint, Fact

log: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Record:
    """Rows for the store and events for the readers, in the order they happened.

    Facts get their permanent ids here; candles, equity points and signals have natural ones,
    since their own tables keep them.
    """

    next_number: int = 1
    quiet: bool = False
    keeps_candles: bool = True
    journal: list[Entry] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    candles: list[Bar] = field(default_factory=list)
    equity: list[EquityPoint] = field(default_factory=list)
    signals: list[SignalRow] = field(default_factory=list)
    theories: list[TheoryRow] = field(default_factory=list)
    predictions: list[PredictionRow] = field(default_factory=list)
    scores: list[ModelScore] = field(default_factory=list)
    usage: list[ModelUsage] = field(default_factory=list)
    performance: list[PerformancePoint] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    events: list[tuple[str, Data]] = field(default_factory=list)

    def fact(self, kind: str, data: dict[str, Any], told: tuple[str, str] | None = None) -> None:
        """Add a fact; *told* is its title and detail for those that people read."""
        fact_id = f"f{self.next_number}"
        body: Data = {"fact_id": fact_id, "kind": kind}
        if told is not None:
            body |= {"title": told[0], "detail": told[1], "amount": None}
        body |= data
        self.facts.append(Fact(self.next_number, fact_id, kind, body["at"], body))
        self.events.append((kind, body))
        self.next_number += 1

    def alert(self, at: int, level: str, code: str, title: str, detail: str = "") -> None:
        """Add something a person should know, and log it; *level* is info, warn or error."""
        log.log(logging.INFO if level == "info" else logging.WARNING, "%s. %s", title, detail)
        self.fact("alert_raised", {"at": at, "level": level, "code": code}, (title, detail))

    def candle(self, bar: Bar) -> None:
        """Add a closed candle; history played flat out is stored but not told one by one."""
        if self.keeps_candles:
            self.candles.append(bar)
        if not self.quiet:
            self.events.append(("candle_closed", candle(bar)))

    def equity_point(self, point: EquityPoint) -> None:
        """Add a point of the equity curve; only the whole account's is told."""
        self.equity.append(point)
        if not point.strategy:
            self.events.append(("equity_point", equity_point(point)))

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to store."""
        kept = (self.journal, self.candles, self.predictions, self.scores, self.usage)
        return not (self.events or self.orders or any(kept))

    def take(self, checkpoint: dict[str, Any] | None) -> tuple[Batch, list[tuple[str, Data]]]:
        """Hand over everything collected, with the *checkpoint* it leads to, and start anew."""
        batch = Batch(
            journal=self.journal, orders=list(self.orders.values()), trades=self.trades,
            facts=self.facts, candles=self.candles, equity=self.equity, signals=self.signals,
            theories=self.theories, predictions=self.predictions, scores=self.scores,
            usage=self.usage, performance=self.performance, checkpoint=checkpoint,
        )  # fmt: skip
        events = self.events
        self.signals, self.theories, self.predictions, self.scores = [], [], [], []
        self.usage, self.performance = [], []
        self.journal, self.orders, self.trades, self.facts = [], {}, [], []
        self.candles, self.equity, self.events = [], [], []
        return batch, events
