"""The oracle's side, run by a Python that has nautilus_trader: ``oracle.py GIVEN FOUND``.

GIVEN is a JSON file of moments and plans, FOUND becomes one of fills. The market is a book of
price levels, replaced whole each moment; latency, queue and slippage models are off.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import BookOrder, OrderBookDelta, OrderBookDeltas
from nautilus_trader.model.enums import (
    AccountType,
    BookAction,
    BookType,
    OmsType,
    OrderSide,
    RecordFlag,
)
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

BINANCE = Venue("BINANCE")
ID = InstrumentId(Symbol("BTCUSDT-PERP"), BINANCE)


class Player(Strategy):  # type: ignore[misc]
    """Gives each order at its moment, and takes back what still rests at its end."""

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__(StrategyConfig(strategy_id="PLAYER-1"))
        self.number = -1
        self.coming = sorted(given["plans"], key=lambda plan: plan["at"], reverse=True)
        self.going = sorted(given["plans"], key=lambda plan: plan["until"], reverse=True)
        self.fills: list[dict[str, Any]] = []
        self.instrument: Any = None

    def on_start(self) -> None:
        """Listen to the book."""
        self.instrument = self.cache.instrument(ID)
        self.subscribe_order_book_deltas(ID, book_type=BookType.L2_MBP)

    def on_order_book_deltas(self, deltas: Any) -> None:  # noqa: ARG002 - its own signature
        """Act on the next moment, which the exchange has seen already."""
        self.number += 1
        while self.coming and self.coming[-1]["at"] == self.number:
            self.submit_order(self.order(self.coming.pop()))
        while self.going and self.going[-1]["until"] == self.number:
            order = self.cache.order(ClientOrderId(self.going.pop()["id"]))
            if order is not None and order.is_open:
                self.cancel_order(order)

    def order(self, plan: dict[str, Any]) -> Any:
        """Return the order of a plan."""
        make = self.order_factory
        given: dict[str, Any] = {
            "instrument_id": ID,
            "order_side": OrderSide.BUY if plan["side"] == "buy" else OrderSide.SELL,
            "quantity": self.instrument.make_qty(Decimal(plan["qty"])),
            "client_order_id": ClientOrderId(plan["id"]),
        }
        if plan["type"] == "market":
            return make.market(**given)
        level = self.instrument.make_price(Decimal(plan["level"]))
        if plan["type"] == "limit":
            return make.limit(price=level, **given)
        if plan["type"] == "stop":
            return make.stop_market(trigger_price=level, **given)
        return make.market_if_touched(trigger_price=level, **given)

    def on_order_filled(self, event: Any) -> None:
        """Write a fill down."""
        self.fills.append({
            "id": event.client_order_id.value, "ns": event.ts_event,
            "qty": str(event.last_qty), "price": str(event.last_px),
            "fee": str(event.commission.as_decimal()),
            "maker": event.liquidity_side.name == "MAKER",
        })  # fmt: skip


def contract() -> CryptoPerpetual:
    """Return the recorded contract's rules as the other side has them."""
    return CryptoPerpetual(
        instrument_id=ID, raw_symbol=Symbol("BTCUSDT"), base_currency=BTC, quote_currency=USDT,
        settlement_currency=USDT, is_inverse=False, price_precision=1, size_precision=3,
        price_increment=Price.from_str("0.1"), size_increment=Quantity.from_str("0.001"),
        max_quantity=None, min_quantity=None, max_notional=None, min_notional=None,
        max_price=None, min_price=None, margin_init=Decimal(1), margin_maint=Decimal("0.001"),
        maker_fee=Decimal("0.0002"), taker_fee=Decimal("0.0005"), ts_event=0, ts_init=0,
    )  # fmt: skip


def moment_deltas(ns: int, bids: list[list[str]], asks: list[list[str]]) -> OrderBookDeltas:
    """Return the deltas that replace the whole book."""
    deltas = [OrderBookDelta.clear(ID, 0, ns, ns)]
    for side, levels in ((OrderSide.BUY, bids), (OrderSide.SELL, asks)):
        for price, qty in levels:
            order = BookOrder(side, Price(float(price), 1), Quantity(float(qty), 3), 0)
            deltas.append(OrderBookDelta(ID, BookAction.ADD, order, 0, 0, ns, ns))
    deltas[-1] = OrderBookDelta(ID, BookAction.ADD, deltas[-1].order, RecordFlag.F_LAST, 0, ns, ns)
    return OrderBookDeltas(ID, deltas)


def main(given_path: str, found_path: str) -> None:
    """Play GIVEN, write FOUND."""
    given = json.loads(Path(given_path).read_text(encoding="utf-8"))
    engine = BacktestEngine(
        BacktestEngineConfig(
            trader_id=TraderId("ORACLE-1"), logging=LoggingConfig(bypass_logging=True)
        )
    )
    engine.add_venue(
        venue=BINANCE, oms_type=OmsType.HEDGING, account_type=AccountType.MARGIN,
        base_currency=None, starting_balances=[Money(10**6, USDT)], book_type=BookType.L2_MBP,
        default_leverage=Decimal(10_000),
    )  # fmt: skip
    engine.add_instrument(contract())
    engine.add_data([moment_deltas(*moment) for moment in given["moments"]])
    player = Player(given)
    engine.add_strategy(player)
    engine.run()
    left = [order.client_order_id.value for order in engine.cache.orders_open()]
    refused = {
        order.client_order_id.value: str(order.last_event)
        for order in engine.cache.orders()
        if order.status_string() in {"REJECTED", "DENIED"}
    }
    found = {"fills": player.fills, "moments": player.number + 1, "open": left, "refused": refused}
    Path(found_path).write_text(json.dumps(found), encoding="utf-8")
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
