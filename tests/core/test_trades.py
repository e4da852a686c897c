from decimal import Decimal
from typing import Any

from core.ledger import Entry, EntryKind, Portfolio
from core.orders import OrderRole, Side
from core.trades import Course, PositionSide, Trade


def entry(kind: EntryKind, number: int, amount: str, **more: Any) -> Entry:
    values: dict[str, Any] = {
        "at": number, "kind": kind, "strategy": "trend", "amount": Decimal(amount),
        "source": kind.value, "source_id": str(number), "symbol": "BTC/USDT",
        "position_id": "p1", "leverage": 5,
    }  # fmt: skip
    return Entry(**values | more)


def test_a_trade_sums_up_a_position_that_was_entered_and_left_in_parts() -> None:
    portfolio, closed = Portfolio(), None
    for step in (
        entry(EntryKind.FILL, 1, "0", side=Side.SELL, qty=Decimal(2), price=Decimal(100)),
        entry(EntryKind.FEE, 1, "-0.10"),
        entry(EntryKind.FILL, 2, "0", side=Side.SELL, qty=Decimal(1), price=Decimal(103)),
        entry(EntryKind.FEE, 2, "-0.05"),
        entry(EntryKind.FUNDING, 3, "0.03"),
        entry(EntryKind.FILL, 4, "11", side=Side.BUY, qty=Decimal(1), price=Decimal(90)),
        entry(EntryKind.FEE, 4, "-0.04"),
        entry(EntryKind.FILL, 5, "-6", side=Side.BUY, qty=Decimal(2), price=Decimal(104)),
        entry(EntryKind.FEE, 5, "-0.11"),
    ):
        closed = portfolio.apply(step)
    assert closed is not None

    trade = Trade.of(
        closed, side=PositionSide.SHORT, closed_at=5, exit_reason=OrderRole.STOP,
        course=Course(mae=Decimal(-9), mfe=Decimal(12), slippage=Decimal(1), risk=Decimal(30)),
    )  # fmt: skip

    assert trade.id == "p1"
    assert (trade.opened_at, trade.closed_at, trade.qty) == (1, 5, Decimal(3))
    assert trade.entry_price == 101
    assert trade.exit_price == Decimal("99.33333333")
    assert (trade.gross_pnl, trade.fees, trade.funding) == (
        Decimal(5), Decimal("0.30"), Decimal("0.03"),
    )  # fmt: skip
    assert trade.net_pnl == Decimal("4.73") == portfolio.balance
    assert trade.roe_pct == Decimal("7.80528053")
    assert (trade.entry_notional, trade.exit_notional) == (Decimal(303), Decimal(298))
    assert (trade.mae, trade.mfe) == (Decimal(-9), Decimal(12))
    assert (trade.slippage, trade.risk) == (Decimal(1), Decimal(30))
