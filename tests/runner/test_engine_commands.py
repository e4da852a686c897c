"""People's wishes, from the request to what becomes of it."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import CommandError
from infra.bus.base import CommandRequest
from runner.commands import CommandDesk
from runner.wiring import Wired
from tests.runner.engines import HOUR_MS, Listener, follow, open_engine, settings
from utils.clock import SetClock

MINUTE_MS = 60_000


class Floor:
    """An engine that holds three positions, and somebody who commands it."""

    def __init__(self, folder: Path) -> None:
        self.listener = Listener()
        self.folder = folder
        self.wired = self.open()
        asyncio.run(follow(self.engine, self.engine.now() + 3 * MINUTE_MS))
        assert len(self.engine.trader.portfolio.positions) == 3

    def open(self) -> Wired:
        wanted = settings(self.folder, warmup_days=0, strategies=["holder"], tick_ms=5_000)
        return open_engine(wanted, self.listener)

    @property
    def engine(self) -> Any:
        return self.wired.engine

    @property
    def position(self) -> Any:
        return next(iter(self.engine.trader.portfolio.positions.values()))

    @property
    def stop_id(self) -> str:
        return str(self.listener.state["positions"][self.position.id]["stop_order_id"])

    @property
    def clock(self) -> SetClock:
        assert isinstance(self.engine.clock, SetClock)
        return self.engine.clock

    def go_on(self, minutes: int = 1) -> None:
        asyncio.run(follow(self.engine, self.engine.now() + minutes * MINUTE_MS))

    def request(self, name: str, args: Any, key: str, actor: str, role: str) -> dict[str, Any]:
        request = CommandRequest(key, name, args, actor, role)
        reply = asyncio.run(self.engine.answer(request))
        assert reply.ok
        return dict(reply.result)

    def prepare(
        self, command: str, *, actor: str = "ada", role: str = "trader", **args: Any
    ) -> dict[str, Any]:
        return self.request("prepare", {"command": command, "args": args}, "p", actor, role)

    def confirm(
        self, intent: dict[str, Any], key: str, *, actor: str = "ada", role: str = "trader"
    ) -> dict[str, Any]:
        return self.request("confirm", {"intent_id": intent["intent_id"]}, key, actor, role)


@pytest.fixture
def floor(tmp_path: Path, own_strategies: None) -> Iterator[Floor]:  # noqa: ARG001
    floor = Floor(tmp_path)
    yield floor
    floor.wired.pulse.ledger_check.run()
    floor.wired.close()


def refusal(error: pytest.ExceptionInfo[CommandError]) -> tuple[str, int]:
    return error.value.code, error.value.status


@pytest.mark.parametrize("badge", ["SIMULATED", "PAPER · BINANCE", "TESTNET", "LIVE"])
def test_a_confirmation_says_whether_real_money_moves(floor: Floor, badge: str) -> None:
    desk = CommandDesk(floor.engine.trader, floor.clock.monotonic, badge)

    one = desk.prepare("close_position", {"position_id": floor.position.id}, "ada", 0)
    all_of_them = desk.prepare("close_all", {}, "ada", 0)

    said = "LIVE: real money moves." if badge == "LIVE" else "No real money moves."
    for intent in (one, all_of_them):
        assert intent["badge"] == badge
        assert intent["summary"].endswith(f" {said}")


def test_a_pause_stops_entries_until_it_is_lifted_and_survives_a_restart(floor: Floor) -> None:
    done = floor.confirm(floor.prepare("pause"), "k1")

    assert done == {"ok": True, "title": "Trading paused", "detail": ""}
    told = floor.listener.state["engine"]
    assert (told["paused"], told["paused_by"]) == (True, "ada")
    (fact,) = floor.listener.of("command_done")
    assert (fact["id"], fact["command"], fact["by"], fact["ok"]) == ("k1", "pause", "ada", True)
    floor.confirm(floor.prepare("close_all"), "k2")
    floor.go_on(3)
    assert not floor.engine.trader.portfolio.positions
    assert floor.listener.of("order_refused")[-1]["gate"] == "paused"

    floor.wired.close()
    floor.wired = floor.open()
    assert floor.engine.trader.gate.paused_by == "ada"
    floor.go_on(2)
    assert floor.listener.state["engine"]["paused"]
    assert not floor.engine.trader.portfolio.positions

    floor.confirm(floor.prepare("resume"), "k3")
    floor.go_on(2)
    assert not floor.listener.state["engine"]["paused"]
    assert len(floor.engine.trader.portfolio.positions) == 3


def test_a_position_is_closed_for_what_the_confirmation_said(floor: Floor) -> None:
    position = floor.position
    intent = floor.prepare("close_position", position_id=position.id)
    floor.confirm(intent, "k1")
    floor.go_on()

    amounts = {line["label"]: Decimal(str(line["value"])) for line in intent["lines"]}
    gross, fees = amounts["Gross P&L"], amounts["Fees, entry and exit"]
    assert amounts["Net result"] == gross + fees + amounts["Funding so far"]
    assert fees < 0
    assert intent["act_label"] == f"Close {position.qty.normalize():,f} BTC"
    trade = floor.listener.of("trade_closed")[-1]
    assert (trade["id"], trade["exit_reason"]) == (position.id, "manual")
    notional = Decimal(str(trade["qty"])) * Decimal(str(trade["exit_price"]))
    assert abs(Decimal(str(trade["net_pnl"])) - amounts["Net result"]) < notional / 1000
    assert position.id not in floor.listener.state["positions"]
    left = [o["position_id"] for o in floor.listener.state["orders"].values()]
    assert position.id not in left


def test_all_positions_are_closed_at_once(floor: Floor) -> None:
    intent = floor.prepare("close_all")
    floor.confirm(intent, "k1")
    floor.go_on()

    assert intent["title"] == "Close 3 positions"
    assert "BTC/USDT, ETH/USDT, SOL/USDT" in intent["summary"]
    amounts = {line["label"]: Decimal(str(line["value"])) for line in intent["lines"]}
    parts = ("Gross P&L", "Fees, entry and exit", "Funding so far")
    assert amounts["Net result"] == sum(amounts[label] for label in parts)
    assert len({t["id"] for t in floor.listener.of("trade_closed")}) == 3


def test_an_order_is_moved_and_cancelled(floor: Floor) -> None:
    stop = floor.stop_id
    price = floor.position.entry_price * Decimal("0.9")
    intent = floor.prepare("move_order", order_id=stop, price=f"{price:.1f}")
    floor.confirm(intent, "k1")

    moved = floor.listener.of("order_changed")[-1]
    assert (moved["id"], moved["trigger_price"]) == (stop, float(f"{price:.1f}"))
    assert floor.listener.state["positions"][floor.position.id]["stop_price"] == float(
        f"{price:.1f}"
    )

    asked = floor.prepare("cancel_order", order_id=stop)
    floor.confirm(asked, "k2")
    assert "without a stop" in asked["summary"]
    assert stop not in floor.listener.state["orders"]
    closed = floor.listener.of("order_closed")[-1]
    assert (closed["id"], closed["status"], closed["reason"]) == (
        stop, "cancelled", "cancelled by ada",
    )  # fmt: skip


@pytest.mark.parametrize(
    "price",
    ["", "x", "NaN", "-1", "0", "Infinity", "1e40", "1e-40", "1e999999999", "0.0000000001"],
)
def test_a_price_that_is_none_moves_nothing(floor: Floor, price: str) -> None:
    stop = floor.stop_id
    with pytest.raises(CommandError, match="price must be a number above 0") as error:
        floor.prepare("move_order", order_id=stop, price=price)

    assert refusal(error) == ("bad_price", 400)


def test_a_stop_on_the_wrong_side_of_the_market_is_refused(floor: Floor) -> None:
    stop = floor.stop_id
    price = str(floor.position.entry_price * 2)
    with pytest.raises(CommandError, match="must be below the mark price") as error:
        floor.prepare("move_order", order_id=stop, price=price)

    assert refusal(error) == ("wrong_side", 400)


def test_an_intent_is_good_once(floor: Floor) -> None:
    intent = floor.prepare("pause")
    floor.confirm(intent, "k1")
    with pytest.raises(CommandError, match="no longer valid") as error:
        floor.confirm(intent, "k2")

    assert refusal(error) == ("intent_expired", 409)
    assert len(floor.listener.of("command_done")) == 1


def test_an_intent_is_good_for_sixty_seconds(floor: Floor) -> None:
    early, late = floor.prepare("pause"), floor.prepare("pause")
    assert early["valid_s"] == 60
    assert early["expires_at"] == floor.engine.now() + 60_000

    floor.clock.at += 60_000
    floor.confirm(early, "k1")
    floor.clock.at += 1
    with pytest.raises(CommandError, match="older than 60 s"):
        floor.confirm(late, "k2")


def test_an_intent_is_its_actors_alone(floor: Floor) -> None:
    intent = floor.prepare("close_all")
    with pytest.raises(CommandError) as error:
        floor.confirm(intent, "k1", actor="eve", role="owner")

    assert refusal(error) == ("intent_expired", 409)
    floor.confirm(intent, "k1")


def test_a_viewer_may_not_command(floor: Floor) -> None:
    with pytest.raises(CommandError, match="A viewer may not command") as error:
        floor.prepare("pause", role="viewer")
    assert refusal(error) == ("forbidden", 403)
    intent = floor.prepare("pause")
    with pytest.raises(CommandError) as again:
        floor.confirm(intent, "k1", role="viewer")
    assert refusal(again) == ("forbidden", 403)


def test_the_same_key_gives_the_same_result_and_does_nothing_twice(floor: Floor) -> None:
    intent = floor.prepare("close_position", position_id=floor.position.id)
    first = floor.confirm(intent, "k1")
    second = floor.confirm(intent, "k1")
    floor.go_on(3)

    assert first == second
    assert len(floor.listener.of("command_done")) == 1
    assert len(floor.listener.of("trade_closed")) == 1


def test_the_same_key_gives_the_same_result_after_a_restart(floor: Floor) -> None:
    intent = floor.prepare("pause")
    first = floor.confirm(intent, "k1")
    floor.wired.close()
    floor.wired = floor.open()

    assert floor.confirm(intent, "k1") == first


def test_risk_is_checked_again_at_the_confirmation(floor: Floor) -> None:
    intent = floor.prepare("close_position", position_id=floor.position.id)
    floor.clock.at += 20_000
    with pytest.raises(CommandError, match="not done, the feed is 20 s old, limit 10 s") as error:
        floor.confirm(intent, "k1")

    assert refusal(error) == ("refused", 409)
    with pytest.raises(CommandError) as again:
        floor.confirm(intent, "k1")
    assert str(again.value) == str(error.value)
    floor.go_on()
    assert not floor.listener.of("trade_closed")


def test_what_was_closed_meanwhile_is_not_closed_again(floor: Floor) -> None:
    one, two = (floor.prepare("close_position", position_id=floor.position.id) for _ in range(2))
    floor.confirm(one, "k1")
    floor.go_on()
    with pytest.raises(CommandError, match="is not open") as error:
        floor.confirm(two, "k2")

    assert refusal(error) == ("not_open", 404)


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("prepare", {"command": "sell_everything"}, "unknown_command"),
        ("prepare", {}, "unknown_command"),
        ("prepare", {"command": "pause", "args": [1, 2]}, "bad_args"),
        ("prepare", {"command": "close_position", "args": {}}, "not_open"),
        ("prepare", {"command": "cancel_order", "args": {"order_id": "x" * 1000}}, "not_open"),
        ("confirm", {}, "intent_expired"),
        ("confirm", {"intent_id": ["a"]}, "intent_expired"),
        ("drop", {}, "unknown_command"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    floor: Floor, name: str, args: dict[str, Any], code: str
) -> None:
    before = len(floor.listener.heard)
    with pytest.raises(CommandError) as error:
        floor.request(name, args, "k1", "ada", "owner")

    assert error.value.code == code
    assert len(str(error.value)) < 250
    facts = [body for _, _, body in floor.listener.heard[before:] if "fact_id" in body]
    assert not facts
    floor.go_on()


def test_unconfirmed_wishes_are_bounded(floor: Floor) -> None:
    for _ in range(1000):
        floor.prepare("pause")
    with pytest.raises(CommandError, match="Too many unconfirmed") as error:
        floor.prepare("pause")
    assert refusal(error) == ("busy", 429)

    floor.clock.at += HOUR_MS
    floor.prepare("pause")
