"""How every open position has gone so far: its worst and best moment, slippage and first risk."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from core.arithmetic import truncate8
from core.ledger import Portfolio, Position
from core.market import Bar, MarketMessage, Tick
from core.orders import Fill, Order
from core.trades import Course

ZERO = Decimal(0)
_NEW = Course()


class Courses:
    """Watches positions by id, from their first fill until they are popped.

    ``at_risk`` waits for the first fill of an entry: |price - stop| is known when it is sent.
    """

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio
        self._seen: dict[str, Course] = {}

    def update(self, message: MarketMessage) -> None:
        """Let the positions in a symbol see its tick, or the extremes of its bar.

        Of a bar that one was opened in, only the close is known to be later.
        """
        if not isinstance(message, (Bar, Tick)):
            return
        symbol = message.symbol
        for position in self._portfolio.positions.values():
            if position.symbol != symbol:
                continue
            if isinstance(message, Tick):
                self._see(position, message.last)
            elif position.opened_at > message.open_time:
                self._see(position, message.close)
            else:
                self._see(position, message.high)
                self._see(position, message.low)

    def filled(self, fill: Fill, order: Order) -> None:
        """Take an execution: what it cost against its reference, and what its stop risks."""
        course = self._seen.get(fill.position_id, _NEW)
        worse = (fill.price - fill.reference_price) * fill.side.sign * fill.qty
        risk = course.risk
        if order.stop_price is not None and not order.reduce_only:
            risk = (risk or ZERO) + abs(fill.price - order.stop_price) * fill.qty
        self._seen[fill.position_id] = msgspec.structs.replace(
            course, slippage=course.slippage + worse, risk=risk
        )

    def pop(self, position: Position) -> Course:
        """Return the course of a closed position and forget it; its result counts too."""
        course = self._seen.pop(position.id, _NEW)
        result = position.realized_pnl
        return Course(
            mae=truncate8(min(course.mae, result, ZERO)),
            mfe=truncate8(max(course.mfe, result, ZERO)),
            slippage=truncate8(course.slippage),
            risk=None if course.risk is None else truncate8(course.risk),
        )

    def save(self) -> dict[str, Any]:
        """Return what a restart needs, JSON-able."""
        return {key: msgspec.to_builtins(course) for key, course in self._seen.items()}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self._seen = msgspec.convert(saved, dict[str, Course], strict=False)

    def _see(self, position: Position, price: Decimal) -> None:
        pnl = position.realized_pnl + position.unrealized_pnl(price)
        course = self._seen.get(position.id, _NEW)
        if pnl < course.mae:
            self._seen[position.id] = msgspec.structs.replace(course, mae=pnl)
        elif pnl > course.mfe:
            self._seen[position.id] = msgspec.structs.replace(course, mfe=pnl)
