"""Closed trades to learn from."""

from decimal import Decimal

from core.orders import OrderRole
from core.trades import PositionSide, Trade
from tests.exchange.paper_desk import SYMBOL

RISK = Decimal(50)


def closed_trade(
    result: float, *, at: int, risk: Decimal | None = RISK, reason: OrderRole = OrderRole.STOP,
    symbol: str = SYMBOL,
) -> Trade:  # fmt: skip
    """Return a long trade that earned *result* times `RISK` and closed at *at* (ms)."""
    return Trade(
        id=f"t{at}", symbol=symbol, strategy="full_math", side=PositionSide.LONG, leverage=5,
        qty=Decimal(1), entry_price=Decimal(100), exit_price=Decimal(101), opened_at=at - 60_000,
        closed_at=at, gross_pnl=RISK * Decimal(str(result)), fees=Decimal(0), funding=Decimal(0),
        roe_pct=Decimal(0), exit_reason=reason, risk=risk,
    )  # fmt: skip
