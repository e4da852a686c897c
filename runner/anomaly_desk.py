"""What is out of the ordinary: kept and told with what the engine did about it."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from core.anomalies import Anomaly, Limits, Measure
from core.anomaly_watch import Detector
from core.anomaly_words import detail, title
from core.ledger import Position
from core.market import Bar, Book, Funding, MarketMessage, MarkPrice
from core.orders import OrderType
from core.trades import Trade
from runner import payloads
from runner.record import Record
from runner.vetting import Vetting
from runner.words import EXITS
from store.records import AnomalyRow

REMEMBERED: Final = 50  # trades that closed last; more do not close in a minute


@dataclass(slots=True)
class AnomalyDesk:
    """Hands the market to the detector, and says of what it finds what was done in that minute."""

    record: Record
    vetting: Vetting
    detector: Detector = field(default_factory=lambda: Detector(Limits()))
    _is_new: bool = False
    _jumps: list[Anomaly] = field(default_factory=list)
    _closed: deque[Trade] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def on_message(self, message: MarketMessage) -> None:
        """Take what is measured beside candles."""
        match message:
            case Book():
                self.detector.book(message)
            case MarkPrice():
                self.detector.rate(message.symbol, float(message.funding_rate))
            case Funding():
                self.detector.rate(message.symbol, float(message.rate))
            case _:
                pass

    def on_bar(self, bar: Bar) -> None:
        """Keep and tell what was out of the ordinary in a minute that was traded on."""
        rules = self.vetting.board.markets[bar.symbol].instrument
        found = self.detector.bar(bar, rules.tick_size)
        self._is_new = True
        if found:
            did = self._did(bar)
            for anomaly in found:
                self._keep(anomaly, did)

    def on_trade(self, trade: Trade) -> None:
        """Take a trade that closed, to be able to say so."""
        self._closed.append(trade)

    def take_jumps(self) -> list[Anomaly]:
        """Return the unusual returns since the last call that happened while people listen."""
        jumps, self._jumps = self._jumps, []
        return jumps

    def save(self) -> dict[str, Any] | None:
        """Return what a restart needs beside the candles, JSON-able; None when nothing is new."""
        is_new, self._is_new = self._is_new, False
        return self.detector.save() if is_new else None

    def _keep(self, anomaly: Anomaly, did: str) -> None:
        row = AnomalyRow(
            id=f"{anomaly.symbol}:{anomaly.measure.value}:{anomaly.at}", at=anomaly.at,
            symbol=anomaly.symbol, measure=anomaly.measure.value, value=anomaly.value,
            usual=anomaly.usual, deviation=anomaly.deviation, z=anomaly.z,
            severity=anomaly.severity.value, title=title(anomaly), detail=detail(anomaly), did=did,
        )  # fmt: skip
        self.record.anomaly(row, payloads.anomaly(row))
        if anomaly.measure is Measure.RETURN and not self.record.quiet:
            self._jumps.append(anomaly)

    def _did(self, bar: Bar) -> str:
        """Return what was done in the minute of *bar*, and what stands after it."""
        since = bar.open_time
        held = [
            position
            for position in self.vetting.portfolio.positions.values()
            if position.symbol == bar.symbol
        ]
        said = [
            f"{EXITS[trade.exit_reason.value]}: closed the {trade.side.value} of {trade.strategy}."
            for trade in self._closed
            if trade.symbol == bar.symbol and trade.closed_at > since
        ]
        said += [
            f"Opened a {_way(position)} for {position.strategy}."
            for position in held
            if position.opened_at > since
        ]
        if not said:
            said = ["Nothing was traded."]
        said.append(self._stands(held))
        refusal = self.vetting.standing(bar.symbol, bar.close_time)
        if refusal is not None:
            said.append(f"New entries are refused: {refusal.reason}.")
        return " ".join(filter(None, said))

    def _stands(self, held: list[Position]) -> str:
        if not held:
            return "No position is open here."
        stopped = {
            order.position_id
            for order in self.vetting.broker.open_orders()
            if order.reduce_only and order.type is OrderType.STOP
        }
        bare = sum(position.id not in stopped for position in held)
        if not bare:
            return "Its stop stands." if len(held) == 1 else f"All {len(held)} stops stand."
        if len(held) == 1:
            return "The open position has no stop."
        return f"{bare} of {len(held)} open positions have no stop."


def _way(position: Position) -> str:
    return "long" if position.qty > 0 else "short"
