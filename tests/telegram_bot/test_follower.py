"""The bot's copy of the engine's state."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from core.dashboard import SCHEMA_VERSION, empty_state
from core.stream import EventId, Frame, Ring, sse_frame
from infra.bus.base import CommandReply, CommandRequest
from infra.bus.unix_async_client import AsyncUnixSubscriber
from infra.bus.unix_server import UnixBusServer
from telegram_bot.follower import Follower
from tests.services import PATIENCE_S
from utils.clock import SetClock


class Engine:
    """A bus server that tells balances."""

    def __init__(self, path: Path, epoch: str = "e", balance: int = 1) -> None:
        self.ring = Ring()
        self.ring.reset(epoch, 0)
        self.state = empty_state() | {"account": {"equity": balance}}
        self.server = UnixBusServer(path, self.ring, self.whole, self._grant, lambda: 7000)

    async def _grant(self, _request: CommandRequest) -> CommandReply:
        return CommandReply(ok=True)

    def whole(self) -> bytes:
        return snapshot_of(self.state, self.ring.seq, self.ring.epoch)

    def tell(self, equity: int) -> None:
        """Tell of another equity, as a state event."""
        seq = self.ring.seq + 1
        data = {"at": 1000 * seq, "equity": equity}
        self.state["account"] = data
        frame = sse_frame(EventId(self.ring.epoch, seq), "account", json.dumps(data).encode())
        self.ring.add(Frame(seq, "account", frame))
        self.server.publish([Frame(seq, "account", frame)])


def snapshot_of(state: dict[str, Any], seq: int, epoch: str) -> bytes:
    whole = {"schema_version": SCHEMA_VERSION, "epoch": epoch, "seq": seq, "at": 5, "state": state}
    return json.dumps(whole).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


@asynccontextmanager
async def following(folder: Path) -> AsyncIterator[Follower]:
    clock = SetClock(1_000_000)
    subscriber = AsyncUnixSubscriber(folder / "run" / "engine.sock")
    follower = Follower(subscriber, folder / "state.json", clock)
    task = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def engine_at(folder: Path, epoch: str = "e", balance: int = 1) -> AsyncIterator[Engine]:
    engine = Engine(folder / "run" / "engine.sock", epoch, balance)
    await engine.server.start()
    try:
        yield engine
    finally:
        await engine.server.stop()


async def until(follower: Follower, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await follower.changed.wait()


def equity(follower: Follower) -> int | None:
    state = follower.snapshot().state
    return None if state is None else int(state["account"]["equity"])


def test_it_folds_what_the_engine_tells(folder: Path) -> None:
    async def run() -> None:
        async with engine_at(folder) as engine, following(folder) as follower:
            await until(follower, lambda: equity(follower) == 1)
            engine.tell(2)
            engine.tell(3)
            await until(follower, lambda: equity(follower) == 3)
            now = follower.snapshot()

            assert (now.at, now.is_up, now.age_ms) == (2000, True, 0)

    asyncio.run(run())


def test_it_comes_back_after_the_engine_was_away(folder: Path) -> None:
    async def run() -> None:
        async with following(folder) as follower:
            async with engine_at(folder):
                await until(follower, lambda: follower.snapshot().is_up)
            await until(follower, lambda: not follower.snapshot().is_up)
            assert equity(follower) == 1
            async with engine_at(folder, "another", 9):
                await until(follower, lambda: follower.snapshot().is_up)

                assert equity(follower) == 9

    asyncio.run(run())


def test_without_an_engine_the_state_file_is_told_with_its_age(folder: Path) -> None:
    path = folder / "state.json"
    path.write_bytes(snapshot_of(empty_state() | {"account": {"equity": 4}}, 3, "e"))

    async def run() -> None:
        async with following(folder) as follower:
            async with asyncio.timeout(PATIENCE_S):
                while equity(follower) is None:
                    await asyncio.sleep(0)
            now = follower.snapshot()

            assert (equity(follower), now.is_up) == (4, False)
            assert now.age_ms is not None

    asyncio.run(run())


def test_nothing_heard_is_said_so(folder: Path) -> None:
    async def run() -> None:
        async with following(folder) as follower:
            await asyncio.sleep(0)
            now = follower.snapshot()

            assert (now.state, now.at, now.is_up, now.age_ms) == (None, None, False, None)

    asyncio.run(run())


def test_a_frame_that_cannot_be_folded_makes_it_begin_anew(folder: Path) -> None:
    async def run() -> None:
        async with engine_at(folder) as engine, following(folder) as follower:
            await until(follower, lambda: follower.snapshot().is_up)
            engine.state["account"] = {"equity": 8}
            broken = Frame(1, "", b"rubbish")
            engine.ring.add(broken)
            engine.server.publish([broken])
            await until(follower, lambda: equity(follower) == 8)

    asyncio.run(run())
