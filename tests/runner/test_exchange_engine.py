"""Engines on a real market, which is a venue on loopback, or waiting for it."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.errors import CommandError, ConfigError
from core.market import MINUTE_MS
from infra.bus.base import CommandRequest
from infra.settings import Settings
from runner.exchange_choice import open_tape
from runner.exchange_start import catch_up, prepare
from runner.exchange_wiring import Outpost
from runner.exchange_wishes import ExchangeWishes
from runner.symbol_command import symbol_command
from runner.wiring import Wired, wire
from store import market_history, recovery
from tests.exchange.venue import Venue, venue_server
from tests.exchange.venue_thread import VenueThread
from tests.runner.engine_process import ROOT, EngineProcess
from tests.runner.engines import Listener
from tests.services import free_port
from utils.clock import SystemClock

BTC, ETH, SOL = "BTC/USDT", "ETH/USDT", "SOL/USDT"
LIMIT_S = 30.0
pytestmark = pytest.mark.usefixtures("own_strategies")


class Floor:
    """One engine on the market of *venue*, whose time passes by hand."""

    def __init__(self, venue: Venue, wired: Wired, settings: Settings, heard: Listener) -> None:
        assert wired.outpost is not None
        self.venue, self.wired, self.settings, self.heard = venue, wired, settings, heard
        self.outpost: Outpost = wired.outpost
        self.engine = wired.engine
        self.wishes = ExchangeWishes(wired, settings, self.outpost)

    async def start(self) -> None:
        await prepare(self.wired, self.settings, self.outpost)
        await catch_up(self.wired, self.outpost)
        await self.engine.turn("running")
        self.outpost.follow()

    async def run(self) -> None:
        async for step in self.engine.feed.live(self.engine.clock):
            await self.engine.on_step(step)
            await self.engine.flush()

    async def pulse(self) -> None:
        while True:
            await self.wired.pulse.watch_feed(self.engine.clock.monotonic())
            await self.engine.flush()
            await asyncio.sleep(0.05)

    async def until(self, holds: Callable[[], object], what: str, *, ms: int = 0) -> None:
        """Let the market move, *ms* a step, until *holds*."""
        try:
            async with asyncio.timeout(LIMIT_S):
                while not holds():
                    self.venue.market.step(ms=ms)
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"never: {what}")

    async def pass_minutes(self, minutes: int) -> None:
        assert self.outpost.client is not None
        for _ in range(minutes * 2):
            self.venue.market.step(ms=MINUTE_MS // 2)
            await self.outpost.client.measure_skew()
            await asyncio.sleep(0.02)

    async def wish(self, command: str, role: str = "owner", **args: Any) -> str:
        """Prepare and confirm a command; return the title of what was done."""

        def ask(name: str, **what: Any) -> CommandRequest:
            key = f"{command}-{name}-{len(self.heard.heard)}-{args}"
            return CommandRequest(id=key, name=name, actor="ada", role=role, args=what)

        prepared = await self.engine.answer(ask("prepare", command=command, args=args))
        assert prepared.result is not None
        done = await self.engine.answer(ask("confirm", intent_id=prepared.result["intent_id"]))
        assert done.result is not None
        return str(done.result["title"])


def wanted(folder: Path, url: str, **changes: Any) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    given: dict[str, Any] = {
        "market": "exchange", "exchange_url": url, "warmup_days": 1, "strategies": ["holder"],
        "symbols": [BTC, ETH],
    }  # fmt: skip
    return Settings(data_dir=folder, **given | changes)


@contextlib.asynccontextmanager
async def opened(settings: Settings, venue: Venue) -> AsyncIterator[Floor]:
    """Open an engine as `runner.process` does, without its bus."""
    heard, clock = Listener(), SystemClock()
    tape = await open_tape(settings, clock)
    wired = wire(settings, tape, clock, heard.take)
    try:
        with wired.engine.trader.council.patience.ticking():
            yield Floor(venue, wired, settings, heard)
    finally:
        await wired.engine.close()
        wired.close()
        assert tape.outpost is not None
        await tape.outpost.close()


@contextlib.asynccontextmanager
async def trading(settings: Settings, venue: Venue) -> AsyncIterator[Floor]:
    """Trade on an engine for as long as this is entered."""
    async with opened(settings, venue) as floor:
        await floor.start()
        works = (floor.run(), floor.pulse(), floor.wishes.run())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield floor
        finally:
            for task in tasks:
                task.cancel()
            for end in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(end, Exception):
                    raise end


@contextlib.asynccontextmanager
async def market(*names: str) -> AsyncIterator[Venue]:
    """Open a venue early in a minute, so that none ends by itself while little is done."""
    async with venue_server(names or ["BTCUSDT", "ETHUSDT"], rate_hz=0) as venue:
        venue.market.step(ms=MINUTE_MS + 4_000 - venue.now() % MINUTE_MS)
        yield venue


def play(folder: Path, story: Callable[[Floor], Awaitable[None]], **changes: Any) -> None:
    async def run() -> None:
        async with (
            market("BTCUSDT", "ETHUSDT", "SOLUSDT") as venue,
            trading(wanted(folder, venue.url, **changes), venue) as floor,
        ):
            await story(floor)

    asyncio.run(run())


def positions(floor: Floor) -> set[str]:
    return {position.symbol for position in floor.engine.trader.portfolio.positions.values()}


def test_strategies_trade_on_paper_on_what_is_new_and_not_on_history(tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        assert positions(floor) == set()
        assert len(floor.heard.state["equity"]) <= 1
        account = floor.engine.writer.account_id
        until = floor.engine.feed.next_at
        held = recovery.last_candles(floor.wired.database, account, BTC, 5000)
        assert len(held) >= 24 * 60 - 1
        assert not market_history.missing_minutes(
            floor.wired.database, account, BTC, until - 23 * 60 * MINUTE_MS, until
        )
        assert floor.engine.trader.board.markets[BTC].bars[-1] == held[-1]

        await floor.pass_minutes(2)
        await floor.until(lambda: positions(floor) == {BTC, ETH}, "both are held")

        position = next(iter(floor.engine.trader.portfolio.positions.values()))
        book = floor.venue.market[position.symbol]
        assert abs(float(position.entry_price) / float(book.mark) - 1) < 0.01
        assert floor.engine.status.badge == "PAPER · BINANCE"
        assert floor.heard.state["prices"][BTC]["index_price"] is not None

    play(tmp_path, story)


def test_what_happened_while_away_meets_positions_and_no_strategy(tmp_path: Path) -> None:
    async def run() -> None:
        async with market() as venue:
            settings = wanted(tmp_path, venue.url)
            async with trading(settings, venue) as floor:
                await floor.pass_minutes(2)
                await floor.until(lambda: positions(floor) == {BTC, ETH}, "both are held")
            klines = len([one for one in venue.seen if one.path.endswith("klines")])
            venue.market.step(ms=MINUTE_MS)
            price = float(venue.market[BTC].mark)
            venue.market.go_to(BTC, price * 0.9)  # through the stop of the long
            venue.market.step(60, ms=MINUTE_MS)
            venue.market.go_to(BTC, price)

            async with opened(settings, venue) as floor:
                await floor.start()
                assert positions(floor) == {ETH}
                (trade,) = floor.heard.state["trades"]
                assert trade["symbol"] == BTC
                assert trade["exit_reason"] == "stop"
                account = floor.engine.writer.account_id
                bars = recovery.last_candles(floor.wired.database, account, BTC, 62)
                assert all(
                    later.open_time - earlier.open_time == MINUTE_MS
                    for earlier, later in pairwise(bars)
                )
            asked = [one for one in venue.seen if one.path.endswith("klines")][klines:]
            assert sum(int(one.params["limit"]) for one in asked) < 200  # not the day before

    asyncio.run(run())


def test_a_silent_market_stops_entries_and_raises_one_alert(tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        await floor.until(lambda: floor.heard.state["feed"]["status"] == "live", "it is live")
        floor.venue.faults.stall("depth")
        floor.venue.faults.stall("@trade")
        await floor.until(lambda: floor.engine.freshness.stale, "it is stale")
        await floor.pass_minutes(2)
        await floor.until(lambda: floor.heard.of("order_refused"), "an entry is refused")
        refused = floor.heard.of("order_refused")[0]
        assert refused["gate"] in {"stale_feed", "stale_price", "feed_age", "price_age"}
        assert positions(floor) == set()
        codes = [alert["code"] for alert in floor.heard.of("alert_raised")]
        assert codes.count("feed_stale") == 1
        assert floor.engine.freshness.limit_s == 2

        floor.venue.faults.clear()
        await floor.until(
            lambda: "feed_back" in [a["code"] for a in floor.heard.of("alert_raised")], "it is back"
        )

    play(tmp_path, story)


def test_symbols_come_and_go_by_an_owners_wish(tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        await floor.pass_minutes(2)
        await floor.until(lambda: positions(floor) == {BTC, ETH}, "both are held")
        for role, args, code in (
            ("trader", {"add": SOL}, "forbidden"),
            ("owner", {"add": "NOPE/USDT"}, "unknown_symbol"),
            ("owner", {"add": BTC}, "followed"),
            ("owner", {"remove": BTC}, "in_use"),
            ("owner", {}, "bad_args"),
        ):
            with pytest.raises(CommandError) as refused:
                await floor.wish("symbols", role, **args)
            assert refused.value.code == code

        assert await floor.wish("symbols", add="SOLUSDT") == f"Follow {SOL}: on its way"
        await floor.until(lambda: SOL in floor.heard.state["prices"], "its price is shown")
        await floor.pass_minutes(2)
        await floor.until(lambda: SOL in positions(floor), "it is traded")
        bars = floor.engine.trader.board.markets[SOL].bars
        assert len(bars) > 23 * 60

        held = next(p for p in floor.engine.trader.portfolio.positions.values() if p.symbol == SOL)
        floor.engine.trader.council.roster.fail("holder", "enough")
        floor.engine.trader.council.look_again()
        await floor.wish("close_position", position_id=held.id)
        await floor.until(lambda: SOL not in positions(floor), "it is closed")
        await floor.wish("symbols", remove=SOL)
        await floor.until(lambda: SOL not in floor.heard.state["prices"], "it is shown no more")
        assert floor.engine.feed.checkpoint()["symbols"] == [BTC, ETH]

    play(tmp_path, story)


def test_symbols_that_were_chosen_outlive_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with market("BTCUSDT", "ETHUSDT", "SOLUSDT") as venue:
            settings = wanted(
                tmp_path, venue.url, strategies=["trend"], warmup_days=0, symbols=[BTC]
            )
            async with trading(settings, venue) as floor:
                await floor.wish("symbols", add=SOL)
                await floor.pass_minutes(2)
                await floor.until(
                    lambda: floor.engine.trader.board.markets[SOL].bars, "a minute is over"
                )
            async with opened(settings, venue) as floor:
                assert list(floor.engine.trader.board.markets) == [BTC, SOL]

    asyncio.run(run())


def test_a_symbol_that_the_exchange_has_not_stops_the_start_in_words(tmp_path: Path) -> None:
    async def run() -> None:
        async with venue_server(["BTCUSDT"], rate_hz=0) as venue:
            with pytest.raises(ConfigError, match="has no market NOPE/USDT"):
                await open_tape(wanted(tmp_path, venue.url, symbols=["NOPE/USDT"]), SystemClock())

    asyncio.run(run())


def test_auto_waits_for_the_exchange_while_positions_are_open_there(tmp_path: Path) -> None:
    async def run() -> None:
        async with market() as venue:
            settings = wanted(tmp_path, venue.url, market="auto")
            async with trading(settings, venue) as floor:
                await floor.pass_minutes(2)
                await floor.until(lambda: positions(floor) == {BTC, ETH}, "both are held")
        async with opened(settings, venue) as floor:
            assert floor.engine.feed.kind == "exchange"
            note = floor.wired.note
            assert "2 positions are open there, so the simulator does not stand in" in note
            waiting = asyncio.create_task(prepare(floor.wired, settings, floor.outpost))
            async with asyncio.timeout(LIMIT_S):
                while not floor.heard.of("alert_raised"):
                    await asyncio.sleep(0.01)
            assert floor.engine.status.note.startswith(
                "Waiting for Binance USDT-M: there is no way"
            )
            port = int(venue.url.rpartition(":")[2])
            async with (
                venue_server(["BTCUSDT", "ETHUSDT"], rate_hz=0, port=port),
                asyncio.timeout(LIMIT_S),
            ):
                await waiting
            codes = [alert["code"] for alert in floor.heard.of("alert_raised")]
            assert (codes[0], codes[-1]) == ("exchange_away", "exchange_back")
            assert floor.engine.status.note == ""
            assert positions(floor) == {BTC, ETH}

    asyncio.run(run())


def test_auto_simulates_says_why_and_goes_to_the_exchange_when_wished(tmp_path: Path) -> None:
    port = free_port()
    with EngineProcess(
        tmp_path / "data", MARKET="auto", EXCHANGE_URL=f"http://127.0.0.1:{port}",
        SYMBOLS="BTC/USDT,ETH/USDT", STRATEGIES="trend",
    ) as engine:  # fmt: skip
        state = engine.heard.state
        engine.wait_until(lambda: engine.heard.status == "running", "it runs")
        engine.wait_until(lambda: engine.heard.state["venue"], "the exchange is told of")
        state = engine.heard.state
        assert state["engine"]["badge"] == "SIMULATED"
        note = "The market is simulated, because Binance USDT-M cannot be used: there is no way to "
        assert state["engine"]["note"].startswith(note)
        assert (state["venue"]["mode"], state["venue"]["retry"]) == ("simulated", "binanceusdm")

        with VenueThread(symbols=["BTCUSDT", "ETHUSDT"], rate_hz=5, port=port):
            done = engine.wish("retry_market", "retry")
            assert done.ok, done
            engine.wait_until(
                lambda: (
                    engine.heard.state["engine"].get("badge") == "PAPER · BINANCE"
                    and engine.heard.status == "running"
                ),
                "it is on the exchange",
            )
            engine.wait_until(lambda: engine.heard.state["prices"].get(BTC), "prices are live")
            settings = Settings(data_dir=tmp_path / "data")
            assert symbol_command(settings, "remove", "ETH") == f"Follow {ETH} no more: on its way"
            with pytest.raises(ConfigError, match="the only symbol"):
                symbol_command(settings, "remove", BTC)
            engine.wait_until(lambda: ETH not in engine.heard.state["prices"], "it is not shown")
            engine.stop()
    assert engine.process.returncode == 0


def test_an_engine_that_simulates_loads_nothing_of_an_exchange(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
import runner.process
from tests.runner.engines import played
played(Path({str(tmp_path)!r}), 1, strategies=["trend"])
print(sorted(name for name in ("ccxt", "aiohttp", "orjson") if name in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
