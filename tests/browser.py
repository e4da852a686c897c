"""Chromium for tests, and a server that gives it the page's own modules and misbehaves at will."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from playwright.sync_api import Browser, expect, sync_playwright
from typing_extensions import override

from tests.services import PATIENCE_S

WEB = Path(__file__).parent.parent / "telegram_webapp"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # a browser that is watched asks plotly where it stands; without this it is parsed thrice more
    "--js-flags=--no-enable-lazy-source-positions",
]
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Yield a browser; one at a time in a thread, as playwright holds the thread's event loop."""
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Exchange:
    """One request as a test's route sees it, and raw ways to answer."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:
        self.headers = handler.headers
        self.stopped = stopped
        self._handler = handler

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the response's head."""
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.send_header("Connection", "close")
        self._handler.end_headers()

    def body(self, data: bytes) -> None:
        """Send a piece of the body at once."""
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def stream(self, *pieces: bytes) -> None:
        """Begin an event stream with these pieces."""
        self.head(HTTPStatus.OK, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        for piece in pieces:
            self.body(piece)

    def hold(self) -> None:
        """Say nothing more until the test is over."""
        self.stopped.wait()


Route = Callable[[Exchange], None]


class PageServer:
    """Serves ``telegram_webapp/`` at its root, and what a test puts into ``routes``."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self._stopped = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm: ClassVar[bool] = True

            def do_GET(self) -> None:
                self.close_connection = True
                path = self.path.partition("?")[0]
                if route := server.routes.get(path):
                    route(Exchange(self, server._stopped))
                else:
                    server.file(Exchange(self, server._stopped), path)

            def do_POST(self) -> None:
                self.do_GET()

            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

            @override
            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    return  # the browser went away: that is what such tests are about

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of the root, ending in a slash."""
        return f"http://127.0.0.1:{self._http.server_port}/"

    def file(self, exchange: Exchange, path: str) -> None:
        """Answer with a file of the page, or an empty document for the root."""
        found = WEB / path.lstrip("/")
        if path == "/":
            exchange.head(HTTPStatus.OK, {"Content-Type": "text/html"})
            exchange.body(b"<!doctype html><title>test</title><link rel=icon href=data:,>")
        elif found.is_file():
            exchange.head(HTTPStatus.OK, {"Content-Type": TYPES[found.suffix]})
            exchange.body(found.read_bytes())
        else:
            exchange.head(HTTPStatus.NOT_FOUND, {"Content-Length": "0"})

    def close(self) -> None:
        """Let every held stream go and stop."""
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
