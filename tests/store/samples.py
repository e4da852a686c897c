"""Rows with everything filled in, so that a test names only what it is about."""

from decimal import Decimal
from typing import Any, Final

from core.ledger import Entry, EntryKind
from core.market import HOUR_MS, MINUTE_MS, Bar, Funding
from core.orders import Order, OrderRole, OrderStatus, OrderType, Side
from core.trades import PositionSide, Trade
from store.outbox import OutboxRow
from store.records import (
    AlertAcknowledgement,
    AlertRule,
    AnomalyRow,
    ModelScore,
    ModelUsage,
    PerformancePoint,
    PredictionRow,
    SignalRow,
    TheoryRow,
)
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


def funding(hour: int, symbol: str = "BTC/USDT") -> Funding:
    return Funding(symbol, START + hour * HOUR_MS, Decimal("0.0001"), Decimal("60000.12345678"))


def point(minute: int, equity: str = "10012.34567891", strategy: str = "") -> EquityPoint:
    return EquityPoint(START + minute * MINUTE_MS, Decimal(equity), Decimal(10000), strategy)


def signal(number: int, **changes: Any) -> SignalRow:
    values: dict[str, Any] = {
        "id": f"position-{number}",
        "at": START + number * 1000 - 500,
        "strategy": "trend",
        "symbol": "BTC/USDT",
        "action": "buy",
        "confidence": 0.72,
        "price": Decimal("60123.4"),
        "stop_price": Decimal("59000.1"),
        "target_price": Decimal("62000.5"),
        "expected_pct": 0.31,
        "expected_pnl": Decimal("2.75"),
        "decision": "traded",
        "gate": "confidence",
        "value": 0.72,
        "threshold": 0.6,
        "why": "the trend is up",
        "position_id": f"position-{number}",
        "detail": {"reasons": ["above its average"], "parts": [{"name": "trend", "score": 0.8}]},
    }
    return SignalRow(**values | changes)


def theory(number: int, name: str = "hurst", **changes: Any) -> TheoryRow:
    values: dict[str, Any] = {
        "trade_id": f"position-{number}",
        "theory": name,
        "strategy": "trend",
        "symbol": "BTC/USDT",
        "opened_at": START + number * 1000 - 500,
        "closed_at": START + number * 1000,
        "score": 0.8,
        "weight": 0.25,
        "net_pnl": Decimal("12.2"),
        "hit": True,
    }
    return TheoryRow(**values | changes)


def prediction(number: int, **changes: Any) -> PredictionRow:
    values: dict[str, Any] = {
        "id": f"prediction-{number}",
        "at": START + number * 1000,
        "strategy": "gru",
        "symbol": "BTC/USDT",
        "model": "gru-1",
        "horizon_ms": HOUR_MS,
        "due_at": START + number * 1000 + HOUR_MS,
        "up_probability": 0.61,
        "price": Decimal("60123.4"),
    }
    return PredictionRow(**values | changes)


def score(number: int, **changes: Any) -> ModelScore:
    values: dict[str, Any] = {
        "model": "gru-1",
        "kind": "walk_forward",
        "at": START + number * 1000,
        "strategy": "gru",
        "samples": 240,
        "accuracy": 0.54,
        "brier": 0.247,
        "baseline_accuracy": 0.51,
        "baseline_brier": 0.25,
        "passes": True,
        "detail": {"folds": 4},
    }
    return ModelScore(**values | changes)


def usage(number: int, **changes: Any) -> ModelUsage:
    values: dict[str, Any] = {
        "strategy": "deepseek",
        "at": START + number * 1000,
        "symbol": "BTC/USDT",
        "model": "a-model",
        "cost_usd": Decimal("0.000412"),
        "prompt_tokens": 812,
        "completion_tokens": 96,
        "outcome": "ok",
    }
    return ModelUsage(**values | changes)


def figures(number: int, **changes: Any) -> PerformancePoint:
    values: dict[str, Any] = {
        "strategy": "trend",
        "at": START + number * HOUR_MS,
        "equity": Decimal("10012.34567891"),
        "balance": Decimal(10000),
        "closed_trades": 7,
        "wins": 4,
        "losses": 2,
        "net_pnl": Decimal("12.34567891"),
        "win_rate_pct": 57.14,
        "profit_factor": 1.8,
        "drawdown_pct": 0.4,
    }
    return PerformancePoint(**values | changes)


def anomaly(number: int, **changes: Any) -> AnomalyRow:
    values: dict[str, Any] = {
        "id": f"BTC/USDT:return:{number}",
        "at": START + number * 1000,
        "symbol": "BTC/USDT",
        "measure": "return",
        "value": 0.0213,
        "usual": 0.00001,
        "deviation": 0.0012,
        "z": 17.74,
        "severity": "extreme",
        "title": "BTC/USDT moved 2.13 % in a minute",
        "detail": "A usual minute moves it 0.12 %; this is 18 times that.",
        "did": "Nothing: no position was open.",
    }
    return AnomalyRow(**values | changes)


def seen(alert_id: int, at: int) -> AlertAcknowledgement:
    return AlertAcknowledgement(alert_id=alert_id, at=at, actor="page")


def told(number: int, **changes: Any) -> OutboxRow:
    values: dict[str, Any] = {
        "fact_id": f"f{number}",
        "at": START + number * 1000,
        "type": "trade_closed",
        "level": "info",
        "owner": "telegram:17",
        "symbol": "BTC/USDT",
        "strategy": "trend",
        "title": "Target hit, BTC long closed",
        "detail": "trend, held 2h 05m",
        "amount": Decimal("12.2"),
        "link": f"trade_position-{number}",
        "data": {"badge": "SIMULATED", "net_pnl": 12.2},
    }
    return OutboxRow(**values | changes)


def rule(number: int, **changes: Any) -> AlertRule:
    values: dict[str, Any] = {
        "id": f"r{number}",
        "owner": "telegram:17",
        "text": "equity < 9500",
        "cooldown_s": 900,
        "created_at": START + number * 1000,
        "created_by": "Ada (17)",
        "state": {"": 1},
        "fired_at": START + number * 1000 + 500,
        "fired_count": 2,
    }
    return AlertRule(**values | changes)


COURSE: Final = {
    "entry_notional": Decimal("901.85185184"),
    "exit_notional": Decimal("915.0075"),
    "slippage": Decimal("0.12"),
    "risk": Decimal("9.5"),
}


def batch(number: int) -> Batch:
    """Return a step that touches every table; the rows of two numbers never meet."""
    return Batch(
        journal=[entry(number * 10 + k) for k in range(3)],
        orders=[order(number)],
        trades=[trade(number, **COURSE)],
        facts=[fact(number)],
        candles=[bar(number)],
        funding=[funding(number)],
        anomalies=[anomaly(number)],
        equity=[point(number), point(number, "5012.3", "trend")],
        signals=[signal(number)],
        theories=[theory(number), theory(number, "kalman", hit=None)],
        predictions=[prediction(number)],
        scores=[score(number)],
        usage=[usage(number)],
        performance=[figures(number)],
        outbox=[told(number)],
        acknowledgements=[seen(number, START + number * 1000)],
        rules=[rule(number)],
        checkpoint={"number": number},
    )
