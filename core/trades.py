"""Closed round trips: what a position came to once it was flat."""

import enum
from decimal import Decimal
from typing import Final

import msgspec

from core.arithmetic import CENT8, net_pnl, roe_pct, truncate8
from core.ledger import ZERO, Position
from core.orders import OrderRole


class PositionSide(enum.StrEnum):
    """Which way a position leaned."""

    LONG = "long"
    SHORT = "short"


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How a position went while it was open, in quote; see `Trade` for the words."""

    mae: Decimal = ZERO
    mfe: Decimal = ZERO
    slippage: Decimal = ZERO
    risk: Decimal | None = None


NO_COURSE: Final = Course()


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """A position from its first fill to its last; ``id`` is the position's.

    Money is in quote: ``fees`` a cost (positive), ``funding`` negative when paid. ``qty`` is the
    largest size held, prices are averages, ``mae``/``mfe`` the worst and best unrealized P&L
    while open (≤ 0, ≥ 0). ``roe_pct`` is net P&L over the initial margin of all that was entered.
    ``entry_notional`` and ``exit_notional`` are sums of price · quantity; ``slippage`` is what
    all its fills cost against the prices they aimed at (positive is worse); ``risk`` is what the
    first stop would have lost before costs (None without a stop): the unit R.
    """

    id: str
    symbol: str
    strategy: str
    side: PositionSide
    leverage: int
    qty: Decimal
    entry_price: Decimal
    exit_price: Decimal
    opened_at: int
    closed_at: int
    gross_pnl: Decimal
    fees: Decimal
    funding: Decimal
    roe_pct: Decimal
    exit_reason: OrderRole
    mae: Decimal = ZERO
    mfe: Decimal = ZERO
    entry_notional: Decimal = ZERO
    exit_notional: Decimal = ZERO
    slippage: Decimal = ZERO
    risk: Decimal | None = None

    @property
    def net_pnl(self) -> Decimal:
        """Return gross P&L less fees plus funding."""
        return net_pnl(self.gross_pnl, self.fees, self.funding)

    @classmethod
    def of(
        cls,
        position: Position,
        *,
        side: PositionSide,
        closed_at: int,
        exit_reason: OrderRole,
        course: "Course" = NO_COURSE,
    ) -> "Trade":
        """Build the trade of a *position* that is flat and paid for; averages to 8 decimals."""
        net = net_pnl(position.realized_pnl, position.fees, position.funding)
        return cls(
            id=position.id,
            symbol=position.symbol,
            strategy=position.strategy,
            side=side,
            leverage=position.leverage,
            qty=position.max_qty,
            entry_price=(position.entry_cost / position.entry_qty).quantize(CENT8),
            exit_price=(position.exit_value / position.exit_qty).quantize(CENT8),
            opened_at=position.opened_at,
            closed_at=closed_at,
            gross_pnl=position.realized_pnl,
            fees=position.fees,
            funding=position.funding,
            roe_pct=roe_pct(net, position.initial_margin).quantize(CENT8),
            exit_reason=exit_reason,
            mae=course.mae,
            mfe=course.mfe,
            entry_notional=truncate8(position.entry_cost),
            exit_notional=truncate8(position.exit_value),
            slippage=course.slippage,
            risk=course.risk,
        )
