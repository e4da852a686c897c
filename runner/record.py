"""What one step did, collected until it is committed and told."""

import logging
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final

import msgspec

from core.alerts import Alarm, Level
from core.dashboard import FOLD_TABLE
from core.ledger import Entry
from core.market import Bar, Funding
from core.orders import Order
from core.trades import Trade
from runner.alert_rows import row_of
from runner.payloads import Data, candle, equity_point, maybe
from store.outbox import OutboxRow
from store.records import (
    AlertAcknowledgement,
    AlertRule,
    AnomalyRow,
    ModelScore,
    ModelUsage,
    PerformancePoint,
    PredictionRow,
    SignalRow,
    TheoryRow,
)
from store.writer import Batch, EquityPoint, Fact
from utils.hidden import without_hidden

log: Final = logging.getLogger(__name__)

# How many points of the equity curve the state holds.
SHOWN_POINTS: Final = max(int(kept) for _, _, kept in FOLD_TABLE["equity_point"])


@dataclass(slots=True)
class Record:
    """Rows for the store and events for the readers, in the order they happened.

    Facts get their permanent ids here; candles, equity points and signals have natural ones,
    since their own tables keep them. While ``quiet``, history is played: nobody is told of it, but
    with ``is_news`` of what people would have been told when it happened.
    ``about`` is what everything that people are told of says too.
    """

    next_number: int = 1
    quiet: bool = False
    is_news: bool = False
    keeps_candles: bool = True
    about: Data = field(default_factory=dict)
    journal: list[Entry] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    candles: list[Bar] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)
    anomalies: list[AnomalyRow] = field(default_factory=list)
    equity: list[EquityPoint] = field(default_factory=list)
    signals: list[SignalRow] = field(default_factory=list)
    theories: list[TheoryRow] = field(default_factory=list)
    predictions: list[PredictionRow] = field(default_factory=list)
    scores: list[ModelScore] = field(default_factory=list)
    usage: list[ModelUsage] = field(default_factory=list)
    performance: list[PerformancePoint] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    acknowledgements: dict[int, AlertAcknowledgement] = field(default_factory=dict)
    rules: dict[str, AlertRule] = field(default_factory=dict)
    rules_removed: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    events: list[tuple[str, Data]] = field(default_factory=list)

    def fact(
        self,
        kind: str,
        data: dict[str, Any],
        told: tuple[str, str] | None = None,
        alarm: Alarm | None = None,
    ) -> None:
        """Add a fact; *told* is its title and detail for those that people read."""
        fact_id = f"f{self.next_number}"
        body: Data = {"fact_id": fact_id, "kind": kind}
        if told is not None:
            body |= {"title": told[0], "detail": told[1], "amount": None}
        body |= data
        self.facts.append(Fact(self.next_number, fact_id, kind, body["at"], body))
        self.events.append((kind, body))
        self.next_number += 1
        self._tell(kind, body, alarm)

    def signal(self, row: SignalRow, body: Data) -> None:
        """Add a signal with the decision on it, and its payload."""
        self.signals.append(row)
        self.events.append(("signal_raised", body))
        self._tell("signal_raised", body)

    def anomaly(self, row: AnomalyRow, body: Data) -> None:
        """Add something out of the ordinary; of history played flat out nobody is told."""
        self.anomalies.append(row)
        if not self.quiet:
            self.events.append(("anomaly_detected", body))

    def alert(self, at: int, level: str, code: str, title: str, detail: str = "") -> None:
        """Add something a person should know, and log it; *level* is info, warn or error."""
        self.alarm(at, Alarm(level=Level(level), code=code, title=title, detail=detail))

    def alarm(self, at: int, alarm: Alarm) -> None:
        """Add something a person should know, and log it; no secret goes with it."""
        title, detail = without_hidden(alarm.title), without_hidden(alarm.detail)
        alarm = msgspec.structs.replace(alarm, title=title, detail=detail)
        level = logging.INFO if alarm.level is Level.INFO else logging.WARNING
        log.log(level, "%s. %s", alarm.title, alarm.detail)
        body: Data = {"at": at, "level": alarm.level.value, "code": alarm.code}
        if alarm.amount is not None:
            body["amount"] = maybe(alarm.amount)
        self.fact("alert_raised", body, (alarm.title, alarm.detail), alarm)

    def _tell(self, kind: str, body: Data, alarm: Alarm | None = None) -> None:
        row = None if self.quiet and not self.is_news else row_of(kind, body, self.about, alarm)
        if row is not None:
            self.outbox.append(row)

    def candle(self, bar: Bar) -> None:
        """Add a closed candle; history played flat out is stored but not told one by one."""
        if self.keeps_candles:
            self.candles.append(bar)
        if not self.quiet:
            self.events.append(("candle_closed", candle(bar)))

    def settlement(self, funding: Funding) -> None:
        """Add a funding settlement of the market, beside the candles."""
        if self.keeps_candles:
            self.funding.append(funding)

    def equity_point(self, point: EquityPoint) -> None:
        """Add a point of the equity curve; only the whole account's is told."""
        self.equity.append(point)
        if not (point.strategy or self.quiet):
            self.events.append(("equity_point", equity_point(point)))

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to store."""
        kept = (
            self.journal, self.candles, self.funding, self.anomalies, self.equity,
            self.predictions, self.scores, self.usage, self.rules,
        )  # fmt: skip
        return not (self.events or self.orders or self.rules_removed or any(kept))

    def take(
        self, checkpoint: dict[str, Any] | None, samples: dict[str, Any] | None = None
    ) -> tuple[Batch, list[tuple[str, Data]]]:
        """Hand over everything collected, with the *checkpoint* it leads to, and start anew.

        *samples* are those that anomalies are judged by, when there are new ones.
        """
        batch = Batch(
            journal=self.journal, orders=list(self.orders.values()), trades=self.trades,
            facts=self.facts, candles=self.candles, funding=self.funding, anomalies=self.anomalies,
            equity=self.equity, signals=self.signals, theories=self.theories,
            predictions=self.predictions, scores=self.scores, usage=self.usage,
            performance=self.performance, outbox=self.outbox,
            acknowledgements=list(self.acknowledgements.values()),
            rules=list(self.rules.values()),
            rules_removed=self.rules_removed, checkpoint=checkpoint, samples=samples,
        )  # fmt: skip
        events = self.events
        if self.quiet:
            events += self._newest_points()
        for name, kind in _COLLECTED.items():
            setattr(self, name, kind())
        return batch, events

    def _newest_points(self) -> list[tuple[str, Data]]:
        """Return the points of played history that the state still shows after it."""
        points = [point for point in self.equity if not point.strategy]
        return [("equity_point", equity_point(point)) for point in points[-SHOWN_POINTS:]]


# What is collected anew after each commit, and in what.
_COLLECTED: Final[dict[str, type]] = {
    f.name: f.default_factory  # type: ignore[misc]
    for f in fields(Record)
    if f.default_factory is not MISSING and f.name != "about"
}
