"""The account as the paper broker sees it: the portfolio plus fills that are not booked yet."""

from decimal import Decimal

import msgspec

from core.arithmetic import initial_margin
from core.errors import OrderRejected
from core.ledger import ZERO, Portfolio, Position
from core.margin import liquidation_price
from core.market import Instrument
from core.orders import Fill, Order


class Held(msgspec.Struct, frozen=True):
    """What a sub-account holds of a symbol; ``qty`` is signed."""

    position_id: str
    leverage: int
    qty: Decimal


class Holdings:
    """Reads the portfolio, never changes it.

    A fill that was reported reaches the portfolio only when the engine books the report. Until
    then it counts here, so that two exits in one bar cannot close a position twice.
    """

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio
        self._unbooked: list[Fill] = []
        self._liquidations: dict[tuple[str, str], tuple[Position, Decimal | None]] = {}

    def reported(self, fill: Fill) -> None:
        """Take note of a fill that is on its way to the portfolio."""
        self._unbooked.append(fill)

    @property
    def none(self) -> bool:
        """Return whether no position is open at all."""
        return not self._portfolio.positions and not self._unbooked

    def held(self, strategy: str, symbol: str) -> Held | None:
        """Return what a sub-account holds of *symbol*, unbooked fills included."""
        position = self._portfolio.position(strategy, symbol)
        held = Held(position.id, position.leverage, position.qty) if position else None
        for fill in self._pending():
            if fill.strategy != strategy or fill.symbol != symbol:
                continue
            qty = fill.side.sign * fill.qty + (held.qty if held else ZERO)
            known = held or Held(fill.position_id, fill.leverage, qty)
            held = Held(known.position_id, known.leverage, qty) if qty else None
        return held

    def positions_in(self, symbol: str) -> list[Position]:
        """Return the booked positions in *symbol*; those an unbooked fill touches come later."""
        found = [p for p in self._portfolio.positions.values() if p.symbol == symbol]
        if not found or not self._unbooked:
            return found
        pending = self._pending()
        return [p for p in found if all(f.position_id != p.id for f in pending)]

    def position(self, strategy: str, symbol: str) -> Position | None:
        """Return the booked position."""
        return self._portfolio.position(strategy, symbol)

    def closable(self, order: Order) -> Decimal:
        """Return how much of its position a reduce-only order could still close."""
        held = self.held(order.strategy, order.symbol)
        if held is None or held.position_id != order.position_id:
            return ZERO
        return abs(held.qty) if held.qty * order.side.sign < 0 else ZERO

    def check_entry(self, order: Order, price: Decimal, cost: Decimal, reserved: Decimal) -> None:
        """Refuse an entry that the account cannot carry at *price*.

        *cost* is its fee, *reserved* what other resting entries will need, both in quote.

        Raises:
            OrderRejected: another position is in its way, or the free margin is too small.
        """
        held = self.held(order.strategy, order.symbol)
        if held is not None:
            _check_fits(order, held)
        need = initial_margin(order.remaining_qty, price, order.leverage) + cost
        free = self._available(order.strategy) - reserved
        if need > free:
            raise OrderRejected(
                f"order {order.id} needs {need:.2f} of margin and fee, {free:.2f} is free"
            )

    def _available(self, strategy: str) -> Decimal:
        free = self._portfolio.available(strategy)
        for fill in self._pending():
            if fill.strategy == strategy:
                margin = (
                    ZERO
                    if fill.reduce_only
                    else initial_margin(fill.qty, fill.price, fill.leverage)
                )
                free -= margin + fill.fee
        return free

    def liquidation_price(self, position: Position, rules: Instrument) -> Decimal | None:
        """Return `core.margin.liquidation_price`, remembered while the position stays as it is."""
        key = (position.strategy, position.symbol)
        known = self._liquidations.get(key)
        if known is not None and known[0] is position:
            return known[1]
        price = liquidation_price(position, rules)
        self._liquidations[key] = (position, price)
        return price

    def fill_id(self, order: Order) -> str:
        """Return the id of the order's next fill: its own and a number, the same at a replay."""
        number = 1
        while self.was_filled(order.id, number):
            number += 1
        return f"{order.id}#{number}"

    def was_filled(self, order_id: str, number: int = 1) -> bool:
        """Return whether that fill of the order was reported or booked."""
        fill_id = f"{order_id}#{number}"
        return self.knows("fill", fill_id) or any(f.id == fill_id for f in self._unbooked)

    def knows(self, source: str, source_id: str) -> bool:
        """Return whether the journal has that entry."""
        return self._portfolio.knows(source, source_id)

    def _pending(self) -> list[Fill]:
        if self._unbooked:
            self._unbooked = [f for f in self._unbooked if not self.knows("fill", f.id)]
        return self._unbooked


def _check_fits(order: Order, held: Held) -> None:
    if held.qty * order.side.sign < 0:
        way = "long" if held.qty > 0 else "short"
        raise OrderRejected(
            f"order {order.id} would turn the {way} position {held.position_id} over: "
            f"close it with a reduce-only order first"
        )
    if held.position_id != order.position_id:
        raise OrderRejected(
            f"order {order.id} is for position {order.position_id}, "
            f"but {held.position_id} is open in {order.symbol}"
        )
    if held.leverage != order.leverage:
        raise OrderRejected(
            f"order {order.id} asks for leverage {order.leverage}, "
            f"but position {held.position_id} has {held.leverage}"
        )
