"""The kill switch: pauses at once, takes back what rests to open a position, closes nothing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import CommandError
from core.orders import Order, OrderRole, OrderType, Side
from infra.bus.base import CommandRequest
from runner.past import play
from runner.wiring import Wired
from tests.runner.audit import Books, check_books
from tests.runner.engines import Listener, follow, open_engine, settings
from tests.runner.test_engine_store import Disk, bars, until

MINUTE_MS = 60_000


class Floor:
    """An engine that holds three positions, with an entry that rests far below the market."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.listener = folder, Listener()
        self.wired = self.open()
        self.disk = Disk(self.wired)
        asyncio.run(follow(self.engine, self.engine.now() + 3 * MINUTE_MS))
        self.rest("resting-1")

    def open(self) -> Wired:
        wanted = settings(self.folder, warmup_days=0, strategies=["holder"], tick_ms=5_000)
        return open_engine(wanted, self.listener)

    @property
    def engine(self) -> Any:
        return self.wired.engine

    def rest(self, order_id: str) -> None:
        held = next(iter(self.engine.trader.portfolio.positions.values()))
        order = Order(
            id=order_id, strategy="holder", symbol=held.symbol, side=Side.BUY,
            type=OrderType.LIMIT, qty=held.qty, role=OrderRole.ENTRY, position_id=held.id,
            created_at=self.engine.now(), leverage=held.leverage,
            price=self.engine.trader.board.markets[held.symbol].instrument.round_price(
                held.entry_price / 2
            ),
        )  # fmt: skip
        self.engine.trader.broker.submit(order)
        self.engine.trader.absorb()

    async def ask(self, key: str, **changes: Any) -> dict[str, Any]:
        request = CommandRequest(key, "stop", {}, "ada", "trader")
        reply = await self.engine.answer(msgspec.structs.replace(request, **changes))
        assert reply.ok
        return dict(reply.result)

    def stop(self, key: str = "k1", **changes: Any) -> dict[str, Any]:
        return asyncio.run(self.ask(key, **changes))


@pytest.fixture
def floor(tmp_path: Path, own_strategies: None) -> Iterator[Floor]:  # noqa: ARG001
    floor = Floor(tmp_path)
    yield floor
    floor.wired.pulse.ledger_check.run()
    floor.wired.close()
    check_books(Books(tmp_path))


def test_it_pauses_and_takes_back_entries_but_leaves_positions_with_their_stops(
    floor: Floor,
) -> None:
    stops = {o.id for o in floor.engine.trader.broker.open_orders() if o.reduce_only}

    done = floor.stop(args={"reason": "a  bad\nfeeling"})

    assert done == {
        "ok": True,
        "title": "Trading stopped",
        "detail": "1 entry order cancelled, 3 positions left open.",
    }
    told = floor.listener.state
    assert (told["engine"]["paused"], told["engine"]["paused_by"]) == (True, "ada")
    assert set(told["orders"]) == stops
    assert len(told["positions"]) == 3
    closed = floor.listener.of("order_closed")[-1]
    assert (closed["id"], closed["reason"]) == ("resting-1", "stopped by ada")
    (fact,) = floor.listener.of("command_done")
    assert (fact["command"], fact["by"], fact["id"]) == ("stop", "ada", "k1")
    assert (fact["title"], fact["detail"]) == ("Trading stopped", "by ada: a bad feeling")


def test_the_same_key_stops_once_and_never_after_it_was_lifted(floor: Floor) -> None:
    first = floor.stop()
    floor.engine.trader.set_paused(None, floor.engine.now())
    asyncio.run(follow(floor.engine, floor.engine.now() + MINUTE_MS))

    assert floor.stop() == first
    assert floor.engine.trader.gate.paused_by is None
    floor.wired.close()
    floor.wired = floor.open()
    assert floor.stop()["title"] == first["title"]
    assert floor.engine.trader.gate.paused_by is None
    assert len(floor.listener.of("command_done")) == 1


def test_it_survives_a_restart(floor: Floor) -> None:
    floor.stop()
    floor.wired.close()
    floor.wired = floor.open()

    assert floor.engine.trader.gate.paused_by == "ada"
    assert all(order.reduce_only for order in floor.engine.trader.broker.open_orders())


def test_a_viewer_may_not_stop(floor: Floor) -> None:
    with pytest.raises(CommandError) as error:
        floor.stop(role="viewer")

    assert (error.value.code, error.value.status) == ("forbidden", 403)
    assert floor.engine.trader.gate.paused_by is None


def test_a_ledger_that_cannot_be_written_holds_up_no_pause(floor: Floor) -> None:
    engine = floor.engine

    async def scenario() -> dict[str, Any]:
        floor.disk.refuse(refuses=True)
        trading = asyncio.create_task(engine.on_step(bars(floor.wired, 1)[0]))
        await until(lambda: floor.listener.state["engine"]["status"] == "blocked")
        done = await floor.ask("k1")
        assert engine.trader.gate.paused_by == "ada"
        assert not floor.listener.of("command_done")
        floor.disk.refuse(refuses=False)
        await trading
        await until(lambda: bool(floor.listener.of("command_done")))
        return done

    done = asyncio.run(scenario())

    assert done["ok"]
    assert "as soon as it can" in done["detail"]
    assert all(order.reduce_only for order in engine.trader.broker.open_orders())


@pytest.mark.usefixtures("own_strategies")
def test_it_works_while_history_is_played(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path, strategies=["holder"]))
    engine = wired.engine
    request = CommandRequest("k1", "stop", {}, "ada", "owner")

    async def scenario() -> None:
        playing = asyncio.create_task(play(engine, wired.pulse, wired.course.until, "The past"))
        await asyncio.sleep(0)  # until the first steps are played
        reply = await engine.answer(request)
        assert engine.status.status == "warming_up"
        assert reply.ok
        assert engine.trader.gate.paused_by == "ada"
        await playing
        await engine.close()

    asyncio.run(scenario())
    wired.pulse.ledger_check.run()
    wired.close()

    books = Books(tmp_path)
    check_books(books)
    assert [fact["command"] for fact in books.of("command_done")] == ["stop"]
    assert len(books.portfolio.positions) <= 3
