import asyncio
import random
import socket
import stat
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Self, TypeVar

import pytest

from core.errors import BusError, CommandError, ConfigError
from core.stream import SNAPSHOT, EventId, Frame, Ring, sse_frame
from infra.bus.base import (
    BusSubscriber,
    CommandReply,
    CommandRequest,
    Delivery,
    Pulse,
    Welcome,
    Whole,
)
from infra.bus.unix_client import UnixSubscriber
from infra.bus.unix_server import PATH_CAP, PENDING_CAP, UnixBusServer
from infra.bus.wire import PROTOCOL, Hello, encode
from tests.infra.bus_clients import Blocking, Clients, OnALoop
from tests.loops import let_go
from tests.services import PATIENCE_S

T = TypeVar("T")
WHOLE = b'{"seq":0}'


def fact(seq: int, size: int = 10) -> Frame:
    return Frame(seq, "", sse_frame(EventId("e", seq), "equity_point", b"x" * size))


async def grant(request: CommandRequest) -> CommandReply:
    if request.name == "explode":
        raise ZeroDivisionError
    if request.name == "expire":
        raise CommandError("intent_expired", "the intent is over", 409)
    return CommandReply(ok=True, result={"actor": request.actor, **request.args})


class Engine:
    """A bus server with its own loop, in a thread, as an engine process would have."""

    def __init__(self, path: Path, cap: int = 100) -> None:
        self.ring = Ring(cap)
        self.ring.reset("e", 0)
        self.server = UnixBusServer(path, self.ring, lambda: WHOLE, grant, lambda: 42)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)

    def __enter__(self) -> Self:
        self.thread.start()
        self.wait(self.server.start())
        return self

    def __exit__(self, *_: object) -> None:
        self.wait(self.server.stop())
        self.wait(let_go())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def wait(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(PATIENCE_S)

    def call(self, function: Callable[[], T]) -> T:
        done: Future[T] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(function()))
        return done.result(PATIENCE_S)

    def publish(self, *frames: Frame) -> None:
        def act() -> None:
            for frame in frames:
                self.ring.add(frame)
            self.server.publish(frames)

        self.call(act)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "engine.sock"


@pytest.fixture(params=[Blocking, OnALoop])
def clients(request: pytest.FixtureRequest) -> Clients:
    """Each kind of client keeps the same contract."""
    kind: Callable[[], Clients] = request.param
    return kind()


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    with Engine(path) as running:
        yield running


def read(subscriber: BusSubscriber, resume: EventId | None, until: int) -> list[Delivery]:
    """Return the deliveries up to the frame *until*, without pulses."""
    got: list[Delivery] = []
    with closing(subscriber.deliveries(resume)) as subscription:
        for batch in subscription:
            got += [one for one in batch if not isinstance(one, Pulse)]
            if any(isinstance(one, Frame) and one.seq >= until for one in got):
                break
    return got


def greeting(path: Path) -> list[Delivery]:
    with closing(UnixSubscriber(path).deliveries(None)) as subscription:
        return next(subscription)


def test_a_new_subscriber_gets_the_whole_then_the_ring_then_what_comes(
    clients: Clients, engine: Engine, path: Path
) -> None:
    engine.publish(fact(1), fact(2))
    subscription = clients.subscriber(path).deliveries(None)
    first = next(subscription)
    engine.publish(fact(3))
    second = next(subscription)
    subscription.close()

    assert first == [Welcome("e", 2, 0, resumed=False), Whole(WHOLE), fact(1), fact(2)]
    assert second == [fact(3)]


def test_a_subscriber_resumes_after_its_id(clients: Clients, engine: Engine, path: Path) -> None:
    engine.publish(fact(1), fact(2), fact(3))

    got = read(clients.subscriber(path), EventId("e", 1), until=3)

    assert got == [Welcome("e", 3, 0, resumed=True), fact(2), fact(3)]


@pytest.mark.parametrize("resume", [EventId("other", 1), EventId("e", 99), None])
def test_a_place_that_is_not_in_the_ring_gets_the_whole(
    clients: Clients, engine: Engine, path: Path, resume: EventId | None
) -> None:
    engine.publish(fact(1))

    got = read(clients.subscriber(path), resume, until=1)

    assert got == [Welcome("e", 1, 0, resumed=False), Whole(WHOLE), fact(1)]


def test_a_ring_that_lost_facts_says_from_where_it_is_complete(
    clients: Clients, path: Path
) -> None:
    with Engine(path, cap=2) as engine:
        engine.publish(*[fact(seq) for seq in range(1, 6)])

        got = read(clients.subscriber(path), EventId("e", 1), until=5)

    assert got == [Welcome("e", 5, 3, resumed=False), Whole(WHOLE), fact(4), fact(5)]


def test_frames_in_the_ring_but_not_yet_published_arrive_once(
    clients: Clients, engine: Engine, path: Path
) -> None:
    engine.call(lambda: engine.ring.add(fact(1)))
    subscription = clients.subscriber(path).deliveries(None)
    first = next(subscription)

    def late() -> None:
        engine.ring.add(fact(2))
        engine.server.publish([fact(1), fact(2)])

    engine.call(late)
    second = next(subscription)
    subscription.close()

    assert first == [Welcome("e", 1, 0, resumed=False), Whole(WHOLE), fact(1)]
    assert second == [fact(2)]


def test_a_live_snapshot_ends_what_can_be_resumed(
    clients: Clients, engine: Engine, path: Path
) -> None:
    whole = Frame(2, SNAPSHOT, sse_frame(EventId("e", 2), SNAPSHOT, b"{}"))
    engine.publish(fact(1), whole, fact(3))

    assert read(clients.subscriber(path), EventId("e", 2), until=3)[1:] == [fact(3)]
    assert read(clients.subscriber(path), EventId("e", 1), until=3)[1:] == [Whole(WHOLE), fact(3)]


@pytest.mark.usefixtures("engine")
def test_the_engine_pulses_with_its_clock(clients: Clients, path: Path) -> None:
    subscription = clients.subscriber(path).deliveries(None)
    next(subscription)
    pulse = next(subscription)
    subscription.close()

    assert pulse == [Pulse(42)]


def test_a_silent_engine_is_a_bus_error(clients: Clients, path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        with pytest.raises(BusError, match=r"silent for 0\.05 s"):
            next(clients.subscriber(path, silence_s=0.05).deliveries(None))


def test_an_absent_engine_is_a_bus_error(clients: Clients, path: Path) -> None:
    with pytest.raises(BusError, match=r"cannot be reached at .*engine\.sock: No such file"):
        next(clients.subscriber(path).deliveries(None))


@pytest.mark.usefixtures("engine")
def test_a_subscription_ends_when_it_is_closed_elsewhere(path: Path) -> None:
    subscriber = UnixSubscriber(path)
    subscription = subscriber.deliveries(None)
    next(subscription)
    subscriber.close()

    with pytest.raises(BusError, match="closed the connection"):
        deque(subscription, maxlen=0)


def test_a_subscriber_that_stops_reading_is_cut_and_slows_nobody(
    clients: Clients, engine: Engine, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.connect(str(path))
        stuck.sendall(encode(Hello(PROTOCOL, None)))
        assert stuck.recv(1)  # welcomed, and from here on it reads no more
        live = clients.subscriber(path).deliveries(None)
        next(live)
        size = 256 * 1024
        count = PENDING_CAP // size + 8
        got = 0
        for seq in range(1, count + 1):
            engine.publish(fact(seq, size))
            while got < seq:
                got += sum(isinstance(one, Frame) for one in next(live))
        live.close()

        assert got == count
        assert "A bus subscriber was cut" in caplog.text


@pytest.mark.usefixtures("engine")
def test_a_command_is_answered(clients: Clients, path: Path) -> None:
    request = CommandRequest("k1", "prepare", {"command": "pause"}, "anna", "owner")

    assert clients.commands(path).send(request, 5) == CommandReply(
        ok=True, result={"actor": "anna", "command": "pause"}
    )


@pytest.mark.parametrize(
    ("name", "code", "status"), [("expire", "intent_expired", 409), ("explode", "internal", 500)]
)
@pytest.mark.usefixtures("engine")
def test_a_command_that_fails_says_why(
    clients: Clients, path: Path, name: str, code: str, status: int
) -> None:
    reply = clients.commands(path).send(CommandRequest("k", name, {}, "anna", "owner"), 5)

    assert not reply.ok
    assert reply.error is not None
    assert (reply.error.code, reply.error.status) == (code, status)


def test_random_bytes_close_their_own_connection_and_no_other(
    clients: Clients, engine: Engine, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    live = clients.subscriber(path).deliveries(None)
    next(live)
    source = random.Random(5)
    for _ in range(50):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(path))
            stranger.settimeout(PATIENCE_S)
            # A length within the cap, then rubbish of that length: read, refused, closed.
            body = b"\xc1" + source.randbytes(source.randrange(200))
            stranger.sendall(len(body).to_bytes(4, "big") + body)
            assert stranger.recv(1) == b""
    engine.publish(fact(1))

    assert [one for one in next(live) if isinstance(one, Frame)] == [fact(1)]
    live.close()
    assert "A bus connection was closed" in caplog.text


@pytest.mark.usefixtures("engine")
def test_a_second_hello_ends_the_connection(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as twice:
        twice.connect(str(path))
        twice.settimeout(PATIENCE_S)
        twice.sendall(encode(Hello(PROTOCOL, None)) * 2)
        while twice.recv(65536):
            pass


@pytest.mark.usefixtures("engine")
def test_another_protocol_is_refused(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as future:
        future.connect(str(path))
        future.settimeout(PATIENCE_S)
        future.sendall(encode(Hello(PROTOCOL + 1, None)))
        assert future.recv(1) == b""


@asynccontextmanager
async def listening(path: Path) -> AsyncIterator[UnixBusServer]:
    ring = Ring()
    ring.reset("e", 0)
    server = UnixBusServer(path, ring, lambda: WHOLE, grant)
    await server.start()
    yield server
    await server.stop()


def test_the_socket_is_for_its_owner_alone_and_goes_with_the_engine(path: Path) -> None:
    async def run() -> int:
        async with listening(path) as server:
            assert not server.has_subscribers
            return await asyncio.to_thread(lambda: stat.S_IMODE(path.stat().st_mode))

    assert asyncio.run(run()) == 0o600
    assert not path.exists()


def test_the_socket_of_a_dead_engine_is_replaced(path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def run() -> None:
        async with listening(path):
            await asyncio.to_thread(lambda: greeting(path))

    asyncio.run(run())


@pytest.mark.usefixtures("engine")
def test_a_living_engine_is_not_replaced(path: Path) -> None:
    async def run() -> None:
        async with listening(path):
            pass

    with pytest.raises(ConfigError, match="another engine is listening at"):
        asyncio.run(run())
    assert greeting(path)


def test_a_file_that_is_no_socket_is_kept(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("precious")

    async def run() -> None:
        async with listening(path):
            pass

    with pytest.raises(ConfigError, match="must be a socket or absent"):
        asyncio.run(run())
    assert path.read_text() == "precious"


def test_a_path_too_long_for_a_socket_is_refused_with_a_way_out(tmp_path: Path) -> None:
    long = tmp_path / ("d" * PATH_CAP) / "engine.sock"

    async def run() -> None:
        async with listening(long):
            pass

    with pytest.raises(ConfigError, match=f"may have {PATH_CAP} bytes.*choose a shorter DATA_DIR"):
        asyncio.run(run())


def test_hundreds_of_subscribers_that_vanish_leave_nothing_behind(
    engine: Engine, path: Path
) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    strangers = [socket.socket(socket.AF_UNIX) for _ in range(200)]
    for number, stranger in enumerate(strangers):
        stranger.connect(str(path))
        stranger.sendall(encode(Hello(PROTOCOL, None))[: None if number % 2 else 5])
    for stranger in strangers:
        stranger.close()
    greeting(path)

    def settled() -> bool:
        return not engine.server.has_subscribers and len(list(Path("/dev/fd").iterdir())) <= before

    assert any(engine.call(settled) for _ in range(10_000))
