"""Orders and what becomes of them: fills, closings, rejections, trades."""

import enum
from decimal import Decimal

import msgspec


class Side(enum.StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """Return +1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        """Return the other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(enum.StrEnum):
    """How an order wants to be filled; stop and take_profit are market orders once triggered."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    TAKE_PROFIT = "take_profit"


class OrderRole(enum.StrEnum):
    """Why an order exists; it becomes the exit reason of the trade it ends."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    SIGNAL = "signal"
    MANUAL = "manual"
    TIMEOUT = "timeout"
    LIQUIDATION = "liquidation"


class OrderStatus(enum.StrEnum):
    """Where an order stands; the last four are final."""

    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Return whether nothing more can happen to such an order."""
        return self not in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A request to trade.

    ``id`` is ours and made before sending, so sending twice is the same order. ``price`` is the
    limit of a limit order, ``trigger_price`` the level of a stop or take_profit. ``stop_price``
    and ``target_price`` on an entry ask for protective orders once it fills. ``position_id``
    names the position an exit belongs to; an entry into a flat symbol opens one of that id.
    """

    id: str
    strategy: str
    symbol: str
    side: Side
    type: OrderType
    qty: Decimal
    role: OrderRole
    position_id: str
    created_at: int
    leverage: int = 1
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    reduce_only: bool = False
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    filled_qty: Decimal = Decimal(0)
    status: OrderStatus = OrderStatus.OPEN
    reason: str = ""

    @property
    def remaining_qty(self) -> Decimal:
        """Return what is still to be filled."""
        return self.qty - self.filled_qty


class Liquidity(enum.StrEnum):
    """Whether a fill took a resting price or was one."""

    MAKER = "maker"
    TAKER = "taker"


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """An execution. ``fee`` is a cost in quote, positive; ``reference_price`` is the mid or
    level the order aimed at, so slippage can be told."""  # noqa: D205, D209

    id: str
    order_id: str
    position_id: str
    strategy: str
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    fee: Decimal
    liquidity: Liquidity
    role: OrderRole
    leverage: int
    reduce_only: bool
    at: int
    reference_price: Decimal


# What a broker reports, in order, by `drain()`.
class Accepted(msgspec.Struct, frozen=True):
    """The order rests with the broker (or changed there: a moved level)."""

    order: Order


class Filled(msgspec.Struct, frozen=True):
    """Something traded; ``order`` is the order after this fill."""

    order: Order
    fill: Fill


class Closed(msgspec.Struct, frozen=True):
    """The order is final without (further) trading; its status and reason say why."""

    order: Order


class FundingCharged(msgspec.Struct, frozen=True, kw_only=True):
    """Funding on one position: ``amount`` in quote, negative when we pay."""

    position_id: str
    strategy: str
    symbol: str
    amount: Decimal
    rate: Decimal
    mark_price: Decimal
    at: int


Report = Accepted | Filled | Closed | FundingCharged
