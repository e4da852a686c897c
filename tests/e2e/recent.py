"""A recent past for a stage: five hours of candles and equity, and trades that fill two pages."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from core.ledger import EntryKind
from core.market import HOUR_MS, MINUTE_MS, Bar
from core.orders import OrderRole, OrderStatus, OrderType, Side
from core.trades import Trade
from infra.settings import Settings
from store.accounts import find_or_create_account
from store.database import Database
from store.writer import Batch, EquityPoint, Fact, Writer
from tests.e2e import scene
from tests.store import samples

MINUTES = 300
TRADES = 60
WON, LOST = Decimal("13.15"), Decimal("-8.4")


def store_recent(data_dir: Path, now: int, tape: str = "test") -> None:
    """Store it, up to the last minute that is closed at *now*, in the account of *tape*."""
    database = Database(Settings(data_dir=data_dir).database)
    account = find_or_create_account(database, tape, Decimal(10000), now=1)
    first = now // MINUTE_MS * MINUTE_MS - MINUTES * MINUTE_MS
    trades = [_trade(number, now) for number in range(TRADES)]
    batch = Batch(
        journal=[entry for trade in trades for entry in _fills(trade)],
        orders=[order for trade in trades[-1:] for order in _exits(trade)],
        trades=trades,
        facts=[_funding(trades[-1])],
        candles=[_bar(symbol, first, n) for symbol in scene.PRICES for n in range(MINUTES)],
        equity=[_point(first, n) for n in range(MINUTES)],
    )
    Writer(database, account.id).commit(batch)
    database.close()


def _trade(number: int, now: int) -> Trade:
    """Every third trade lost; the newest closed half an hour ago, the others 4 minutes apart."""
    closed_at = now - HOUR_MS // 2 - (TRADES - 1 - number) * 4 * MINUTE_MS
    lost = number % 3 == 0
    return samples.trade(
        100 + number,
        symbol=(scene.BTC, scene.ETH)[number % 2],
        opened_at=closed_at - 25 * MINUTE_MS,
        closed_at=closed_at,
        gross_pnl=LOST if lost else WON,
        exit_reason=OrderRole.STOP if lost else OrderRole.TARGET,
    )


def _fills(trade: Trade) -> list[Any]:
    common: dict[str, Any] = {
        "kind": EntryKind.FILL, "symbol": trade.symbol, "position_id": trade.id, "qty": trade.qty,
    }  # fmt: skip
    return [
        samples.entry(
            0, **common, at=trade.opened_at, source_id=f"{trade.id}-in", price=trade.entry_price
        ),
        samples.entry(
            0, **common, at=trade.closed_at, source_id=f"{trade.id}-out", price=trade.exit_price,
            side=Side.SELL, role=trade.exit_reason,
        ),
    ]  # fmt: skip


def _exits(trade: Trade) -> list[Any]:
    common: dict[str, Any] = {
        "symbol": trade.symbol, "position_id": trade.id, "created_at": trade.opened_at,
        "status": OrderStatus.CANCELLED,
    }  # fmt: skip
    target = {"type": OrderType.TAKE_PROFIT, "role": OrderRole.TARGET}
    return [
        samples.order(900, **common, trigger_price=Decimal(59000)),
        samples.order(901, **common, **target, trigger_price=Decimal(61000)),
    ]


def _funding(trade: Trade) -> Fact:
    at = trade.opened_at + MINUTE_MS
    data = {
        "fact_id": "funding-1", "kind": "funding_paid", "at": at, "title": "Funding paid",
        "detail": "ETH long, rate 0.0100%", "amount": -0.04, "position_id": trade.id,
        "strategy": "trend", "symbol": trade.symbol, "rate": 0.0001, "mark_price": 3112.65,
    }  # fmt: skip
    return Fact(10_000, "funding-1", "funding_paid", at, data)


def _point(first: int, number: int) -> EquityPoint:
    at = first + number * MINUTE_MS
    return EquityPoint(at, Decimal(10300 + number % 50), Decimal(10000))


def _bar(symbol: str, first: int, number: int) -> Bar:
    base = Decimal(str(scene.PRICES[symbol])) * (1 + Decimal(number % 20 - 10) / 4000)
    return Bar(
        symbol=symbol,
        open_time=first + number * MINUTE_MS,
        open=base,
        high=base * Decimal("1.001"),
        low=base * Decimal("0.999"),
        close=base * Decimal("1.0004"),
        volume=Decimal("12.345"),
    )
