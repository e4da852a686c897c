"""The bus on a real Redis: the same contract as on a unix socket, and what Redis adds to it."""

import asyncio
import os
import shutil
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BusError, CommandError, ConfigError
from core.stream import SNAPSHOT, EventId, Frame, Ring, sse_frame
from infra.bus.base import (
    BusSubscriber,
    CommandReply,
    CommandRequest,
    CommandSender,
    Delivery,
    EngineAway,
    Pulse,
    Welcome,
    Whole,
)
from infra.bus.redis_async_client import AsyncRedisCommands, AsyncRedisSubscriber
from infra.bus.redis_client import RedisCommands, RedisSubscriber
from infra.bus.redis_server import RedisBusServer
from infra.bus.redis_stream import ENGINE, WISHES, Wish, encode
from tests.infra.bus_clients import blocking_commands, blocking_subscriber
from tests.services import free_port, wait_until

redis = import_module("redis")  # the rest of the project never loads it by itself

T = TypeVar("T")
WHOLE = b'{"seq":0}'


def fact(seq: int, epoch: str = "e") -> Frame:
    return Frame(seq, "", sse_frame(EventId(epoch, seq), "equity_point", b"x"))


class Engine:
    """A bus server with its own loop, in a thread, as an engine process would have."""

    def __init__(self, url: str, *, epoch: str = "e", cap: int = 100, owner: str = "here") -> None:
        self.ring = Ring(cap)
        self.ring.reset(epoch, 0)
        self.granted: list[str] = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = RedisBusServer(
            url, self.ring, lambda: WHOLE, self._grant, lambda: 42, owner=owner
        )

    async def _grant(self, request: CommandRequest) -> CommandReply:
        self.granted.append(request.id)
        if request.name == "explode":
            raise ZeroDivisionError
        if request.name == "expire":
            raise CommandError("intent_expired", "the intent is over", 409)
        return CommandReply(ok=True, result={"actor": request.actor, **request.args})

    def __enter__(self) -> Self:
        try:
            self.wait(self.server.start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.wait(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def wait(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(60)

    def publish(self, *frames: Frame) -> None:
        async def act() -> None:
            for frame in frames:
                self.ring.add(frame)
            self.server.publish(frames)

        self.wait(act())


@pytest.fixture
def url(redis_url: str) -> Iterator[str]:
    """The URL of an empty Redis database that no other worker uses."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    address = f"{redis_url.rpartition('/')[0]}/{1 + int(worker)}"
    with closing(redis.Redis.from_url(address)) as client:
        client.flushdb()
        yield address
        client.flushdb()


class Blocking:
    def subscriber(self, url: str, silence_s: float = 10.0) -> BusSubscriber:
        return RedisSubscriber(url, silence_s)

    def commands(self, url: str) -> CommandSender:
        return RedisCommands(url)


class OnALoop:
    def subscriber(self, url: str, silence_s: float = 10.0) -> BusSubscriber:
        return blocking_subscriber(AsyncRedisSubscriber(url, silence_s))

    def commands(self, url: str) -> CommandSender:
        return blocking_commands(AsyncRedisCommands(url))


Clients = Blocking | OnALoop


@pytest.fixture(params=[Blocking, OnALoop])
def clients(request: pytest.FixtureRequest) -> Clients:
    kind: Callable[[], Clients] = request.param
    return kind()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    with Engine(url) as running:
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


def numbers(deliveries: list[Delivery]) -> list[int]:
    return [one.seq for one in deliveries if isinstance(one, Frame)]


def test_a_new_subscriber_gets_the_whole_then_the_ring_then_what_comes(
    clients: Clients, engine: Engine, url: str
) -> None:
    engine.publish(fact(1), fact(2))
    subscription = clients.subscriber(url).deliveries(None)
    got = next(subscription)
    assert isinstance(got[0], Welcome)
    assert (got[0].epoch, got[0].floor, got[0].resumed) == ("e", 0, False)
    assert got[1:] == [Whole(WHOLE)]
    while 2 not in numbers(got):
        got += next(subscription)
    engine.publish(fact(3))
    while 3 not in numbers(got):
        got += next(subscription)
    subscription.close()

    assert numbers(got) == [1, 2, 3]


def test_a_subscriber_resumes_after_its_id(clients: Clients, engine: Engine, url: str) -> None:
    engine.publish(fact(1), fact(2), fact(3))
    read(clients.subscriber(url), None, until=3)

    got = read(clients.subscriber(url), EventId("e", 1), until=3)

    assert got == [Welcome("e", 3, 0, resumed=True), fact(2), fact(3)]


@pytest.mark.parametrize("resume", [EventId("other", 1), EventId("e", 99)])
def test_a_place_that_is_not_held_gets_the_whole(
    clients: Clients, engine: Engine, url: str, resume: EventId
) -> None:
    engine.publish(fact(1))
    read(clients.subscriber(url), None, until=1)

    got = read(clients.subscriber(url), resume, until=1)

    assert isinstance(got[0], Welcome)
    assert not got[0].resumed
    assert got[1:] == [Whole(WHOLE), fact(1)]


def test_what_was_published_before_redis_was_there_is_told_as_the_ring_holds_it(url: str) -> None:
    engine = Engine(url, cap=2)
    for seq in range(1, 6):
        engine.ring.add(fact(seq))
    with engine:
        got = read(RedisSubscriber(url), EventId("e", 1), until=5)

    assert got == [Welcome("e", 5, 3, resumed=False), Whole(WHOLE), fact(4), fact(5)]


def test_a_live_snapshot_reaches_who_resumes_before_it(engine: Engine, url: str) -> None:
    whole = Frame(2, SNAPSHOT, sse_frame(EventId("e", 2), SNAPSHOT, b"{}"))
    engine.publish(fact(1), whole, fact(3))
    read(RedisSubscriber(url), None, until=3)

    assert numbers(read(RedisSubscriber(url), EventId("e", 1), until=3)) == [2, 3]


@pytest.mark.usefixtures("engine")
def test_the_engine_pulses_with_its_clock(clients: Clients, url: str) -> None:
    with closing(clients.subscriber(url).deliveries(None)) as subscription:
        next(subscription)
        assert any(Pulse(42) in batch for batch in subscription)


def test_an_engine_that_never_was_is_away(clients: Clients, url: str) -> None:
    with pytest.raises(EngineAway, match="no sign of life"):
        next(clients.subscriber(url).deliveries(None))
    with pytest.raises(EngineAway, match="no sign of life"):
        clients.commands(url).send(CommandRequest("k", "stop", {}, "anna", "owner"), 5)


def test_a_redis_that_is_away_is_said_without_its_password(clients: Clients) -> None:
    nobody = f"redis://:hunter2@127.0.0.1:{free_port()}/0"

    with pytest.raises(EngineAway) as told:
        next(clients.subscriber(nobody).deliveries(None))
    with pytest.raises(ConfigError) as refused, Engine(nobody):
        pass

    assert "hunter2" not in f"{told.value} {refused.value}"
    assert "Redis cannot be used" in str(refused.value)


def test_an_engine_that_ends_or_starts_again_ends_the_subscription(
    clients: Clients, url: str
) -> None:
    with Engine(url) as first:
        first.publish(fact(1))
        subscription = clients.subscriber(url).deliveries(None)
        next(subscription)
    with pytest.raises(BusError, match="another stream"):
        for _ in subscription:
            pass
    with Engine(url, epoch="f") as second:
        second.publish(fact(1, "f"))
        got = read(clients.subscriber(url), EventId("e", 1), until=1)

    assert isinstance(got[0], Welcome)
    assert got[0].epoch == "f"
    assert got[1:] == [Whole(WHOLE), fact(1, "f")]


@pytest.mark.usefixtures("engine")
def test_another_engine_on_the_same_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="a database number of its own"), Engine(url, owner="b"):
        pass

    with closing(redis.Redis.from_url(url)) as client:
        assert client.get(ENGINE) == b"here"


def test_an_engine_that_was_killed_is_followed_at_once_by_the_next(url: str) -> None:
    with closing(redis.Redis.from_url(url)) as client:
        client.set(ENGINE, "here", ex=60)

    with Engine(url) as engine:
        engine.publish(fact(1))
        assert numbers(read(RedisSubscriber(url), None, until=1)) == [1]


@pytest.mark.usefixtures("engine")
def test_a_command_is_answered(clients: Clients, url: str) -> None:
    request = CommandRequest("k1", "prepare", {"command": "pause"}, "anna", "owner")

    assert clients.commands(url).send(request, 30) == CommandReply(
        ok=True, result={"actor": "anna", "command": "pause"}
    )


@pytest.mark.parametrize(
    ("name", "code", "status"), [("expire", "intent_expired", 409), ("explode", "internal", 500)]
)
@pytest.mark.usefixtures("engine")
def test_a_command_that_fails_says_why(url: str, name: str, code: str, status: int) -> None:
    reply = RedisCommands(url).send(CommandRequest("k", name, {}, "anna", "owner"), 30)

    assert reply.error is not None
    assert (reply.ok, reply.error.code, reply.error.status) == (False, code, status)


def test_a_wish_that_nobody_waits_for_any_more_is_not_carried_out(url: str) -> None:
    late = Wish(CommandRequest("late", "stop", {}, "anna", "owner"), "reply", -60)
    with closing(redis.Redis.from_url(url)) as client, Engine(url) as engine:
        client.xadd(WISHES, {"m": encode(late)})
        client.xadd(WISHES, {"m": b"rubbish"})
        RedisCommands(url).send(CommandRequest("k", "prepare", {}, "anna", "owner"), 30)

        wait_until(lambda: "k" in engine.granted, "the wish is granted")
        assert engine.granted == ["k"]
        wait_until(lambda: not client.xlen(WISHES), "every wish is acknowledged")


@contextmanager
def own_redis(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a Redis of this test's own on *port*."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    assert program is not None
    command = [program, "--port", str(port), "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with closing(redis.Redis(port=port)) as client:
            wait_until(lambda: _answers(client), "Redis answers")
        yield server
    finally:
        server.kill()
        server.wait()


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.mark.usefixtures("redis_url")
def test_a_redis_that_died_and_lost_everything_costs_no_fact(tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with own_redis(tmp_path, port) as first:
        engine = Engine(url)
        with engine:
            engine.publish(fact(1))
            assert numbers(read(RedisSubscriber(url), None, until=1)) == [1]
            first.kill()
            first.wait()
            engine.publish(fact(2))
            with own_redis(tmp_path, port):
                engine.publish(fact(3))
                wait_until(lambda: _has_begun(url), "the engine writes again")
                got = read(RedisSubscriber(url), EventId("e", 1), until=3)
                answer = RedisCommands(url).send(
                    CommandRequest("k", "prepare", {}, "anna", "owner"), 30
                )

    assert numbers(got) == [2, 3]
    assert answer.ok


def _has_begun(url: str) -> bool:
    with closing(redis.Redis.from_url(url)) as client:
        return bool(client.exists(ENGINE) and client.exists(WISHES))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    breaks=st.sets(st.integers(0, 30), max_size=6),
)
def test_who_comes_and_goes_misses_no_fact_and_hears_none_twice(
    url: str, batches: list[int], breaks: set[int]
) -> None:
    heard: list[int] = []
    with Engine(url) as engine:
        seq = 0
        for size in batches:
            engine.publish(*[fact(seq + n) for n in range(1, size + 1)])
            seq += size
        while not heard or heard[-1] < seq:
            place = EventId("e", heard[-1]) if heard else None
            with closing(RedisSubscriber(url).deliveries(place)) as subscription:
                for batch in subscription:
                    heard += numbers(batch)
                    if heard and (heard[-1] >= seq or heard[-1] in breaks):
                        breaks.discard(heard[-1])
                        break

    assert heard == list(range(1, seq + 1))
