import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import jsonschema
import msgspec
import pytest

from core.catalogue import payload_schema
from core.errors import OrderRejected
from core.market import MarketMessage
from core.orders import Closed, Order, OrderRole, OrderStatus, OrderType, Report
from exchange.paper.broker import PaperBroker
from runner.paper_beside import BesideBroker
from runner.shadow import Shadow
from tests.exchange.paper_desk import RULES, START, SYMBOL, Desk, bar, book, funding, mark
from utils.clock import SetClock

CASH = {"trend": Decimal(10_000)}


class FarBroker:  # noqa: PLR0904 - a broker's contract, and the way to it
    """Takes orders at once and carries them out when they `arrive`, as an exchange does."""

    answers_later = True

    def __init__(self, broker: PaperBroker) -> None:
        self.broker = broker
        self.on_the_way: list[Order] = []
        self.stored = 0

    def submit(self, order: Order) -> None:
        if order.qty > 100:
            raise OrderRejected("too much")
        self.on_the_way.append(order)

    def arrive(self) -> None:
        """Carry out what is on the way."""
        orders, self.on_the_way = self.on_the_way, []
        for order in orders:
            self.broker.submit(order)

    def lose(self) -> None:
        """Let the exchange refuse what is on the way."""
        orders, self.on_the_way = self.on_the_way, []
        for order in orders:
            closed = msgspec.structs.replace(order, status=OrderStatus.REJECTED, reason="no")
            self.broker._blotter.reports.append(Closed(closed))

    def cancel(self, order_id: str, reason: str) -> None:
        self.broker.cancel(order_id, reason)

    def move(self, order_id: str, price: Decimal) -> None:
        self.broker.move(order_id, price)

    def on_message(self, message: MarketMessage) -> None:
        self.broker.on_message(message)

    def drain(self) -> list[Report]:
        return self.broker.drain()

    def open_orders(self) -> list[Order]:
        return self.broker.open_orders()

    def restore(self, orders: Iterable[Order]) -> None:
        self.broker.restore(orders)

    def committed(self) -> None:
        self.stored += 1

    def save(self) -> dict[str, Any]:
        return {"mine": 1}

    def recall(self, saved: Mapping[str, Any]) -> None:
        assert saved["mine"] == 1


class Scene(Desk):
    """A desk whose broker is far away, with paper beside it."""

    def __init__(self, cash: Mapping[str, Decimal] = CASH) -> None:
        super().__init__()
        self.far = FarBroker(self.broker)
        self.clock = SetClock(START)
        self.beside = self._beside(cash)

    def _beside(self, cash: Mapping[str, Decimal]) -> BesideBroker:
        shadow = Shadow({SYMBOL: RULES}, cash, bps=Decimal(0))
        beside = BesideBroker(self.far, shadow, self.clock)
        self.broker = beside  # type: ignore[assignment]
        return beside

    def restart_beside(self) -> None:
        """Lose all of paper but what was saved."""
        saved = json.loads(json.dumps(self.beside.save()))
        self.beside = self._beside({})
        self.beside.recall(saved)

    def quote(self, price: float, at: int = 0) -> None:
        self.see(book(at, [(price - 0.5, 50)], [(price + 0.5, 50)]))

    def arrive(self, after_ms: int = 40) -> None:
        self.clock.at += after_ms
        self.far.arrive()
        self.absorb()

    @property
    def told(self) -> dict[str, Any]:
        body = self.beside.payload(START)
        jsonschema.validate(body, payload_schema("paper_vs_live"))
        return body


def test_what_it_costs_that_the_market_moves_while_an_order_is_on_its_way() -> None:
    scene = Scene()
    scene.quote(1000)
    scene.send("buy", "1")
    scene.quote(1002, 10)
    scene.arrive(40)
    scene.quote(1010, 20)
    scene.exit("sell", "1")
    scene.quote(1009, 30)
    scene.arrive(60)

    told = scene.told
    assert told["trades"] == 1
    assert told["live_pnl"] == pytest.approx(1008.5 - 1002.5 - told["fee_live"])
    assert told["paper_pnl"] == pytest.approx(1009.5 - 1000.5 - told["fee_paper"])
    assert told["difference"] == pytest.approx(told["live_pnl"] - told["paper_pnl"])
    assert told["slippage_live_bps"] == pytest.approx((2.5 + 1.5) / 2010 * 10_000, abs=0.01)
    assert told["slippage_paper_bps"] == pytest.approx((0.5 + 0.5) / 2010 * 10_000, abs=0.01)
    assert (told["latency_ms_p50"], told["latency_ms_p95"]) == (40, 60)
    assert told["rows"][0]["latency_ms"] == 40
    assert not scene.beside.shadow.portfolio.positions


def test_nothing_that_happens_on_paper_is_reported_or_booked() -> None:
    scene = Scene()
    scene.quote(1000)
    scene.send("buy", "1", stop_price=990, target_price=1020)
    assert scene.reports == []
    assert not scene.portfolio.positions
    assert scene.beside.shadow.portfolio.positions
    scene.see(bar(1, 1000, 1001, 980, 985))
    assert scene.reports == []
    assert scene.cash == 10_000
    assert scene.beside.open_orders() == []
    scene.beside.committed()
    assert scene.far.stored == 1


def test_stops_and_targets_are_papers_own_and_move_with_the_live_ones() -> None:
    scene = Scene()
    scene.quote(1000)
    scene.send("buy", "1", position_id="o1", stop_price=990, target_price=1020)
    scene.arrive()
    scene.arrive()
    paper = scene.beside.shadow.broker
    assert {o.id for o in paper.open_orders()} == {"o1-stop", "o1-target"}
    assert {o.id for o in scene.far.open_orders()} == {"o1-stop", "o1-target"}
    scene.beside.move("o1-stop", Decimal(995))
    assert {o.trigger_price for o in paper.open_orders()} == {Decimal(995), Decimal(1020)}
    scene.quote(994, 10)
    scene.see(mark(20, 994), bar(1, 994, 994, 990, 991))
    scene.quote(991, 61_000)
    told = scene.told
    assert told["trades"] == 1
    assert told["rows"][0]["slippage_live_bps"] == told["rows"][0]["slippage_paper_bps"]


def test_what_the_exchange_refuses_is_taken_back_on_paper_and_not_compared() -> None:
    scene = Scene()
    with pytest.raises(OrderRejected, match="too much"):
        scene.send("buy", "200")
    assert not scene.beside.shadow.portfolio.positions
    scene.quote(1000)
    scene.send("buy", "1")
    assert scene.beside.shadow.portfolio.positions
    scene.far.lose()
    scene.absorb()
    scene.quote(1001, 10)
    assert not scene.beside.shadow.portfolio.positions
    assert scene.told["trades"] == 0
    assert not scene.beside.comparison.rounds


def test_when_live_is_closed_first_paper_is_closed_too() -> None:
    scene = Scene()
    scene.quote(1000)
    scene.send("buy", "1")
    scene.arrive()
    exit_order = scene.order("sell", "1", role=OrderRole.STOP, reduce_only=True,
                             type=OrderType.STOP, trigger_price=995)  # fmt: skip
    scene.beside.submit(exit_order)  # a stop that only the exchange has
    scene.arrive()
    scene.quote(994, 10)
    scene.see(mark(20, 994), bar(1, 994, 994, 990, 991))
    scene.quote(991, 61_000)
    assert not scene.beside.shadow.portfolio.positions
    assert scene.told["trades"] == 1


def test_funding_and_open_rounds_survive_a_restart() -> None:
    scene = Scene()
    scene.quote(1000)
    scene.send("buy", "1", stop_price=900)
    scene.arrive()
    scene.see(funding(10, "0.001", 1000))
    scene.restart_beside()
    shadow = scene.beside.shadow
    assert [p.qty for p in shadow.portfolio.positions.values()] == [1]
    assert len(shadow.broker.open_orders()) == 1
    assert shadow.portfolio.balance == scene.cash
    scene.quote(1010, 20)
    scene.exit("sell", "1")
    scene.arrive()
    told = scene.told
    assert told["trades"] == 1
    assert told["live_pnl"] == told["paper_pnl"] == pytest.approx(9 - 1 - told["fee_live"])
    scene.restart_beside()
    assert scene.told == told
    assert scene.beside.shadow.portfolio.balance == scene.cash


def test_what_was_saved_before_there_was_paper_is_the_live_brokers() -> None:
    scene = Scene()
    scene.beside.recall({"mine": 1})
    assert scene.told["trades"] == 0


def test_symbols_that_paper_does_not_know_are_left_out() -> None:
    scene = Scene()
    scene.beside.shadow.see(msgspec.structs.replace(book(0, [(1, 1)], [(2, 1)]), symbol="X/USDT"))
    assert scene.beside.shadow.drain() == []
