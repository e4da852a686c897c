"""A bot in a thread, with a local Bot API, a scripted engine and real databases."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from pydantic import SecretStr
from typing_extensions import override

from core.dashboard import SCHEMA_VERSION, State, apply, empty_state
from core.errors import CommandError
from core.stream import EventId, Frame, Ring, sse_frame
from infra.bus.base import CommandReply, CommandRequest
from infra.bus.unix_server import UnixBusServer
from infra.settings import Settings
from store.access import AccessStore, Role
from store.user import User
from telegram_bot.process import BotProcess, open_deck
from tests.loops import let_go
from tests.services import PATIENCE_S, wait_until
from tests.telegram_bot.bot_api.people import Person
from tests.telegram_bot.bot_api.server import TOKEN, BotApi
from utils.clock import SystemClock

PAGE = "https://deck.example.org/"
OWNER, TRADER, VIEWER, STRANGER = 11, 22, 33, 44


class Thread:
    """A loop in a thread, in which one coroutine runs until it is told to stop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait(self, work: Awaitable[Any], timeout_s: float = PATIENCE_S) -> Any:
        async def run() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout_s)

    def end(self) -> None:
        self.wait(let_go())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class ScriptedEngine(AbstractContextManager["ScriptedEngine"]):
    """An engine's end of the bus: what it tells and grants is what a test says.

    Attributes:
        state: what the dashboard shows.
        asked: every wish, in order.
        grant: answers a wish; may raise `CommandError`.
    """

    def __init__(self, folder: Path, **sections: Any) -> None:
        engine = {"at": 1, "status": "running", "badge": "SIMULATED", "currency": "USDT"}
        self.state: State = empty_state() | {"engine": engine, **sections}
        self.asked: list[CommandRequest] = []
        self.grant: Callable[[CommandRequest], dict[str, Any]] = Intents().grant
        self._ring = Ring()
        self._ring.reset("e", 0)
        self._thread = Thread()
        path = folder / "run" / "engine.sock"
        path.parent.mkdir(exist_ok=True)
        self._server = UnixBusServer(path, self._ring, self._whole, self._answer, lambda: 9)

    @override
    def __enter__(self) -> Self:
        self._thread.start()
        self._thread.wait(self._server.start())
        return self

    @override
    def __exit__(self, *_: object) -> None:
        self._thread.wait(self._server.stop())
        self._thread.end()

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Tell of an event of *kind*."""

        async def act() -> None:
            seq = self._ring.seq + 1
            self.state = apply(self.state, kind, data)
            text = sse_frame(EventId("e", seq), kind, msgspec.json.encode({"at": seq, **data}))
            frame = Frame(seq, "", text)
            self._ring.add(frame)
            self._server.publish([frame])

        self._thread.wait(act())

    def _whole(self) -> bytes:
        return msgspec.json.encode({
            "schema_version": SCHEMA_VERSION, "epoch": "e", "seq": self._ring.seq, "at": 1,
            "state": self.state,
        })  # fmt: skip

    async def _answer(self, request: CommandRequest) -> CommandReply:
        self.asked.append(request)
        return CommandReply(ok=True, result=self.grant(request))


class Intents:
    """Grants what the engine's own desk does: intents of one person, used once."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}
        self.valid_s = 60

    def grant(self, request: CommandRequest) -> dict[str, Any]:
        if request.name == "stop":
            return {"ok": True, "title": "Trading stopped", "detail": "0 entry orders cancelled."}
        if request.name == "prepare":
            nonce = f"nonce-{len(self.open) + 1}"
            self.open[nonce] = request.actor
            command = request.args["command"]
            line = {"label": "Net result", "value": -1.5, "tone": "total", "text": ""}
            return {
                "intent_id": nonce, "command": command, "title": f"Title of {command}",
                "summary": "What it does.", "lines": [line], "act_label": f"Do {command}",
                "badge": "SIMULATED", "expires_at": 1, "valid_s": self.valid_s,
            }  # fmt: skip
        if self.open.get(request.args["intent_id"]) != request.actor:
            raise CommandError("intent_expired", "This confirmation is no longer valid.")
        del self.open[request.args["intent_id"]]
        return {"ok": True, "title": "Done", "detail": ""}


class RunningBot(AbstractContextManager["RunningBot"]):
    """The bot process's inside, polling *api*."""

    def __init__(self, folder: Path, api: BotApi, **settings: Any) -> None:
        given = {"data_dir": folder, "public_url": PAGE, "telegram_api_url": api.url, **settings}
        self.settings = Settings(telegram_bot_token=SecretStr(TOKEN), **given)
        self.folder = folder
        self.api = api
        self._thread = Thread()
        self._stopping: asyncio.Event | None = None
        self._running: Any = None

    @override
    def __enter__(self) -> Self:
        self._thread.start()
        self._running = asyncio.run_coroutine_threadsafe(self._run(), self._thread.loop)
        self.wait_until_polling()
        return self

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._stopping is not None:
            self._thread.loop.call_soon_threadsafe(self._stopping.set)
        try:
            self._running.result(PATIENCE_S)
        finally:
            self._thread.end()

    def wait_until_polling(self) -> None:
        wait_until(lambda: self.api.is_polled or self._running.done(), "the bot polls", PATIENCE_S)

    def wait_ended(self) -> None:
        """Return, or raise what ended it, once it has ended by itself."""
        try:
            self._running.result(PATIENCE_S)
        finally:
            self._thread.end()

    async def _run(self) -> None:
        clock = SystemClock()
        self._stopping = asyncio.Event()
        async with open_deck(self.settings, clock) as deck:
            await BotProcess(deck).run(self._stopping)


def access_of(folder: Path) -> AccessStore:
    """Return the database of users in *folder*, with one of each role."""
    store = AccessStore(folder / "access.db")
    store.migrate()
    for number, role in ((OWNER, Role.OWNER), (TRADER, Role.TRADER), (VIEWER, Role.VIEWER)):
        store.users.allow(number, role, "test", 1, name=role.title())
    return store


def crew(api: BotApi) -> tuple[Person, Person, Person]:
    """Return an owner, a trader and a viewer."""
    return api.person(OWNER, "Olga"), api.person(TRADER, "Tom"), api.person(VIEWER, "Vera")


def user_of(store: AccessStore, number: int) -> User:
    found = store.users.find(number)
    assert found is not None
    return found
