"""The real server over real sockets: databases on threads beside greenlets, and rude clients."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psutil
import pytest

from store.access import AccessStore, Role
from telegram_webapp.headers import SECURITY_HEADERS
from telegram_webapp.limits import SLOWED_S
from tests.telegram_webapp.house import fill_history, fill_state
from tests.telegram_webapp.rig import PATIENCE_S, StandInEngine, free_port, listens, until
from tests.telegram_webapp.test_webapp_server import started
from utils.clock import SystemClock

CHUNKED = (
    b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n"
)


class Served:
    """A web process with an engine and a history, and an owner's key."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.port = port
        self.access = AccessStore(data_dir / "access.db")
        self.access.migrate()
        self.key = self.access.create_key("test", Role.OWNER, SystemClock().now())
        self.pid = 0

    def memory(self) -> int:
        """Return the bytes that the worker holds."""
        (worker,) = psutil.Process(self.pid).children()
        return int(worker.memory_info().rss)

    def ask(
        self, path: str, *, method: str = "GET", body: object = None, key: str | None = None
    ) -> tuple[int, bytes]:
        """Return the status and body that a program gets."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        data = None if body is None else msgspec.json.encode(body)
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
        connection.close()
        return status, text

    def say(self, data: bytes) -> bytes:
        """Return all that is answered to raw bytes."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S) as connection:
            answer = b""
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while chunk := connection.recv(65536):
                    answer += chunk
            except OSError:
                pass  # it did not even want to hear the rest
            return answer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data_dir, port = tmp_path_factory.mktemp("served"), free_port()
    fill_history(data_dir)
    built = Served(data_dir, port)
    with StandInEngine(data_dir) as engine, started(data_dir, DASHBOARD_PORT=str(port)) as web:
        built.pid = web.pid
        engine.call(lambda: fill_state(engine))
        until(lambda: listens(port), bool)
        until(lambda: b'"engine":"up"' in built.ask("/api/health")[1], bool)
        yield built
    built.access.close()


def test_many_ask_the_database_at_once(served: Served) -> None:
    paths = ["/api/trades", "/api/activity", "/api/equity", "/api/digest?since=0", "/api/me",
             "/api/data/BTCUSDT?hours=3", "/api/orders?status=all", "/api/signals?since=0",
             "/api/performance", "/api/ab-test", "/api/theories"] * 12  # fmt: skip

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(served.ask, paths))

    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) == 11


def test_a_code_redeemed_by_many_at_once_signs_one_in(served: Served) -> None:
    code = served.access.create_code(Role.VIEWER, now=SystemClock().now(), life_ms=60_000)

    def redeem(_: int) -> int:
        return served.ask("/api/auth/login", method="POST", body={"code": code})[0]

    with ThreadPoolExecutor(5) as pool:
        statuses = sorted(pool.map(redeem, range(5)))

    assert statuses == [200, 401, 401, 401, 401]


def test_nobody_is_believed_that_it_was_https_unless_told_to(served: Served) -> None:
    code = served.access.create_code(Role.VIEWER, now=SystemClock().now(), life_ms=60_000)
    body = msgspec.json.encode({"code": code})

    answer = served.say(
        b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )

    assert b"HTTP/1.1 200" in answer
    assert b"; HttpOnly" in answer
    assert b"Secure" not in answer


def test_a_slowed_stranger_slows_nobody_else(served: Served) -> None:
    done: list[str] = []

    def guess() -> None:
        served.ask("/api/me", key="wrong")
        done.append("stranger")

    strangers = [threading.Thread(target=guess) for _ in range(4)]
    began = SystemClock().monotonic()
    for thread in strangers:
        thread.start()
    for _ in range(5):
        assert served.ask("/api/me")[0] == 200
        done.append("owner")
    owner_s = SystemClock().monotonic() - began
    for thread in strangers:
        thread.join()

    assert owner_s < SLOWED_S or done[:5].count("owner") >= 4


def test_every_command_reaches_the_engine_and_comes_back(served: Served) -> None:
    def command(number: int) -> tuple[int, Any]:
        body = {"command": "pause", "idempotency_key": f"k{number}"}
        status, text = served.ask("/api/commands", method="POST", body=body)
        return status, msgspec.json.decode(text)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(command, range(24)))

    assert answers == [(200, {"intent": {"name": "prepare", "actor": "test"}})] * 24
    rows = served.access.audit.newest(24)
    assert {row.result for row in rows} == {"done"}
    assert {row.detail["idempotency_key"] for row in rows} == {f"k{n}" for n in range(24)}


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/trades?symbol=\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\xff\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.com/ HTTP/1.1\r\nHost: evil.com\r\n\r\n",
        b"POST /api/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nshort",
        b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"x" * 0x8000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        CHUNKED + b"\r\nzzz\r\n",
        CHUNKED + b"\r\n-5\r\nabcde\r\n0\r\n\r\n",
        CHUNKED + b"\r\n5\r\nabcdeXXX",
        CHUNKED.replace(b"chunked", b"foo") + b"\r\n",
    ],
)
def test_a_rude_request_is_refused_and_forgotten(served: Served, head: bytes) -> None:
    answer = served.say(head)

    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 100"))
    assert b"Traceback" not in answer
    assert served.ask("/api/me")[0] == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /?code=secret HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 10_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: luck\r\n\r\n", 417),
    ],
)
def test_what_is_no_http_is_refused_like_everything_else(
    served: Served, head: bytes, status: int
) -> None:
    said, _, body = served.say(head).partition(b"\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 %d " % status)
    for name, value in SECURITY_HEADERS.items():
        assert f"{name}: {value}".encode() in said
    assert msgspec.json.decode(body)["code"] == "no_request"


def test_a_body_that_does_not_come_is_not_waited_for(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), PATIENCE_S) as connection:
        connection.sendall(CHUNKED + b"\r\nfff\r\n{")

        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_who_takes_nothing_of_a_large_file_costs_no_memory(served: Served) -> None:
    page = served.ask("/")[1].decode()
    path = page.partition('"plotly":"')[2].partition('"')[0]
    before = served.memory()
    with ExitStack() as closing:
        for _ in range(30):
            connection = closing.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", served.port))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert connection.recv(1)
        after = served.memory()

    assert after - before < 30_000_000  # held in memory, it would be 140 MB


def test_random_bytes_are_refused_and_forgotten(served: Served) -> None:
    random = Random(7)
    for _ in range(60):
        method = random.choice([b"GET /api/", b"POST /api/commands ", b"", b"PUT /"])
        answer = served.say(method + random.randbytes(random.randrange(400)) + b"\r\n\r\n")
        assert b" 500 " not in answer.split(b"\r\n")[0]

    assert served.ask("/api/me")[0] == 200
