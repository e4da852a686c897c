"""A small server on loopback that speaks the chat completions protocol, well or badly."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Self

USAGE = {"prompt_tokens": 120, "completion_tokens": 50, "total_tokens": 170}
HEAD = "HTTP/1.1 {} Said\r\nConnection: close\r\n"


@dataclass
class Asked:
    """One request as it came."""

    target: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Hang:
    """Says nothing until the client gives up."""


@dataclass
class Drip:
    """Sends blanks without end, so many at a time."""

    blanks: int = 1
    pause_s: float = 0.01


Said = bytes | Hang | Drip | Callable[[Asked], bytes]


def said(status: int, body: bytes, form: str = "application/json", **headers: str) -> bytes:
    """Return a whole response."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"Content-Type": form, "Content-Length": str(len(body))} | named
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return (HEAD.format(status) + lines + "\r\n").encode() + body


def answer(content: object, usage: object = USAGE, finish: str = "stop") -> bytes:
    """Return a good response; *content* that is no text is sent as JSON; usage None is left out."""
    text = content if isinstance(content, str) else json.dumps(content)
    body: dict[str, Any] = {
        "id": "c-1", "object": "chat.completion", "model": "test-model",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        ],
    }  # fmt: skip
    return said(200, json.dumps(body | ({} if usage is None else {"usage": usage})).encode())


def problem(status: int, message: str = "", **headers: str) -> bytes:
    """Return an error as OpenAI words it."""
    error = {"error": {"message": message, "type": "t", "code": None}}
    return said(status, json.dumps(error).encode(), **headers)


@dataclass
class ChatServer:
    """Answers by *script*, one after another; the last one again and again."""

    script: list[Said]
    asked: list[Asked] = field(default_factory=list)
    _talks: dict["asyncio.Task[None]", asyncio.StreamWriter] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for talk, writer in self._talks.items():
            talk.cancel()
            writer.transport.abort()  # here, as a talk that has not begun yet closes nothing
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def base_url(self) -> str:
        """Return what settings are to name."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks[asyncio.create_task(self._talk(reader, writer))] = writer

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await _request(reader)
        self.asked.append(asked)
        turn = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(turn, Hang | Drip):
            await self._stall(reader, writer, turn)
        else:
            writer.write(turn if isinstance(turn, bytes) else turn(asked))
            await writer.drain()

    async def _stall(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: Hang | Drip
    ) -> None:
        if isinstance(turn, Hang):
            await reader.read()  # until the client hangs up
            return
        writer.write((HEAD.format(200) + "Content-Type: application/json\r\n\r\n").encode())
        while not reader.at_eof():
            writer.write(b" " * turn.blanks)
            await writer.drain()
            await asyncio.sleep(turn.pause_s)


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(first.split(" ")[1], headers, json.loads(body))


@contextlib.asynccontextmanager
async def chat_server(*script: Said) -> AsyncIterator[ChatServer]:
    """Run a server that answers by *script*."""
    async with ChatServer(list(script)) as server:
        yield server
