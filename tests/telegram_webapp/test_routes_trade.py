"""One trade with all that belongs to it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core.ledger import EntryKind
from core.orders import OrderRole, OrderStatus, OrderType, Side
from store.records import SignalRow, TheoryRow
from store.writer import Batch
from tests.store import samples
from tests.telegram_webapp.house import House, house, problem

START = samples.START
ID = "full_math-ETHUSDT-7"
OPENED, CLOSED = START + 100_000, START + 400_000


def signal(at: int, **changes: Any) -> SignalRow:
    row = SignalRow(
        id=ID, at=at, strategy="full_math", symbol="ETH/USDT", action="buy", confidence=0.71,
        price=Decimal("3001.5"), stop_price=Decimal(2950), target_price=Decimal(3100),
        expected_pct=0.42, expected_pnl=Decimal("12.5"), decision="traded", gate="", value=None,
        threshold=None, why="the ensemble leans long", position_id=ID,
        detail={"reasons": ["the ensemble leans long"], "parts": []},
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


def story() -> Batch:
    own: dict[str, Any] = {"symbol": "ETH/USDT", "position_id": ID, "strategy": "full_math"}
    entry_order = samples.order(
        0, **own, created_at=OPENED - 60_000, role=OrderRole.ENTRY, side=Side.BUY,
        type=OrderType.LIMIT, trigger_price=None, price=Decimal(3000), reduce_only=False,
        status=OrderStatus.FILLED, id="entry",
    )  # fmt: skip
    stops = [
        samples.order(n, **own, created_at=OPENED + n, trigger_price=Decimal(level), id=f"stop-{n}")
        for n, level in enumerate((2950, 2990))
    ]
    fills = [
        samples.entry(101, **own, at=OPENED, order_id="entry"),
        samples.entry(102, **own, at=OPENED, order_id="entry", kind=EntryKind.FEE),
        samples.entry(103, **own, at=CLOSED, order_id="stop-1", side=Side.SELL),
        samples.entry(104, symbol="ETH/USDT", position_id="another", at=OPENED + 1),
    ]
    told = [
        samples.fact(201, "order_filled", position_id=ID, at=OPENED),
        samples.fact(202, "order_filled", position_id="another", at=OPENED),
        samples.fact(203, "trade_closed", id=ID, at=CLOSED),
    ]
    return Batch(
        trades=[
            samples.trade(
                50, id=ID, symbol="ETH/USDT", strategy="full_math", opened_at=OPENED,
                closed_at=CLOSED, exit_reason=OrderRole.STOP,
            )
        ],
        signals=[
            signal(OPENED - 60_000),
            signal(CLOSED, id="exit", action="sell", decision="closed"),
            signal(CLOSED, id="held", action="hold", decision="held", position_id=""),
        ],
        theories=[
            TheoryRow(
                trade_id=ID, theory=name, strategy="full_math", symbol="ETH/USDT",
                opened_at=OPENED, closed_at=CLOSED, score=0.5, weight=0.3,
                net_pnl=Decimal("12.2"), hit=True,
            )
            for name in ("hurst", "entropy")
        ],
        orders=[entry_order, *stops, samples.order(9, symbol="ETH/USDT", created_at=OPENED + 5)],
        journal=fills,
        facts=[msgspec.structs.replace(fact, at=fact.data["at"]) for fact in told],
    )  # fmt: skip


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        built.remember(story())
        yield built


def test_a_trade_has_its_signal_its_orders_and_what_happened(open_house: House) -> None:
    answer = open_house.get(f"/api/trades/{ID}")

    assert answer.status_code == 200, answer.text
    told = msgspec.json.decode(answer.data)
    page = msgspec.json.decode(open_house.get("/api/trades?limit=1").data)
    assert told["trade"] == page["trades"][0]
    assert told["signal"]["id"] == ID
    assert told["signal"]["price"] == 3001.5
    assert told["signal"]["detail"]["reasons"] == ["the ensemble leans long"]
    assert told["exit_signal"]["id"] == "exit"
    assert told["theories"] == [
        {"theory": name, "score": 0.5, "weight": 0.3, "hit": True, "contribution": 0.15}
        for name in ("entropy", "hurst")
    ]
    assert [order["id"] for order in told["orders"]] == ["entry", "stop-0", "stop-1"]
    assert [entry["kind"] for entry in told["entries"]] == ["fill", "fee", "fill"]
    assert [fact["fact_id"] for fact in told["facts"]] == ["f201", "f203"]
    assert (told["stop_price"], told["target_price"]) == (2990.0, None)


def test_a_trade_that_a_person_opened_has_no_signal(open_house: House) -> None:
    told = msgspec.json.decode(open_house.get("/api/trades/position-3").data)

    assert told["trade"]["id"] == "position-3"
    assert (told["signal"], told["exit_signal"], told["theories"]) == (None, None, [])


def test_a_trade_that_is_not_there_is_said(open_house: House) -> None:
    answer = open_house.get("/api/trades/of%20nobody%2F")

    assert answer.status_code == 404
    assert problem(answer)["detail"] == "there is no closed trade 'of nobody/' in this account"
    assert problem(open_house.get(f"/api/trades/{ID}?x=1"))["code"] == "bad_parameter"


def test_a_trade_belongs_to_its_account(open_house: House) -> None:
    accounts = msgspec.json.decode(open_house.get("/api/accounts").data)["accounts"]
    own = accounts[0]["id"]
    assert accounts[0] == {
        "id": own, "market_id": "test", "imported": False, "current": True,
        "initial_balance": 10000.0, "created_at": 1, "archived_at": None,
    }  # fmt: skip

    assert open_house.get(f"/api/trades/{ID}?account={own}").status_code == 200
    told = problem(open_house.get(f"/api/trades/{ID}?account=77"))
    assert told["code"] == "unknown_account"
    assert told["detail"] == f"account must be one of {own}, was 77"
