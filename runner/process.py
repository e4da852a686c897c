"""The engine process from start to end: bus, history, live market, signals, goodbye."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from core.stream import Frame
from infra.bus.base import BusServer
from infra.bus.ways import bus_server
from infra.reload import Reload
from infra.reloading import heed_hangups, keep_settings
from infra.settings import Settings
from runner.advice import Advice, open_advice
from runner.chores import beside
from runner.daily_report import DailyReport
from runner.engine import Engine
from runner.engine_room import EngineRoom
from runner.exchange_choice import open_tape
from runner.exchange_start import catch_up, prepare
from runner.exchange_wiring import Outpost
from runner.exchange_wishes import ExchangeWishes
from runner.instance import only_engine
from runner.lease_watch import watch
from runner.past import play
from runner.real_account import RealAccount
from runner.retention import Retention
from runner.taking_over import TakingOver
from runner.wiring import Wired, wire
from store.database import Database
from store.lease import Lease, lease
from utils.clock import SystemClock
from utils.together import first_end

log: Final = logging.getLogger(__name__)

# what is set when settings are to be read again, and who hears of them beside trading
Anew = tuple[asyncio.Event, EngineRoom]


class _Outlet:
    """Where frames go once the bus is there."""

    def __init__(self) -> None:
        self.bus: BusServer | None = None

    def send(self, frames: Sequence[Frame]) -> None:
        if self.bus is not None:
            self.bus.publish(frames)


async def run(settings: Settings) -> None:
    """Run one engine until SIGINT or SIGTERM.

    Raises:
        ConfigError: something that a person must mend first.
        QuarterdeckError: trading cannot go on; starting again may help.
    """
    with only_engine(settings.run_dir), lease(Database(settings.database)) as right:
        while await _run_once(settings, right):
            log.info("Beginning anew, with the exchange if it answers")
            settings = settings.model_copy(update={"reset_paper": False})
    log.info("Engine stopped")


async def _run_once(settings: Settings, right: Lease) -> bool:
    """Run one engine; return whether another is to follow at once."""
    clock, outlet = SystemClock(), _Outlet()
    tape = await open_tape(settings, clock)
    outpost = tape.outpost
    try:
        real = None if outpost is None else outpost.account
        wired = wire(settings, tape, clock, outlet.send, real=real)
        try:
            wired.pulse.state_file.sweep()
            _report(wired.pulse.state_file.set_aside(clock.now()))
            with wired.engine.trader.council.patience.ticking():
                await first_end(_serve(settings, wired, outlet), watch(right, SystemClock()))
        finally:
            wired.close()
    finally:
        if outpost is not None:
            await outpost.close()
    return outpost is not None and outpost.back.is_set()


async def _serve(settings: Settings, wired: Wired, outlet: _Outlet) -> None:
    engine, publisher = wired.engine, wired.engine.publisher
    advice = open_advice(settings, engine, wired.database, SystemClock())
    bus = bus_server(settings, publisher.ring, publisher.snapshot, engine.answer, engine.now)
    await bus.start()
    outlet.bus = bus
    asked = asyncio.Event()
    room = EngineRoom(settings, engine, wired.database, SystemClock())
    engine.questions["system"] = room.answer
    watching = asyncio.create_task(beside(engine, "The system's figures", room.run()))
    trading = asyncio.create_task(_trade(wired, settings, advice, (asked, room)))
    _heed_signals(trading, engine, asked)
    try:
        async with _trading_for_real(engine, wired.real):
            with contextlib.suppress(asyncio.CancelledError):
                await trading
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        if advice is not None:
            await advice.close()
        await engine.close()
        await wired.pulse.write_state_file()
        await bus.stop()


def _trading_for_real(
    engine: Engine, real: RealAccount | None
) -> contextlib.AbstractAsyncContextManager[None]:
    """Return what sends real orders while it is entered; nothing where none are sent."""
    if real is None or not real.trades:
        return contextlib.nullcontext()
    from runner.live_wiring import trading_for_real  # noqa: PLC0415 - not even loaded to watch

    return trading_for_real(engine, real)


def _heed_signals(trading: "asyncio.Task[None]", engine: Engine, asked: asyncio.Event) -> None:
    def stop() -> None:
        engine.ledger.stop()
        trading.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    heed_hangups(asked, stop)


def _learning(
    settings: Settings, wired: Wired, clock: SystemClock
) -> list[Coroutine[Any, Any, None]]:
    """Return what keeps the strategy gru in models, where that one trades."""
    if "gru" not in settings.strategies:
        return []
    from runner.training import open_training  # noqa: PLC0415 - brings numpy, which takes 20 MB

    training = open_training(settings, wired.engine, wired.database, clock)
    return [] if training is None else [training.run()]


def _chores(
    settings: Settings, wired: Wired, advice: Advice | None, anew: Anew
) -> list[Coroutine[Any, Any, None]]:
    """Return what goes on beside trading; none of it can end the engine."""
    engine, clock = wired.engine, SystemClock()
    asked, room = anew
    asking = [] if advice is None else advice.works()
    retention = Retention(engine, wired.database, settings.retention, clock)
    report = DailyReport(settings, clock, engine.pipelines)
    reload, taker = Reload(settings), TakingOver(wired, retention, report, room)
    learning = _learning(settings, wired, clock)
    return [
        *(beside(engine, "The language model", work) for work in asking),
        *(beside(engine, "Training", work) for work in learning),
        beside(engine, "The daily report", report.run()),
        beside(engine, "Retention", retention.run()),
        beside(engine, "Reading settings again", keep_settings(reload, taker, asked)),
        *_abroad(settings, wired),
    ]


def _abroad(settings: Settings, wired: Wired) -> list[Coroutine[Any, Any, None]]:
    """Return what goes on beside trading where an exchange is in play."""
    engine, outpost = wired.engine, wired.outpost
    if outpost is None:
        return []
    wishes = ExchangeWishes(wired, settings, outpost)
    return [*outpost.chores(engine), beside(engine, "Changing symbols", wishes.run())]


async def _trade(wired: Wired, settings: Settings, advice: Advice | None, anew: Anew) -> None:
    """Play what is past, then follow the market."""
    engine = wired.engine
    if wired.restarted:
        held = len(engine.trader.portfolio.positions)
        noun = "position" if held == 1 else "positions"
        await engine.alert("info", "engine_restarted", "Engine restarted", f"{held} {noun} rebuilt")
    course, outpost = wired.course, wired.outpost
    if outpost is not None and outpost.feed is not None:
        beside_it = (wired.pulse.run(), *outpost.chores(engine))
        await first_end(prepare(wired, settings, outpost), *beside_it)
        await catch_up(wired, outpost)
    elif course.plays_past:
        await play(engine, wired.pulse, course.until, course.what)
    if course.plays_live:
        await engine.turn("running", wired.note if outpost is None else outpost.note)
        chores = _chores(settings, wired, advice, anew)
        await first_end(_follow(engine, outpost), wired.pulse.run(), *chores)
    if outpost is not None and outpost.back.is_set():
        return
    await engine.tape_ended()
    await wired.pulse.run()


async def _follow(engine: Engine, outpost: Outpost | None) -> None:
    """Trade on the feed as it comes, until the tape ends or another market is wished for."""
    if outpost is None:
        await _follow_feed(engine)
    else:
        outpost.follow()
        await first_end(_follow_feed(engine), _wait(outpost.back))


async def _follow_feed(engine: Engine) -> None:
    async for step in engine.feed.live(engine.clock):
        await engine.on_step(step)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


def _report(sentence: str) -> None:
    if sentence:
        log.warning("%s", sentence)
