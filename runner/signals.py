"""Signals and the decisions on them: stored, told, and remembered until their trade ends."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from core.market import Instrument
from core.orders import Order
from core.risk import Refusal
from core.trades import PositionSide, Trade
from runner import payloads
from runner.record import Record
from runner.words import signal as told
from store.records import SignalRow, TheoryRow
from strategy.base import Part, Signal

HUNDRED = Decimal(100)


@dataclass(slots=True)
class Verdict:
    """What was decided on a signal: ``traded``, ``closed``, ``refused`` or ``held``."""

    decision: str
    why: str
    refusal: Refusal | None = None
    order: Order | None = None


@dataclass(slots=True)
class SignalBook:
    """Keeps each signal with its verdict.

    ``opened`` holds the signals whose positions are open, by position id; ``latest`` the newest
    of each strategy and symbol.
    """

    record: Record
    opened: dict[str, Signal] = field(default_factory=dict)

    def keep(
        self, strategy: str, signal: Signal, verdict: Verdict, at: int, rules: Instrument
    ) -> None:
        """Store and tell *signal* with its *verdict*."""
        row = _row(strategy, signal, verdict, at)
        if verdict.decision == "traded":
            self.opened[row.id] = signal
        self.record.signal(row, payloads.signal(row, told(row.action, rules)))

    def closed(self, trade: Trade) -> Signal | None:
        """Take a closed trade: store what each part of its signal was worth; return the signal."""
        signal = self.opened.pop(trade.id, None)
        if signal is not None:
            self.record.theories.extend(_theory(trade, part) for part in signal.parts)
        return signal


def signal_id(strategy: str, symbol: str, at: int) -> str:
    """Return the id of a signal at engine time *at*; a position that it opens bears the same."""
    return f"{strategy}-{symbol.replace('/', '')}-{(at - 1) // 60_000}"


def signal_of(row: SignalRow) -> Signal:
    """Return the signal that a stored row was made from, but for what it wished."""
    parts = [Part(p["name"], p["score"], p["weight"], p["text"]) for p in row.detail["parts"]]
    return Signal(
        symbol=row.symbol, action=msgspec.convert(row.action, Any), confidence=row.confidence,
        price=row.price, reasons=tuple(row.detail["reasons"]), stop_price=row.stop_price,
        target_price=row.target_price, expected_pct=row.expected_pct, parts=tuple(parts),
    )  # fmt: skip


def _row(strategy: str, signal: Signal, verdict: Verdict, at: int) -> SignalRow:
    order, refusal = verdict.order, verdict.refusal
    took = order is not None and refusal is None
    return SignalRow(
        id=signal_id(strategy, signal.symbol, at), at=at, strategy=strategy, symbol=signal.symbol,
        action=signal.action, confidence=round(signal.confidence, 4), price=signal.price,
        stop_price=signal.stop_price if order is None else order.stop_price,
        target_price=signal.target_price if order is None else order.target_price,
        expected_pct=None if signal.expected_pct is None else round(signal.expected_pct, 4),
        expected_pnl=_expected_pnl(signal, order), decision=verdict.decision,
        gate=refusal.gate if refusal else "",
        value=payloads.rough(refusal.value) if refusal else None,
        threshold=payloads.rough(refusal.limit) if refusal else None,
        why=verdict.why, position_id=order.position_id if order is not None and took else "",
        detail={
            "reasons": list(signal.reasons),
            "parts": [
                {
                    "name": p.name, "score": round(p.score, 4), "weight": round(p.weight, 4),
                    "contribution": round(p.contribution, 4), "text": p.text,
                }
                for p in signal.parts
            ],
        },
    )  # fmt: skip


def _expected_pnl(signal: Signal, order: Order | None) -> Decimal | None:
    if signal.expected_pct is None or order is None or order.reduce_only:
        return None
    share = Decimal(f"{signal.expected_pct:.8f}") / HUNDRED
    return (order.qty * signal.price * share).quantize(Decimal("0.00000001"))


def _theory(trade: Trade, part: Part) -> TheoryRow:
    way = 1 if trade.side is PositionSide.LONG else -1
    made = (trade.net_pnl > 0) - (trade.net_pnl < 0)
    right = part.score * way * made
    return TheoryRow(
        trade_id=trade.id, theory=part.name, strategy=trade.strategy, symbol=trade.symbol,
        opened_at=trade.opened_at, closed_at=trade.closed_at, score=round(part.score, 4),
        weight=round(part.weight, 4), net_pnl=trade.net_pnl,
        hit=None if right == 0 else right > 0,
    )  # fmt: skip
