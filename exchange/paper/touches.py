"""What a bar tells about an order: whether its level was reached, where and when.

A bar says how it opened, ended, and how far it went, not in which order. So every reading is
the one that is worse for us: stops and liquidations before limits, those before targets, the
nearer level before the farther. What a bar opened beyond fills at the open.
"""

from decimal import Decimal

import msgspec

from core.market import Bar
from core.orders import Liquidity, Order, OrderRole, OrderType, Side

_AT_OPEN = {OrderType.MARKET: 1, OrderType.STOP: 2, OrderType.LIMIT: 3, OrderType.TAKE_PROFIT: 4}
_INSIDE = {OrderType.MARKET: 0, OrderType.STOP: 2, OrderType.LIMIT: 3, OrderType.TAKE_PROFIT: 4}


class Touch(msgspec.Struct, frozen=True):
    """A bar reached an order at ``level``; ``inside`` means after the open."""

    order: Order
    bar: Bar
    level: Decimal
    inside: bool
    liquidity: Liquidity = Liquidity.TAKER

    @property
    def at(self) -> int:
        """Return when, as exactly as a bar tells: its first or its last millisecond."""
        told = self.bar.close_time - 1 if self.inside else self.bar.open_time
        return max(told, self.order.created_at)

    @property
    def turn(self) -> tuple[int, bool, int, Decimal]:
        """Return the key that sorts touches of one bar into the order they are taken in."""
        rank = (_INSIDE if self.inside else _AT_OPEN)[self.order.type]
        if self.order.role is OrderRole.LIQUIDATION and not self.inside:
            rank = 0
        return (self.bar.open_time, self.inside, rank, abs(self.level - self.bar.open))


def seen_by(order: Order, bar: Bar, *, moved: bool) -> Bar | None:
    """Return the part of *bar* that is known to be later than *order* (or its last move).

    The whole of it, or only its close when the order came while the bar was forming.
    """
    if order.created_at <= bar.open_time and not moved:
        return bar
    return (
        _end_of(bar, bar.close, bar.close, bar.close) if order.created_at < bar.close_time else None
    )


def rest_of(touch: Touch, direction: int) -> Bar:
    """Return what of its bar a position of that *direction* lives through after *touch*.

    All of it after a fill at the open. After one inside, the adverse extreme may be still to
    come, the favourable one may be past: only the close counts for that.
    """
    bar, level = touch.bar, touch.level
    if not touch.inside:
        return bar
    high, low = max(level, bar.close), min(level, bar.close)
    if direction > 0:
        return _end_of(bar, level, high, bar.low)
    return _end_of(bar, level, bar.high, low)


def _end_of(bar: Bar, opened: Decimal, high: Decimal, low: Decimal) -> Bar:
    last = bar.close_time - 1
    return Bar(bar.symbol, last, opened, high, low, bar.close, bar.volume, interval_ms=1)


def touch(order: Order, bar: Bar, *, arriving: bool) -> Touch | None:
    """Return where *bar* reaches *order*; *arriving* means no price was met since it came."""
    if order.type is OrderType.MARKET:
        return Touch(order, bar, bar.open, inside=False)
    if order.type is OrderType.LIMIT:
        return _touch_limit(order, bar, arriving=arriving)
    level = order.trigger_price
    if level is None:
        return None
    if rises_to(order):
        opened, reached = bar.open >= level, bar.high >= level
    else:
        opened, reached = bar.open <= level, bar.low <= level
    if opened:
        return Touch(order, bar, bar.open, inside=False)
    return Touch(order, bar, level, inside=True) if reached else None


def rises_to(order: Order) -> bool:
    """Return whether the trigger of a stop or take_profit is met from below."""
    return (order.side is Side.BUY) == (order.type is OrderType.STOP)


def _touch_limit(order: Order, bar: Bar, *, arriving: bool) -> Touch | None:
    price = order.price
    if price is None:
        return None
    if order.side is Side.BUY:
        opened, through = bar.open <= price, bar.low < price
    else:
        opened, through = bar.open >= price, bar.high > price
    if arriving and opened:
        return Touch(order, bar, bar.open, inside=False)
    if not through:
        return None
    return Touch(order, bar, price, inside=not opened, liquidity=Liquidity.MAKER)
