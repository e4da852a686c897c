"""A local Bot API server that speaks the documented protocol over loopback HTTP.

Source: https://core.telegram.org/bots/api. It runs in a thread of its own, so that tests may
use it from plain functions, coroutines and other processes. Its state survives `stop`.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from aiohttp import ClientConnectionResetError, web

from tests.loops import let_go
from tests.services import PATIENCE_S, free_port, wait_until
from tests.telegram_bot.bot_api.errors import ApiError, bad_request
from tests.telegram_bot.bot_api.faults import Fault
from tests.telegram_bot.bot_api.methods import METHODS
from tests.telegram_bot.bot_api.people import Person
from tests.telegram_bot.bot_api.polling import Polling
from tests.telegram_bot.bot_api.world import Call, Chat, Json, Shown, World

TOKEN = "4242424242:AAtestTESTtestTESTtestTESTtestTESTt"
MAX_BODY = 60 * 1024 * 1024


def seconds() -> int:
    return int(time.time())


class BotApi:  # noqa: PLR0904 - the one door for tests
    """A server at `url` for the bot whose token is *token*.

    ``with BotApi() as api: anna = api.person(1, "Anna"); anna.says("/start")``, and then
    ``anna.chat.last.text`` is what the bot answered.
    """

    def __init__(self, token: str = TOKEN, now: Callable[[], int] = seconds) -> None:
        self.token = token
        self.world = World(token, now)
        self.faults: list[Fault] = []
        self._port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._polling = Polling(self.world, self._loop)

    @property
    def url(self) -> str:
        """The setting TELEGRAM_API_URL of a bot that talks to this server."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def calls(self) -> list[Call]:
        """What the bot asked for until now, without getUpdates."""
        return [call for call in list(self.world.calls) if call.method != "getUpdates"]

    @property
    def is_polled(self) -> bool:
        """Whether a bot waits for updates now."""
        return self._polling.is_waited_for

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._wait(let_go())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def start(self) -> None:
        """Listen, again at the same place after `stop`."""
        self._wait(self._start())

    def stop(self) -> None:
        """Drop every connection and listen no more; chats and updates are kept."""
        self._wait(self._stop())

    def person(self, number: int, name: str = "Anna", username: str = "") -> Person:
        """Return a user; the bot may write to them once they have said something."""
        return Person(self.world, number, name, username)

    def group(self, number: int = -1001, title: str = "Crew") -> Chat:
        """Return a group that the bot is in."""
        with self.world.lock:
            return self.world.chats.setdefault(number, Chat(number, "supergroup", title))

    def fail(self, *faults: Fault) -> None:
        """Let the next calls go wrong, in the order given for each method."""
        with self.world.lock:
            self.faults += faults

    def wait_until_polled(self) -> None:
        """Return once a bot waits for updates."""
        wait_until(lambda: self.is_polled, "a bot polls")

    def interrupt_polling(self) -> None:
        """Poll once, as another program with the same token would."""
        self.wait_until_polled()
        self._wait(self._polling.updates({}))

    def called(self, method: str) -> list[Json]:
        """Return the parameters of every call of *method*."""
        return [call.params for call in self.calls if call.method == method]

    def wait_for_message(self, person: Person, text: str, timeout_s: float = PATIENCE_S) -> Shown:
        """Return the bot's newest message in *person*'s chat that has *text* in it, once there."""

        def found() -> Shown | None:
            with self.world.lock:
                fitting = [m for m in person.chat.from_bot if text in m.text]
            return fitting[-1] if fitting else None

        wait_until(
            lambda: found() is not None, f"{person.id} reads {text!r}, not {person.chat.texts}",
            timeout_s,
        )  # fmt: skip
        message = found()
        assert message is not None
        return message

    def _wait(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def _start(self) -> None:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()

    async def _stop(self) -> None:
        if self._runner is not None:
            runner, self._runner = self._runner, None
            self._polling.end()
            for handler in list(runner.server.connections if runner.server else []):
                if handler.transport is not None:
                    handler.transport.abort()
            await runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params = await _params(request)
        fault = self._fault(method, params)
        if fault.slow_s:
            await asyncio.sleep(fault.slow_s)
        if fault.is_cut:
            return _drop(request)
        wrong = ApiError(401, "Unauthorized") if request.match_info["token"] != self.token else None
        if refusal := wrong or fault.error:
            return web.json_response(refusal.body, status=refusal.status)
        try:
            result = await self._answer(method, params)
        except ApiError as error:
            return web.json_response(error.body, status=error.status)
        if fault.is_lost:
            return _drop(request)
        return web.json_response({"ok": True, "result": result})

    def _fault(self, method: str, params: Json) -> Fault:
        with self.world.lock:
            self.world.calls.append(Call(method, params, self.world.now()))
            for fault in self.faults:
                fits = fault.method in {"*", method}
                chat = fault.chat_id
                if fits and (chat is None or str(chat) == str(params.get("chat_id"))):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    return fault
        return Fault()

    async def _answer(self, method: str, params: Json) -> Any:
        if method == "getUpdates":
            return await self._polling.updates(params)
        if method not in METHODS:
            raise ApiError(404, "Not Found: method not found")
        with self.world.lock:
            try:
                return METHODS[method](self.world, params)
            except KeyError as error:
                raise bad_request(f"parameter {error} is missing") from error


def _drop(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    raise ClientConnectionResetError("the test said so")


async def _params(request: web.Request) -> Json:
    """Return what is given in the query, as JSON, as a form or in parts; objects are parsed."""
    params: Json = dict(request.query)
    if request.content_type == "application/json":
        params.update(await request.json())
        return params
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            params[name] = (value.filename, value.file.read())
        else:
            params[name] = value
    return {name: _parsed(name, value) for name, value in params.items()}


def _parsed(name: str, value: Any) -> Any:
    is_text = name in {"text", "caption", "callback_query_id", "parse_mode"}
    if is_text or not isinstance(value, str):
        return value
    if value[:1] in {"{", "["} or value in {"true", "false"}:
        return json.loads(value)
    return value
