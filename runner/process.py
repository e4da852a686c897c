"""The engine process from start to end: bus, history, live market, signals, goodbye."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Sequence
from typing import Final

from core.stream import Frame
from infra.bus.unix_server import UnixBusServer
from infra.settings import Settings
from runner.engine import Engine
from runner.markets import choose_tape
from runner.past import play
from runner.pulse import Pulse
from runner.wiring import Wired, wire
from utils.clock import SystemClock

log: Final = logging.getLogger(__name__)


class _Outlet:
    """Where frames go once the bus is there."""

    def __init__(self) -> None:
        self.bus: UnixBusServer | None = None

    def send(self, frames: Sequence[Frame]) -> None:
        if self.bus is not None:
            self.bus.publish(frames)


async def run(settings: Settings) -> None:
    """Run one engine until SIGINT or SIGTERM.

    Raises:
        ConfigError: something that a person must mend first.
    """
    clock = SystemClock()
    outlet = _Outlet()
    wired = wire(settings, choose_tape(settings, clock.now()), clock, outlet.send)
    engine, publisher = wired.engine, wired.engine.publisher
    _report(wired.pulse.state_file.set_aside(clock.now()))
    bus = UnixBusServer(
        settings.socket_path, publisher.ring, publisher.snapshot, engine.answer,
        engine.now,
    )  # fmt: skip
    await bus.start()
    outlet.bus = bus
    trading = asyncio.create_task(_trade(engine, wired))
    _stop_on_signals(trading)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await trading
    finally:
        await engine.close()
        await wired.pulse.write_state_file()
        await bus.stop()
        wired.database.close()
        log.info("Engine stopped")


def _stop_on_signals(trading: "asyncio.Task[None]") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, trading.cancel)


async def _trade(engine: Engine, wired: Wired) -> None:
    """Play what is past, then follow the market."""
    if wired.restarted:
        held = len(engine.trader.portfolio.positions)
        noun = "position" if held == 1 else "positions"
        await engine.alert("info", "engine_restarted", "Engine restarted", f"{held} {noun} rebuilt")
    course = wired.course
    if course.plays_past:
        await play(engine, wired.pulse, course.until, course.what)
    if course.plays_live:
        await live(engine, wired.pulse)
    await engine.tape_ended()
    await wired.pulse.run()


async def live(engine: Engine, pulse: Pulse) -> None:
    """Trade on the feed as it comes, with its pulse, until the tape ends."""
    await engine.turn("running", engine.status.note)
    beating = asyncio.create_task(pulse.run())
    try:
        async for step in engine.feed.live(engine.clock):
            await engine.on_step(step)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def _report(sentence: str) -> None:
    if sentence:
        log.warning("%s", sentence)
