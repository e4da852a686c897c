"""A small real reverse proxy, with the habits and the faults that such have."""

import asyncio
import re
import ssl
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from tests.loops import let_go

T = TypeVar("T")

# for localhost, signed by itself, valid until 2126
CERTIFICATE: Final = Path(__file__).parent / "localhost.pem"
HEAD_END: Final = b"\r\n\r\n"
PATIENCE_S: Final = 60
CHUNK: Final = 65_536


@dataclass
class Habits:
    """What a proxy does to requests and answers; tests change it while it runs.

    Attributes:
        mount: the path it serves; others it answers with 404.
        strips: whether it takes that path off before it hands a request on.
        host: what it hands on as Host, that of the request if empty.
        says: headers that it sets, whatever the request had; those of the request stay else.
        appends_client: whether it adds the client to X-Forwarded-For, as nginx does.
        holds: whether it keeps an answer back until it is whole.
        refuses: an answer of its own in place of everybody's.
        interrupts: an answer for browsers that do not ask to skip it, as ngrok's free plan has.
    """

    mount: str = ""
    strips: bool = False
    host: str = ""
    says: dict[str, str] = field(default_factory=dict)
    appends_client: bool = True
    holds: bool = False
    refuses: bytes = b""
    interrupts: bytes = b""


class ReverseProxy:
    """Forwards to a port of this machine, in a thread with its own loop; ``heads`` came in."""

    def __init__(self, upstream: int, habits: Habits | None = None, *, tls: bool = False) -> None:
        self.habits = habits or Habits()
        self.heads: list[bytes] = []
        self.port = 0
        self.upstream = upstream
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def url(self) -> str:
        """Where it is, with the path it serves."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://localhost:{self.port}{self.habits.mount}/"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(self._start())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _start(self) -> asyncio.Server:
        context = None
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
        return await asyncio.start_server(self._begin, "127.0.0.1", self.port, ssl=context)

    async def _end(self) -> None:
        self._server.close()
        for writer in self._talks.values():
            writer.transport.abort()
        await let_go()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # known from its first moment: a task that is cancelled before it begins closes nothing
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._talks[task] = writer
        task.add_done_callback(self._talks.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(HEAD_END)
        self.heads.append(head)
        path = head.split(b" ", 2)[1].decode()
        if self.habits.refuses:
            writer.write(self.habits.refuses)
        elif self.habits.interrupts and b"\nngrok-skip-browser-warning:" not in head.lower():
            writer.write(self.habits.interrupts)
        elif not path.startswith(f"{self.habits.mount}/"):
            writer.write(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        else:
            await self._forward(self._rewritten(head, writer), reader, writer)
        await writer.drain()

    def _rewritten(self, head: bytes, writer: asyncio.StreamWriter) -> bytes:
        habits = self.habits
        request, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        if habits.strips:
            request = request.replace(f" {habits.mount}/", " /", 1)
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        own = {"Connection": "close", **habits.says}
        if habits.host:
            own["Host"] = habits.host
        if habits.appends_client:
            before = [value for name, value in headers if name.lower() == "x-forwarded-for"]
            client = writer.get_extra_info("peername")[0]
            own["X-Forwarded-For"] = ", ".join([*before, client])
        replaced = {name.lower() for name in own}
        kept = [(name, value) for name, value in headers if name.lower() not in replaced]
        said = [f"{name}: {value}" for name, value in [*kept, *own.items()]]
        return "\r\n".join([request, *said, "", ""]).encode("latin-1")

    async def _forward(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            answer, upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.write(
                b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        upstream.write(head)
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if length is not None:
            upstream.write(await reader.readexactly(int(length[1])))
        gone = asyncio.create_task(_until_gone(reader))
        back = asyncio.create_task(self._back(answer, writer))
        try:
            await asyncio.wait({gone, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            back.cancel()
            upstream.close()
            await asyncio.gather(gone, back, return_exceptions=True)

    async def _back(self, answer: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.habits.holds:
            writer.write(await answer.read())
            return
        while chunk := await answer.read(CHUNK):
            writer.write(chunk)
            await writer.drain()


async def _until_gone(reader: asyncio.StreamReader) -> None:
    while await reader.read(CHUNK):
        pass
