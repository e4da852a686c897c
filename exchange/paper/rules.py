"""What an exchange checks before it takes an order; a refusal is a sentence."""

from decimal import Decimal

from core.errors import OrderRejected
from core.market import Instrument
from core.orders import Order, OrderType


def check_form(order: Order, rules: Instrument) -> None:
    """Refuse an order that breaks its instrument's rules, whatever the account holds.

    Raises:
        OrderRejected: naming the order, the rule and the value.
    """
    if not order.qty.is_finite() or order.qty <= 0:
        raise OrderRejected(f"order {order.id}: quantity must be above 0, was {order.qty}")
    if order.qty % rules.step_size:
        raise OrderRejected(
            f"order {order.id}: quantity must be a multiple of {rules.step_size}, was {order.qty}"
        )
    if not 1 <= order.leverage <= rules.max_leverage:
        raise OrderRejected(
            f"order {order.id}: leverage must be from 1 to {rules.max_leverage}, "
            f"was {order.leverage}"
        )
    if order.type is OrderType.LIMIT:
        check_price(order.id, "limit price", order.price, rules)
    elif order.type is not OrderType.MARKET:
        check_price(order.id, "trigger price", order.trigger_price, rules)


def check_price(order_id: str, what: str, price: Decimal | None, rules: Instrument) -> None:
    """Refuse a price that is missing, not positive, or between ticks.

    Raises:
        OrderRejected: naming the order, the rule and the value.
    """
    if price is None or not price.is_finite() or price <= 0:
        raise OrderRejected(f"order {order_id}: {what} must be above 0, was {price}")
    if price % rules.tick_size:
        raise OrderRejected(
            f"order {order_id}: {what} must be a multiple of {rules.tick_size}, was {price}"
        )


def check_notional(order: Order, price: Decimal, rules: Instrument) -> None:
    """Refuse an entry smaller than the exchange takes; an exit may be of any size.

    Raises:
        OrderRejected: naming the order, the rule and the value.
    """
    notional = order.qty * price
    if not order.reduce_only and notional < rules.min_notional:
        raise OrderRejected(
            f"order {order.id}: notional must be at least {rules.min_notional}, was {notional:.2f}"
        )
