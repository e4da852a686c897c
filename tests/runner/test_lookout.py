"""The page is a real one, behind a real proxy with each of the usual faults."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from infra.recognition import Recognition
from runner.lookout import Lookout, Sight
from tests.reverse_proxy import CERTIFICATE, Habits, ReverseProxy
from tests.telegram_webapp.house import House
from tests.telegram_webapp.rig import free_port
from utils.clock import SystemClock


@contextmanager
def served(data_dir: Path, **settings: Any) -> Iterator[int]:
    """Serve a page; yield its port."""
    house = House(data_dir, **settings)
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        house.close()


Behind = Callable[..., ReverseProxy]


@pytest.fixture
def behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Behind]:
    """Put a page behind a proxy with some habits."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:

        def put(habits: Habits, *, tls: bool = False, **settings: Any) -> ReverseProxy:
            proxy = stack.enter_context(ReverseProxy(9, habits, tls=tls))
            settings = {"trusted_proxies": ["127.0.0.1"], "public_url": proxy.url} | settings
            proxy.upstream = stack.enter_context(served(tmp_path / "data", **settings))
            return proxy

        yield put


def look(tmp_path: Path, url: str) -> Sight:
    recognition = Recognition(tmp_path / "data" / "run")
    return asyncio.run(Lookout(recognition, SystemClock()).look(url))


@pytest.mark.parametrize("strips", [True, False])
def test_a_page_below_a_path_behind_tls_is_right(
    behind: Behind, tmp_path: Path, *, strips: bool
) -> None:
    says = {"X-Forwarded-Proto": "https"}
    proxy = behind(Habits(mount="/bot1", strips=strips, says=says), tls=True)

    assert look(tmp_path, proxy.url) == Sight()
    assert all(b"ngrok-skip-browser-warning" in head for head in proxy.heads[:-1])
    assert b"ngrok-skip-browser-warning" not in proxy.heads[-1]


def test_a_proxy_that_is_not_named_works_with_a_remark(behind: Behind, tmp_path: Path) -> None:
    proxy = behind(Habits(), tls=True, trusted_proxies=[])

    sight = look(tmp_path, proxy.url)

    assert sight.trouble == ""
    assert [remark for remark in sight.remarks if "127.0.0.1, in TRUSTED_PROXIES" in remark]


def test_a_proxy_that_hides_the_scheme_works_with_a_remark(behind: Behind, tmp_path: Path) -> None:
    proxy = behind(Habits(host="127.0.0.1"), tls=True)

    (remark,) = look(tmp_path, proxy.url).remarks

    assert remark.startswith("The page takes itself for http://127.0.0.1/: have the proxy send")


def test_a_page_of_ngroks_own_before_ours_is_remarked_on(behind: Behind, tmp_path: Path) -> None:
    head = "HTTP/1.1 200 OK\r\nNgrok-Error-Code: ERR_NGROK_6024\r\nConnection: close\r\n\r\n"
    proxy = behind(Habits(interrupts=head.encode()))

    sight = look(tmp_path, proxy.url)

    assert sight.trouble == ""
    assert sight.remarks[0].startswith("ngrok shows each browser a page of its own first")


@pytest.mark.parametrize(
    ("habits", "trouble"),
    [
        (Habits(holds=True), "holds streams back: switch off the proxy's buffering"),
        (Habits(host="inside.lan"), "is asked for by another name: have the proxy hand Host on"),
        (Habits(mount="/bot1"), "has nothing at / (404)"),
    ],
    ids=["holds", "host", "path"],
)
def test_what_the_proxy_does_wrong_is_said(
    behind: Behind, tmp_path: Path, habits: Habits, trouble: str
) -> None:
    proxy = behind(habits, public_url=None)

    assert trouble in look(tmp_path, f"http://localhost:{proxy.port}/").trouble


def test_a_path_that_is_neither_taken_off_nor_known_is_said(behind: Behind, tmp_path: Path) -> None:
    proxy = behind(Habits(mount="/bot1"), public_url=None)

    assert "by another path: the proxy must hand /bot1/ on" in look(tmp_path, proxy.url).trouble


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ("502 Bad Gateway\r\n", "does not reach the page (502)"),
        ("401 Unauthorized\r\n", "asks for a sign-in of its own (401)"),
        ("301 Moved\r\nLocation: https://deck.example/\r\n", "leads on to https://deck.example/"),
        ("200 OK\r\n", "is something else, not Quarterdeck"),
        ("500 Oops\r\n", "answers 500"),
        ("404 Not Found\r\nNgrok-Error-Code: ERR_NGROK_3200\r\n", "the tunnel is not connected"),
        ("200 OK\r\nNgrok-Error-Code: ERR_NGROK_6024\r\n", "a page of its own in place of every"),
        (
            "429 No\r\nNgrok-Error-Code: ERR_NGROK_1\r\n",
            "https://ngrok.com/docs/errors/err_ngrok_1",
        ),
    ],
)
def test_what_answers_in_our_place_is_said(tmp_path: Path, answer: str, trouble: str) -> None:
    head = f"HTTP/1.1 {answer}Content-Length: 5\r\nConnection: close\r\n\r\nhello"
    with ReverseProxy(9, Habits(refuses=head.encode())) as proxy:
        assert trouble in look(tmp_path, proxy.url).trouble


def test_another_instance_is_told_from_this(behind: Behind, tmp_path: Path) -> None:
    proxy = behind(Habits())
    other = Lookout(Recognition(tmp_path / "other"), SystemClock())

    assert "is another Quarterdeck" in asyncio.run(other.look(proxy.url)).trouble


def test_a_certificate_that_nobody_signed_is_said(
    behind: Behind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = behind(Habits(), tls=True)
    monkeypatch.delenv("SSL_CERT_FILE")

    assert "has a certificate that is not valid" in look(tmp_path, proxy.url).trouble


def test_a_port_where_nobody_listens_is_said(tmp_path: Path) -> None:
    port = free_port()

    trouble = look(tmp_path, f"http://localhost:{port}/").trouble

    assert trouble == f"is refused: nothing listens at localhost:{port}"


def test_a_name_that_is_not_known_is_said(tmp_path: Path) -> None:
    assert look(tmp_path, "https://deck.invalid/").trouble.startswith("has no address")


@pytest.mark.parametrize(
    ("scheme", "answer", "trouble"),
    [
        ("http", b"", "cannot be reached: "),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS: nothing for https"),
    ],
)
def test_one_that_speaks_something_else_is_said(
    tmp_path: Path, scheme: str, answer: bytes, trouble: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def speak() -> None:
            with server.accept()[0] as connection:
                connection.recv(10_000)
                connection.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        said = look(tmp_path, f"{scheme}://127.0.0.1:{port}/").trouble
        thread.join()

    assert said.startswith(trouble)
