"""Market data that cannot be true, sent through a whole engine."""

import asyncio
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import CommandError
from core.market import HOUR_MS, MINUTE_MS, Bar, MarketMessage, Step
from infra.bus.base import CommandRequest
from runner.past import play
from runner.wiring import Wired
from tests.runner.engines import NOW, Listener, open_engine, settings, warm
from tests.runner.tapes import record

BTC, ETH, SOL = "BTC/USDT", "ETH/USDT", "SOL/USDT"
PRICES = {BTC: Decimal(66_000), ETH: Decimal(3_200), SOL: Decimal(150)}
D = Decimal

pytestmark = pytest.mark.usefixtures("own_strategies")


def bar(symbol: str, minute: int, price: Decimal | None = None, **changes: Any) -> Bar:
    level = price or PRICES[symbol]
    opened = NOW + minute * MINUTE_MS
    whole = Bar(symbol, opened, level, level * D("1.001"), level * D("0.999"), level, D(3))
    return msgspec.structs.replace(whole, **changes)


class Floor:
    """A live engine that takes the steps a test hands it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.listener = Listener()
        wanted = settings(folder, **{"warmup_days": 0, "strategies": ["holder"]} | changes)
        self.wired: Wired = open_engine(wanted, self.listener)
        self.engine = self.wired.engine
        self.minute = 0
        self.run(self.engine.turn("running"))

    def run(self, work: Any) -> Any:
        return asyncio.run(work)

    def step(self, *messages: MarketMessage, at: int | None = None) -> None:
        """Take the next minute."""
        self.minute += 1
        when = NOW + self.minute * MINUTE_MS if at is None else at
        self.run(self.take(Step(when, messages)))

    async def take(self, step: Step) -> None:
        await self.engine.on_step(step)
        await self.engine.flush()

    def sound(self, minutes: int = 1, symbols: Sequence[str] = (BTC, ETH, SOL)) -> None:
        """Take minutes in which nothing is wrong."""
        for _ in range(minutes):
            self.step(*(bar(symbol, self.minute) for symbol in symbols))

    @property
    def alerts(self) -> list[tuple[str, str, str]]:
        told = self.listener.of("alert_raised")
        return [(a["code"], a["title"], a["detail"]) for a in told]

    @property
    def feed(self) -> dict[str, Any]:
        return dict(self.listener.state["feed"])


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    floor = Floor(tmp_path)
    yield floor
    floor.wired.pulse.ledger_check.run()
    floor.wired.close()


def test_a_price_a_hundred_times_too_large_trades_nothing_and_is_told_once(floor: Floor) -> None:
    floor.sound(2)
    held = dict(floor.engine.trader.portfolio.positions)
    wrong = PRICES[BTC] * 100
    for _ in range(3):
        floor.step(bar(BTC, floor.minute, wrong), bar(ETH, floor.minute), bar(SOL, floor.minute))

    assert floor.engine.trader.portfolio.positions == held  # its target is far below
    assert len(held) == 3
    assert floor.listener.state["prices"][BTC]["last"] == 66_000
    assert floor.listener.state["prices"][ETH]["at"] == NOW + 5 * MINUTE_MS
    ((code, title, detail),) = floor.alerts
    assert (code, title) == ("data_refused", "Market data refused: BTC/USDT")
    assert detail.startswith("Price 6606600.000 is 100.1 times the last, 66000; at most 3 times")
    assert floor.feed["refused"] == 3
    assert floor.feed["refused_note"].startswith("BTC/USDT: price 6606600.000 is 100.1 times")


def test_the_same_fault_is_told_again_after_an_hour_and_another_at_once(floor: Floor) -> None:
    floor.sound()
    for _ in range(2 * HOUR_MS // MINUTE_MS):
        floor.step(
            bar(BTC, floor.minute, volume=D(-1)), bar(ETH, floor.minute), bar(SOL, floor.minute)
        )
    floor.step(bar(BTC, 0), bar(ETH, floor.minute, volume=D("NaN")))

    titles = [title.removeprefix("Market data refused: ") for _, title, _ in floor.alerts]
    assert titles == [BTC, BTC, BTC, ETH]
    details = [detail for _, _, detail in floor.alerts]
    assert (
        details[0] == details[1] == "Volume must be 0 or more, was -1. Trading goes on without it."
    )
    assert "comes after" in details[2] or "told already" in details[2]
    assert floor.feed["refused"] == 122


def test_bars_that_repeat_or_go_back_are_stored_once(floor: Floor) -> None:
    floor.sound(3)
    floor.step(bar(BTC, 2), bar(ETH, 1), bar(SOL, 3))

    kept = {s: len(m.bars) for s, m in floor.engine.trader.board.markets.items()}
    assert kept == {BTC: 3, ETH: 3, SOL: 4}
    assert floor.feed["refused"] == 2


def test_a_step_that_goes_back_in_time_is_refused_whole(floor: Floor) -> None:
    floor.sound(3)
    floor.step(bar(BTC, 3), at=NOW)

    assert floor.feed["refused"] == 1
    assert "step that goes back" in floor.feed["refused_note"]
    floor.sound()
    assert floor.feed["refused"] == 1


def test_a_symbol_nobody_trades_is_refused_and_not_fatal(floor: Floor) -> None:
    floor.step(msgspec.structs.replace(bar(BTC, 0), symbol="DOGE/USDT"), bar(BTC, 0))

    assert floor.feed["refused_note"] == "DOGE/USDT: it is not traded here"
    assert set(floor.listener.state["prices"]) == {BTC}


def test_a_crash_that_stays_is_believed_and_told(floor: Floor) -> None:
    floor.sound()
    crashed = PRICES[BTC] / 5
    for _ in range(7):
        floor.step(bar(BTC, floor.minute, crashed), bar(ETH, floor.minute), bar(SOL, floor.minute))

    assert [code for code, _, _ in floor.alerts] == ["data_refused", "data_believed"]
    assert floor.alerts[1][1] == "BTC/USDT trades at a new level"
    assert floor.listener.state["prices"][BTC]["last"] == 13_200
    trades = floor.listener.of("trade_closed")
    assert {t["symbol"] for t in trades} == {BTC}  # its stop was met at last
    assert floor.feed["refused"] == 5


def test_when_all_data_is_wrong_the_feed_goes_stale(floor: Floor) -> None:
    floor.sound()
    clock = floor.engine.clock

    async def wait_with(price: Decimal) -> None:
        await clock.sleep(60)
        await floor.engine.on_step(Step(clock.now(), (bar(BTC, 1, price),)))
        await floor.wired.pulse.watch_feed(clock.monotonic())

    floor.run(wait_with(D("NaN")))
    assert floor.feed["status"] == "stale"

    floor.run(wait_with(PRICES[BTC]))
    assert floor.feed["status"] == "live"


def close(floor: Floor, symbol: str) -> None:
    """Wish that the position in *symbol* is closed, and confirm it."""
    held = floor.engine.trader.portfolio.position("holder", symbol)
    assert held is not None

    def ask(name: str, number: int, **args: Any) -> CommandRequest:
        key = f"{symbol} {floor.minute} {number}"
        return CommandRequest(id=key, name=name, actor="a", role="owner", args=args)

    async def wish() -> None:
        prepare = ask("prepare", 1, command="close_position", args={"position_id": held.id})
        prepared = await floor.engine.answer(prepare)
        intent = dict(prepared.result or {})["intent_id"]
        await floor.engine.answer(ask("confirm", 2, intent_id=intent))

    floor.run(wish())


def test_a_symbol_without_a_sound_price_is_stale_while_the_others_trade(floor: Floor) -> None:
    floor.sound(2)
    for _ in range(3):
        floor.step(bar(BTC, floor.minute, D("NaN")), bar(ETH, floor.minute))

    close(floor, ETH)
    with pytest.raises(CommandError, match=r"the price of BTC/USDT is 180 s old, limit \d+ s"):
        close(floor, BTC)

    floor.sound()  # at whose open the order of ETH fills
    assert [t["symbol"] for t in floor.listener.of("trade_closed")] == [ETH]
    close(floor, BTC)
    floor.sound()
    assert [t["symbol"] for t in floor.listener.of("trade_closed")] == [ETH, BTC]


def test_a_restart_remembers_what_is_believable(tmp_path: Path) -> None:
    first = Floor(tmp_path)
    first.sound(3)
    first.run(first.engine.close())
    first.wired.close()

    again = Floor(tmp_path)
    again.minute = 3
    again.step(bar(BTC, 2), bar(ETH, 3, PRICES[ETH] * 100), bar(SOL, 3))

    assert again.feed["refused"] == 2
    assert [title for _, title, _ in again.alerts] == [
        f"Market data refused: {symbol}" for symbol in (BTC, ETH)
    ]
    again.wired.close()


def test_history_is_sifted_too(tmp_path: Path) -> None:
    listener = Listener()
    wired = open_engine(settings(tmp_path, strategies=["trend"]), listener)
    feed = wired.engine.feed
    past = feed.past

    def spoiled(until: int | None) -> Iterator[Step]:
        for number, step in enumerate(past(until)):
            wrong = number % 100 == 50
            messages = tuple(
                msgspec.structs.replace(m, high=m.high * 100)
                if wrong and isinstance(m, Bar) and m.symbol == BTC else m
                for m in step.messages
            )  # fmt: skip
            yield Step(step.at, messages)

    feed.past = spoiled  # type: ignore[method-assign]
    asyncio.run(play(wired.engine, wired.pulse, wired.course.until, "Playing"))

    assert wired.engine.freshness.refused == 14
    assert listener.state["feed"]["refused"] == 14
    refused = [a for a in listener.state["activity"] if a["kind"] == "alert_raised"]
    assert refused
    stored = len(wired.engine.trader.board.markets[BTC].bars)
    assert stored == len(wired.engine.trader.board.markets[ETH].bars) - 14
    wired.close()


def test_rows_of_a_recording_that_were_set_aside_are_shown_and_told_once(tmp_path: Path) -> None:
    paths = record(tmp_path / "tape", 1)
    rows = paths[0].read_text(encoding="utf-8").splitlines()
    rows[600:600] = [f"{rows[600].split(',')[0]},nan,1,1,1,1", rows[599]]
    paths[0].write_text("\n".join(rows), encoding="utf-8")
    wanted = settings(
        tmp_path, market="replay", replay=paths, speed="max", strategies=["holder"]
    )  # fmt: skip
    heard = [Listener(), Listener()]
    for listener in heard:
        wired = open_engine(wanted, listener)
        asyncio.run(warm(wired))
        wired.close()

    note = "2 of 2882 recorded rows were set aside: 1 no number, 1 repeated"
    for listener in heard:
        feed = listener.state["feed"]
        assert (feed["refused"], feed["refused_note"]) == (2, note)
        told = [a for a in listener.state["activity"] if a["kind"] == "alert_raised"]
        assert [a["title"] for a in told] == ["Rows of the recording were set aside"]
        assert told[0]["detail"].startswith(f"{note}. The first: BTCUSDT-1m.csv:601: '")


def test_sound_data_loses_nothing(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path, strategies=["trend"]))
    asyncio.run(warm(wired))

    assert wired.engine.freshness.refused == 0
    wired.close()
