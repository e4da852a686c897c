"""What was traded, booked once: by our own orders, or by somebody else on our position."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.arithmetic import truncate8
from core.ledger import ZERO, Position
from core.orders import (
    Fill,
    Filled,
    Liquidity,
    Order,
    OrderRole,
    OrderStatus,
    OrderType,
)
from exchange.paper.holdings import Held
from exchange.real.client_ids import is_forced
from exchange.real.requests import Said
from exchange.real.shop import LastHeld, Shop
from exchange.real.tickets import Ticket
from exchange.real.updates import TradeUpdate

KEPT: Final = 2000
RACE_MS: Final = 60_000
PNL_TOLERANCE: Final = Decimal("0.00001")  # of what was closed: the exchange rounds its averages
PNL_LEAST: Final = Decimal("0.01")
CLOSED: Final = "position closed"


def fill_id(trade: TradeUpdate) -> str:
    """Return what names an execution of ours: the exchange's number, within symbol and side.

    The side belongs to it, for an order of ours may meet another one of the same account.
    """
    return f"{trade.symbol}:{trade.trade_id}:{trade.side.value}"


class Fills:
    """Turns executions into reports.

    Promise: each is reported once however often it is told, and none that the journal could not
    book: what goes beyond our position is told as a difference instead.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._taken: dict[str, None] = {}
        self.foreign: deque[TradeUpdate] = deque(maxlen=KEPT)
        self._used: dict[str, Decimal] = {}

    def knows(self, trade: TradeUpdate) -> bool:
        """Return whether an execution was taken, as ours or as somebody else's."""
        name = fill_id(trade)
        return name in self._taken or self._shop.portfolio.knows("fill", name)

    def ours(self, ticket: Ticket, trade: TradeUpdate) -> None:
        """Take an execution of one of our own orders."""
        if self.knows(trade):
            return
        self._take(trade)
        order, shop = ticket.order, self._shop
        shop.touched[order.symbol] = shop.now
        held = shop.holdings.held(order.strategy, order.symbol)
        qty = _bookable(order, held, trade.qty)
        if qty < trade.qty:
            shop.say(
                Said(
                    level="error",
                    code="traded_beyond",
                    key=f"beyond:{fill_id(trade)}",
                    title=f"{order.symbol}: an order traded more than our position",
                    detail=f"{trade.qty - qty} of order {order.id} met no position of ours. "
                    f"Compare the account at the exchange.",
                )
            )
            shop.unsettled.add(order.symbol)
        if qty <= ZERO:
            ticket.dropped -= trade.qty  # nothing of it will be reported
            return
        self._check_pnl(order, held, trade, qty)
        self._report(ticket, trade, qty)

    def _report(self, ticket: Ticket, trade: TradeUpdate, qty: Decimal) -> None:
        order, shop = ticket.order, self._shop
        total = order.filled_qty + qty
        ticket.dropped -= trade.qty - qty
        full = total >= order.qty
        status = OrderStatus.FILLED if full else OrderStatus.PARTIALLY_FILLED
        ticket.order = msgspec.structs.replace(order, filled_qty=total, status=status, reason="")
        ticket.done = ticket.done or full
        fee = self._fee(trade) * qty / trade.qty
        fill = Fill(
            id=fill_id(trade), order_id=order.id, position_id=order.position_id,
            strategy=order.strategy, symbol=order.symbol, side=order.side, qty=qty,
            price=trade.price, fee=truncate8(fee), liquidity=trade.liquidity, role=order.role,
            leverage=order.leverage, reduce_only=order.reduce_only, at=trade.at,
            reference_price=ticket.aim if ticket.aim > 0 else trade.price,
        )  # fmt: skip
        shop.holdings.reported(fill)
        shop.reports.append(Filled(ticket.order, fill))
        if shop.foreign.get(order.symbol):
            shop.stirred = True  # the exchange reckons with an average of theirs and ours
        if not order.reduce_only:
            shop.limits.traded(qty * trade.price, trade.at)
        elif shop.holdings.held(order.strategy, order.symbol) is None:
            self._flat(order.position_id, fill)

    def _flat(self, position_id: str, fill: Fill) -> None:
        """Take back what is left of the orders of a position that *fill* closed."""
        position = self._shop.portfolio.by_id(position_id)
        opened_at = fill.at if position is None else position.opened_at
        self._shop.last_held[fill.symbol] = LastHeld(fill.strategy, opened_at, fill.at)
        for other in self._shop.tickets.of_position(position_id):
            if other.cancel is None and not other.done:
                other.cancel = CLOSED

    def theirs(self, trade: TradeUpdate) -> None:
        """Take an execution of an order that is not ours; it may have closed our position."""
        if self.knows(trade):
            return
        self._take(trade)
        self.foreign.append(trade)
        self._shop.stirred = True
        self._shop.touched[trade.symbol] = self._shop.now
        self._shop.unsettled.add(trade.symbol)

    def closed_elsewhere(self, position: Position, qty: Decimal) -> Decimal:
        """Book that *qty* of *position* was closed by orders that are not ours.

        Their newest executions against it are taken: those before closed what else there was. One
        from a moment before it was opened counts too: our entry then met their new position.
        Returns what no execution accounts for.
        """
        left, wanted = qty, []
        for trade in reversed(self.foreign):
            if left <= ZERO:
                break
            against = trade.symbol == position.symbol and trade.side.sign * position.direction < 0
            if not against or trade.at < position.opened_at - RACE_MS:
                continue
            part = min(left, trade.qty - self._used.get(fill_id(trade), ZERO))
            if part > ZERO:
                wanted.append((trade, part))
                left -= part
        if left > ZERO:
            return left
        for trade, part in reversed(wanted):
            fill = self._close(position, trade, part)
            if self._shop.holdings.held(position.strategy, position.symbol) is None:
                self._flat(position.id, fill)
        return ZERO

    def _close(self, position: Position, trade: TradeUpdate, qty: Decimal) -> Fill:
        """Report that *trade* closed *qty* of our position: by hand, or by the exchange."""
        name = fill_id(trade)
        self._used[name] = self._used.get(name, ZERO) + qty
        forced = is_forced(trade.client_id)
        role = OrderRole.LIQUIDATION if forced else OrderRole.MANUAL
        order = Order(
            id=f"{position.id}-{role}-{trade.trade_id}", strategy=position.strategy,
            symbol=position.symbol, side=trade.side, type=OrderType.MARKET, qty=qty, role=role,
            position_id=position.id, created_at=trade.at, leverage=position.leverage,
            reduce_only=True, filled_qty=qty, status=OrderStatus.FILLED,
        )  # fmt: skip
        fill = Fill(
            id=name, order_id=order.id, position_id=position.id, strategy=position.strategy,
            symbol=position.symbol, side=trade.side, qty=qty, price=trade.price,
            fee=truncate8(self._fee(trade) * qty / trade.qty), liquidity=trade.liquidity,
            role=role, leverage=position.leverage, reduce_only=True,
            at=max(trade.at, position.opened_at),
            reference_price=trade.price,
        )  # fmt: skip
        self._shop.holdings.reported(fill)
        self._shop.reports.append(Filled(order, fill))
        what = "The exchange closed" if forced else "Closed elsewhere:"
        self._shop.say(
            Said(
                level="error" if forced else "warn",
                code="position_forced" if forced else "closed_elsewhere",
                title=f"{what} {qty.normalize():f} of {position.symbol}",
                detail=f"{position.strategy}, at {trade.price}. It is booked by its execution.",
                key=f"elsewhere:{name}",
            )
        )
        return fill

    def _fee(self, trade: TradeUpdate) -> Decimal:
        """Return the cost of an execution in quote; what was paid in BNB at its newest price."""
        rules = self._shop.instruments[trade.symbol]
        if trade.commission_asset in {rules.quote, ""} or not trade.commission:
            return trade.commission
        rate = rules.maker_fee if trade.liquidity is Liquidity.MAKER else rules.taker_fee
        fee = trade.qty * trade.price * rate
        if trade.commission_asset == "BNB" and self._shop.bnb is not None:
            fee = trade.commission * self._shop.bnb
        if self._shop.outside is not None:
            self._shop.outside += truncate8(fee)  # the wallet in quote did not pay it
        self._shop.say(
            Said(
                level="info",
                code="fee_in_bnb",
                key=f"fee:{trade.commission_asset}",
                title=f"Fees are paid in {trade.commission_asset}",
                detail=f"They are booked at what they are worth in {rules.quote}.",
            )
        )
        return fee

    def _check_pnl(self, order: Order, held: Held | None, trade: TradeUpdate, qty: Decimal) -> None:
        """Compare the exchange's own result of an execution with what the journal will book."""
        position = self._shop.portfolio.position(order.strategy, order.symbol)
        if not order.reduce_only or position is None or held is None:
            return
        if self._shop.foreign.get(order.symbol) or position.id != held.position_id:
            return  # the exchange's average is not of our entries alone
        expected = position.gross_pnl(qty, trade.price)
        allowed = max(PNL_LEAST, qty * trade.price * PNL_TOLERANCE)
        if abs(expected - trade.realized_pnl) > allowed:
            self._shop.say(
                Said(
                    level="warn",
                    code="pnl_differs",
                    key=f"pnl:{fill_id(trade)}",
                    title=f"{order.symbol}: the exchange books another result",
                    detail=f"{trade.realized_pnl} instead of {expected} for {qty} of {order.id}.",
                )
            )

    def _take(self, trade: TradeUpdate) -> None:
        self._taken[fill_id(trade)] = None
        while len(self._taken) > 5 * KEPT:
            del self._taken[next(iter(self._taken))]

    def save(self) -> list[Any]:
        """Return the newest executions of others, of which a part may yet be needed."""
        return [
            [msgspec.to_builtins(trade), str(self._used.get(fill_id(trade), ZERO))]
            for trade in list(self.foreign)[-50:]
        ]

    def load(self, saved: Iterable[Any]) -> None:
        """Take back what `save` returned."""
        for fields, used in saved:
            trade = msgspec.convert(fields, TradeUpdate, strict=False)
            self._take(trade)
            self.foreign.append(trade)
            self._used[fill_id(trade)] = Decimal(used)


def _bookable(order: Order, held: Held | None, qty: Decimal) -> Decimal:
    """Return how much of an execution fits the position that the journal has."""
    if held is None:
        return ZERO if order.reduce_only else qty
    if held.position_id != order.position_id:
        return ZERO
    against = held.qty * order.side.sign < 0
    if order.reduce_only:
        return min(qty, abs(held.qty)) if against else ZERO
    return ZERO if against else qty
