"""The same stream under a server that gives no socket away: a thread for each request."""

import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from typing_extensions import override

from infra.settings import Settings
from tests.telegram_webapp.rig import Client, StandInEngine, until
from tests.telegram_webapp.serve_stream import StreamOnly


class ThreadedServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[StandInEngine]:
    with StandInEngine(tmp_path) as running:
        yield running


@pytest.fixture
def web(engine: StandInEngine, tmp_path: Path) -> Iterator[StreamOnly]:
    served = StreamOnly(Settings(data_dir=tmp_path, streams_per_client=3, max_streams=4))
    served.start()
    yield served
    served.stop()
    engine.stop()


@pytest.fixture
def port(web: StreamOnly) -> Iterator[int]:
    with make_server(
        "127.0.0.1", 0, web.application, server_class=ThreadedServer, handler_class=Quiet
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        web.hub.stop()
        server.shutdown()
        thread.join()


def test_a_queued_stream_gives_the_same_as_a_socket(engine: StandInEngine, port: int) -> None:
    engine.facts(3)
    with Client(port, "e1-1") as resumed, Client(port) as new:
        new.begin().until(lambda e: e.type == "snapshot")
        last = engine.facts(2)

        assert resumed.begin().facts_until(last) == [2, 3, 4, 5]
        assert new.facts_until(last) == [4, 5]


def test_a_queued_stream_that_nobody_takes_is_cut(
    engine: StandInEngine, web: StreamOnly, port: int
) -> None:
    with Client(port) as stuck:
        stuck.begin().until(lambda e: e.type == "snapshot")
        until(lambda: engine.facts(20, size=20_000), lambda _: web.hub.stats()["cut"] == 1)


def test_a_queued_stream_ends_with_when_to_come_back(
    engine: StandInEngine, web: StreamOnly, port: int
) -> None:
    last = engine.facts(1)
    with Client(port, "e1-0") as client:
        client.begin().facts_until(last)
        web.hub.stop()

        assert client.rest().startswith(b"retry: ")


def test_a_queued_client_that_left_is_forgotten_at_the_next_write(
    engine: StandInEngine, web: StreamOnly, port: int
) -> None:
    with Client(port) as client:
        client.begin().until(lambda e: e.type == "snapshot")
        client.reset()
        until(lambda: engine.facts(1), lambda _: web.hub.stats()["clients"] == 0)

    assert web.hub.stats()["left"] == 1


def test_the_caps_of_a_credential_and_of_the_server_are_kept(web: StreamOnly, port: int) -> None:
    crowd = [Client(port, key="anna").begin() for _ in range(3)]
    with Client(port, key="anna") as over:
        assert b" 429 " in over.begin().head.split(b"\r\n")[0]
        assert b"Retry-After: 30" in over.head
    crowd.append(Client(port, key="bert").begin())
    with Client(port, key="carl") as over:
        assert b" 503 " in over.begin().head.split(b"\r\n")[0]
        assert b"Retry-After: 30" in over.head
    assert web.hub.stats()["clients"] == 4
    for client in crowd:
        client.__exit__()


def test_head_asks_for_the_head_alone(web: StreamOnly) -> None:
    answer = web.application.test_client().head("/api/dashboard/stream")

    assert answer.status_code == 200
    assert answer.mimetype == "text/event-stream"
    assert web.hub.stats()["clients"] == 0
