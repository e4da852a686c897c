"""Rows with everything filled in, so that a test names only what it is about."""

from decimal import Decimal
from typing import Any

from core.ledger import Entry, EntryKind
from core.market import HOUR_MS, MINUTE_MS, Bar
from core.orders import Order, OrderRole, OrderStatus, OrderType, Side
from core.trades import PositionSide, Trade
from store.writer import Batch, EquityPoint, Fact

START = 472_223 * HOUR_MS  # in November 2023; times of today do not fit into 32 bits


def entry(number: int, **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "at": START + number * 1000,
        "kind": EntryKind.FILL,
        "strategy": "trend",
        "amount": Decimal("12.34567891"),
        "source": "fill",
        "source_id": f"fill-{number}",
        "symbol": "BTC/USDT",
        "position_id": "position-1",
        "order_id": "order-1",
        "side": Side.BUY,
        "qty": Decimal("0.015"),
        "price": Decimal("60123.40"),
        "leverage": 5,
        "role": OrderRole.ENTRY,
    }
    return Entry(**values | changes)


def order(number: int, **changes: Any) -> Order:
    values: dict[str, Any] = {
        "id": f"order-{number}",
        "strategy": "trend",
        "symbol": "BTC/USDT",
        "side": Side.SELL,
        "type": OrderType.STOP,
        "qty": Decimal("0.015"),
        "role": OrderRole.STOP,
        "position_id": "position-1",
        "created_at": START + number * 1000,
        "leverage": 5,
        "trigger_price": Decimal("59000.1"),
        "reduce_only": True,
        "status": OrderStatus.OPEN,
    }
    return Order(**values | changes)


def trade(number: int, **changes: Any) -> Trade:
    values: dict[str, Any] = {
        "id": f"position-{number}",
        "symbol": "BTC/USDT",
        "strategy": "trend",
        "side": PositionSide.LONG,
        "leverage": 5,
        "qty": Decimal("0.015"),
        "entry_price": Decimal("60123.45678901"),
        "exit_price": Decimal("61000.5"),
        "opened_at": START + number * 1000 - 500,
        "closed_at": START + number * 1000,
        "gross_pnl": Decimal("13.15"),
        "fees": Decimal("0.91"),
        "funding": Decimal("-0.04"),
        "roe_pct": Decimal("6.7"),
        "exit_reason": OrderRole.TARGET,
        "mae": Decimal("-2.5"),
        "mfe": Decimal("14.2"),
    }
    return Trade(**values | changes)


def fact(number: int, kind: str = "order_filled", **changes: Any) -> Fact:
    data = {
        "fact_id": f"f{number}",
        "kind": kind,
        "at": START + number * 1000,
        "amount": 1.5,
        "note": None,
    }
    return Fact(number, f"f{number}", kind, START + number * 1000, data | changes)


def bar(minute: int, symbol: str = "BTC/USDT", close: str = "60001.5") -> Bar:
    return Bar(
        symbol=symbol,
        open_time=START + minute * MINUTE_MS,
        open=Decimal("60000.1"),
        high=Decimal("60010.25"),
        low=Decimal("59990.75"),
        close=Decimal(close),
        volume=Decimal("12.345"),
    )


def point(minute: int, equity: str = "10012.34567891") -> EquityPoint:
    return EquityPoint(START + minute * MINUTE_MS, Decimal(equity), Decimal(10000))


def batch(number: int) -> Batch:
    """Return a step that touches every table; the rows of two numbers never meet."""
    return Batch(
        journal=[entry(number * 10 + k) for k in range(3)],
        orders=[order(number)],
        trades=[trade(number)],
        facts=[fact(number)],
        candles=[bar(number)],
        equity=[point(number)],
        checkpoint={"number": number},
    )
