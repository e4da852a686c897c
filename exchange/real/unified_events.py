"""ccxt's unified structures of an account in our words, for exchanges without a decoder here.

Source: https://docs.ccxt.com/#/README?id=order-structure
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.errors import DataError
from core.orders import Liquidity, OrderType, Side
from exchange.real.account import AssetBalance, RealOrder, RealPosition
from exchange.real.names import ours
from exchange.real.updates import (
    ZERO,
    BalanceUpdate,
    FundingUpdate,
    OrderUpdate,
    PositionUpdate,
    Status,
    TradeUpdate,
)

Fields = Mapping[str, Any]

_STATUSES: Final = {
    "open": Status.OPEN,
    "closed": Status.FILLED,
    "canceled": Status.CANCELLED,
    "canceling": Status.OPEN,
    "expired": Status.EXPIRED,
    "rejected": Status.REJECTED,
}
_NOT_ASSETS: Final = frozenset({"info", "free", "used", "total", "debt", "timestamp", "datetime"})


def number(value: object) -> Decimal:
    """Return *value* as it is written; 0 for None.

    Raises:
        DataError: it is no finite number.
    """
    try:
        found = Decimal(str(value)) if value is not None else ZERO
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise DataError(f"a figure must be a number, was {str(value)[:40]!r}")
    return found


def order_update(order: Fields) -> OrderUpdate:
    """Return a unified order.

    Raises:
        DataError: a field is missing or makes no sense.
    """
    filled, qty = number(order.get("filled")), number(order.get("amount"))
    status = _STATUSES.get(str(order.get("status") or "open"), Status.OPEN)
    if status is Status.OPEN and filled:
        status = Status.PARTIALLY_FILLED
    trigger = order.get("triggerPrice") or order.get("stopPrice")
    return OrderUpdate(
        symbol=ours(str(order.get("symbol"))), order_id=str(order.get("id")),
        client_id=str(order.get("clientOrderId") or ""), side=_side(order), status=status,
        type=_type(str(order.get("type") or ""), is_conditional=bool(trigger)), qty=qty,
        filled_qty=filled, average_price=number(order.get("average")),
        price=number(order.get("price")) or None, trigger_price=number(trigger) or None,
        reduce_only=bool(order.get("reduceOnly")),
        at=int(order.get("lastUpdateTimestamp") or order.get("timestamp") or 0),
    )  # fmt: skip


def resting(order: Fields) -> RealOrder:
    """Return a unified order that is open.

    Raises:
        DataError: a field is missing or makes no sense.
    """
    update = order_update(order)
    return RealOrder(
        symbol=update.symbol, order_id=update.order_id, client_id=update.client_id,
        side=update.side, type=update.type, status=update.status, qty=update.qty,
        filled_qty=update.filled_qty, price=update.price, trigger_price=update.trigger_price,
        reduce_only=update.reduce_only, created_at=int(order.get("timestamp") or 0), at=update.at,
    )  # fmt: skip


def trade_update(trade: Fields) -> TradeUpdate:
    """Return a unified trade of our own.

    Raises:
        DataError: a field is missing or makes no sense.
    """
    fee: Fields = trade.get("fee") or {}
    maker = trade.get("takerOrMaker") == "maker"
    return TradeUpdate(
        symbol=ours(str(trade.get("symbol"))), trade_id=str(trade.get("id")),
        order_id=str(trade.get("order") or ""), client_id="", side=_side(trade),
        qty=number(trade.get("amount")), price=number(trade.get("price")),
        commission=number(fee.get("cost")), commission_asset=str(fee.get("currency") or ""),
        liquidity=Liquidity.MAKER if maker else Liquidity.TAKER, realized_pnl=ZERO,
        at=int(trade.get("timestamp") or 0),
    )  # fmt: skip


def position(fields: Fields) -> RealPosition:
    """Return a unified position; its quantity is in the base, not in contracts.

    Raises:
        DataError: a field is missing or makes no sense.
    """
    side = str(fields.get("side") or "")
    size = abs(number(fields.get("contracts"))) * (number(fields.get("contractSize")) or Decimal(1))
    leverage = fields.get("leverage")
    return RealPosition(
        symbol=ours(str(fields.get("symbol"))), qty=-size if side == "short" else size,
        entry_price=number(fields.get("entryPrice")),
        mark_price=number(fields.get("markPrice")) or None,
        liquidation_price=number(fields.get("liquidationPrice")) or None,
        margin_mode=str(fields.get("marginMode") or ""),
        leverage=None if leverage is None else round(float(leverage)),
        unrealized_pnl=number(fields.get("unrealizedPnl")),
        margin=number(fields.get("initialMargin")),
        position_side=side if fields.get("hedged") else "both",
        at=int(fields.get("timestamp") or 0),
    )  # fmt: skip


def position_update(fields: Fields) -> PositionUpdate:
    """Return what a unified position came to.

    Raises:
        DataError: a field is missing or makes no sense.
    """
    held = position(fields)
    return PositionUpdate(
        symbol=held.symbol, qty=held.qty, entry_price=held.entry_price, at=held.at,
        unrealized_pnl=held.unrealized_pnl, margin_mode=held.margin_mode,
        position_side=held.position_side,
    )  # fmt: skip


def balances(answer: Fields) -> list[AssetBalance]:
    """Return what a unified balance says of each asset.

    Raises:
        DataError: a figure makes no sense.
    """
    at = int(answer.get("timestamp") or 0)
    return [
        AssetBalance(
            asset=str(asset), wallet=number(held.get("total")), available=number(held.get("free")),
            at=at,
        )
        for asset, held in answer.items()
        if asset not in _NOT_ASSETS and isinstance(held, Mapping)
    ]  # fmt: skip


def balance_updates(answer: Fields) -> list[BalanceUpdate]:
    """Return what a unified balance came to, asset by asset.

    Raises:
        DataError: a figure makes no sense.
    """
    return [BalanceUpdate(asset=b.asset, wallet=b.wallet, at=b.at) for b in balances(answer)]


def funding_update(paid: Fields) -> FundingUpdate:
    """Return a unified funding payment.

    Raises:
        DataError: the figure makes no sense.
    """
    symbol = paid.get("symbol")
    return FundingUpdate(
        amount=number(paid.get("amount")), asset=str(paid.get("code") or ""),
        at=int(paid.get("timestamp") or 0), symbol=ours(str(symbol)) if symbol else None,
        id=str(paid.get("id") or f"{symbol}:{paid.get('timestamp')}"),
    )  # fmt: skip


def _side(fields: Fields) -> Side:
    try:
        return Side(str(fields.get("side")))
    except ValueError:
        raise DataError(f"a side must be buy or sell, was {fields.get('side')!r}") from None


def _type(word: str, *, is_conditional: bool) -> OrderType | str:
    if is_conditional:
        return OrderType.TAKE_PROFIT if "profit" in word else OrderType.STOP
    return OrderType(word) if word in {"market", "limit"} else word
