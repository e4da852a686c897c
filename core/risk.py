"""Our own limits: every order passes these gates before a broker sees it."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from core.orders import Order

HUNDRED = Decimal(100)
ZERO = Decimal(0)


class RiskLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What no strategy can pass; percentages are of the account's equity.

    ``leverage`` and ``risk_per_trade_pct`` are what entries are made with, the others gates.
    """

    leverage: int
    max_leverage: int
    max_exposure_pct: Decimal
    max_positions: int
    daily_loss_pct: Decimal
    risk_per_trade_pct: Decimal
    stale_after_ms: int


class RiskView(msgspec.Struct, frozen=True, kw_only=True):
    """The account as an order finds it.

    ``exposure`` is the notional of all open positions and resting entries, ``positions`` their
    number, ``price`` the mark of the order's symbol, in quote, and ``price_age_ms`` the age of its
    newest sound message, as ``feed_age_ms`` is that of any; ``pnl_today`` is equity less
    that at 00:00 UTC, which is ``day_open_equity``.
    """

    equity: Decimal
    exposure: Decimal
    positions: int
    price: Decimal
    paused: bool
    feed_age_ms: int
    price_age_ms: int = 0
    pnl_today: Decimal
    day_open_equity: Decimal


class Refusal(msgspec.Struct, frozen=True):
    """Which gate said no, with the value that met its limit, and the sentence about it."""

    gate: str
    value: Decimal | None
    limit: Decimal | None
    reason: str


def check(order: Order, view: RiskView, limits: RiskLimits) -> Refusal | None:
    """Return the first gate that refuses *order*, or None.

    An order that can only make a position smaller passes every gate but a stale feed: a close
    at a price nobody has seen for a while is no protection.
    """
    return next(_refusals(order, view, limits), None)


def wrong_side(order: Order, price: Decimal) -> Refusal | None:
    """Return why an entry's protective levels make no sense at *price*, or None.

    A long's stop is below the price and its target above, a short's the other way round.
    """
    for name, level, sign in (
        ("stop", order.stop_price, -order.side.sign),
        ("target", order.target_price, order.side.sign),
    ):
        if level is not None and (level - price) * sign <= 0:
            where = "above" if sign > 0 else "below"
            return Refusal(name, level, price, f"the {name} must be {where} {price}, was {level}")
    return None


def _refusals(order: Order, view: RiskView, limits: RiskLimits) -> Iterator[Refusal]:
    oldest_ms = max(view.feed_age_ms, view.price_age_ms)
    if oldest_ms > limits.stale_after_ms:
        age, limit = Decimal(oldest_ms) / 1000, Decimal(limits.stale_after_ms) / 1000
        whole = view.feed_age_ms > limits.stale_after_ms
        what = "the feed is" if whole else f"the price of {order.symbol} is"
        yield Refusal("stale_feed", age, limit, f"{what} {age:.0f} s old, limit {limit:.0f} s")
    if order.reduce_only:
        return
    if view.paused:
        yield Refusal("paused", None, None, "trading is paused")
    if order.leverage > limits.max_leverage:
        value, limit = Decimal(order.leverage), Decimal(limits.max_leverage)
        yield Refusal("leverage", value, limit, f"leverage would be {value}x, limit {limit}x")
    if view.positions >= limits.max_positions:
        value, limit = Decimal(view.positions), Decimal(limits.max_positions)
        yield Refusal("max_positions", value, limit, f"{value} positions are open, limit {limit}")
    yield from _money_refusals(order, view, limits)


def _money_refusals(order: Order, view: RiskView, limits: RiskLimits) -> Iterator[Refusal]:
    if view.equity <= 0:
        yield Refusal("equity", view.equity, ZERO, "there is no equity left")
        return
    loss_pct = -HUNDRED * view.pnl_today / view.day_open_equity if view.day_open_equity else ZERO
    if loss_pct >= limits.daily_loss_pct:
        reason = f"today's loss is {loss_pct:.1f}%, limit {limits.daily_loss_pct}%"
        yield Refusal("daily_loss", loss_pct, limits.daily_loss_pct, reason)
    after = view.exposure + order.qty * (order.price or view.price)
    exposure_pct = HUNDRED * after / view.equity
    if exposure_pct > limits.max_exposure_pct:
        limit = limits.max_exposure_pct
        reason = f"exposure would be {exposure_pct:.0f}% of equity, limit {limit}%"
        yield Refusal("exposure", exposure_pct, limit, reason)
