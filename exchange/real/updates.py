"""What an account's stream tells, as small structs: the same words whatever the exchange.

Symbols are ours (``BTC/USDT``), money and quantities are `Decimal` made from the wire's text, every
``at`` is the exchange's own time in ms. ``status`` is the exchange-independent word of `Status`.
The words of Binance are in `exchange.real.binance_events`, those of ccxt in
`exchange.real.unified_events`.
"""

import enum
from decimal import Decimal

import msgspec

from core.orders import Liquidity, OrderType, Side

ZERO = Decimal(0)


class Status(enum.StrEnum):
    """Where an order stands on the exchange."""

    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    TRIGGERED = "triggered"  # a conditional order that became an order of the book

    @property
    def is_final(self) -> bool:
        """Return whether nothing more can happen to such an order."""
        return self not in {Status.OPEN, Status.PARTIALLY_FILLED, Status.TRIGGERED}


class TradeUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """One execution; ``trade_id`` is the exchange's and unique for a symbol.

    ``commission`` is a cost (positive) in ``commission_asset``, which need not be the quote's;
    ``realized_pnl`` is the exchange's own gross result of what this execution closed.
    """

    symbol: str
    trade_id: str
    order_id: str
    client_id: str
    side: Side
    qty: Decimal
    price: Decimal
    commission: Decimal
    commission_asset: str
    liquidity: Liquidity
    realized_pnl: Decimal
    at: int

    @property
    def key(self) -> tuple[str, str]:
        """Return what names this execution, however often it is told."""
        return self.symbol, self.trade_id


class OrderUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands after something happened to it.

    ``client_id`` is whatever was sent with it, empty when it was made without one; an order that a
    triggered conditional order became bears the conditional order's. ``average_price`` is of all
    executions so far, 0 before the first. ``position_side`` is ``both`` in one-way mode, else
    ``long`` or ``short``. ``execution`` is the exchange's own word for what happened and
    ``reason`` its word for why; either may be empty. ``trade`` is the execution that this update
    tells of, if it does.
    """

    symbol: str
    client_id: str
    order_id: str
    side: Side
    type: OrderType | str  # a type that is none of ours keeps the exchange's word
    status: Status
    qty: Decimal
    filled_qty: Decimal
    at: int
    average_price: Decimal = ZERO
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: str = "both"
    execution: str = ""
    reason: str = ""
    trade: TradeUpdate | None = None


class AlgoUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """A conditional order that rests outside the book until its trigger.

    ``order_id`` is that of the order it became, empty before; its own fills come as `OrderUpdate`
    of that id. ``status`` becomes ``triggered`` and stays so until the order it became is final.
    """

    symbol: str
    client_id: str
    algo_id: str
    side: Side
    type: OrderType | str
    status: Status
    qty: Decimal
    at: int
    order_id: str = ""
    trigger_price: Decimal | None = None
    price: Decimal | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: str = "both"
    reason: str = ""


class FundingUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """A funding payment: ``amount`` in ``asset``, negative when we pay.

    The stream does not say for which symbol (``None``) when the margin is crossed, and has no
    id; the income history says both: ask `AccountReader.funding` after one was heard.
    """

    amount: Decimal
    asset: str
    at: int
    symbol: str | None = None
    id: str = ""


class BalanceUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """An asset's wallet balance now; ``change`` is by how much, without P&L and commission."""

    asset: str
    wallet: Decimal
    at: int
    cross_wallet: Decimal | None = None
    change: Decimal = ZERO
    reason: str = ""


class PositionUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """A position now; ``qty`` is signed, 0 when it was closed."""

    symbol: str
    qty: Decimal
    entry_price: Decimal
    at: int
    unrealized_pnl: Decimal = ZERO
    margin_mode: str = ""  # cross or isolated
    isolated_wallet: Decimal = ZERO
    position_side: str = "both"
    reason: str = ""


class ConfigUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """Leverage of a symbol, or the account's multi-asset mode, was changed by somebody."""

    at: int
    symbol: str | None = None
    leverage: int | None = None
    multi_asset: bool | None = None


class MarginCall(msgspec.Struct, frozen=True, kw_only=True):
    """The exchange warns that positions in ``symbols`` are close to liquidation."""

    at: int
    symbols: tuple[str, ...]


# A `TradeUpdate` comes alone when the stream missed it and REST told it afterwards.
Update = (
    OrderUpdate
    | TradeUpdate
    | AlgoUpdate
    | FundingUpdate
    | BalanceUpdate
    | PositionUpdate
    | ConfigUpdate
    | MarginCall
)
