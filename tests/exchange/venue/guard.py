"""What stands before every REST answer: the log, faults, the request weight and bans.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from aiohttp import web

from tests.exchange.venue.answer_faults import AnswerFault
from tests.exchange.venue.clock import VenueClock
from tests.exchange.venue.faults import Faults

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HEAVY: Final = {"ticker/24hr": 40, "leverageBracket": 1, "allOrders": 5, "openOrders": 40,
                 "account": 5, "balance": 5, "positionRisk": 5, "income": 30, "userTrades": 5,
                 "positionSide/dual": 30, "commissionRate": 20}  # fmt: skip
_KLINE_WEIGHTS: Final = ((100, 1), (500, 2), (1000, 5), (1500, 10))
_DEPTH_WEIGHTS: Final = ((50, 2), (100, 5), (500, 10), (1000, 20))
_FREE: Final = ("/_", "/ws", "/public", "/market", "/private", "/stream")
_PATIENCE: Final = 20  # requests after the first 429 until the ban


class RefusedError(Exception):
    """An answer with an error code of the exchange."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


@dataclass(frozen=True)
class Seen:
    """One request: *params* without the signature, *at* in ms of the venue."""

    at: int
    method: str
    path: str
    params: dict[str, str]
    key: str


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return *body* as JSON."""
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json",
        headers=headers,
    )  # fmt: skip


def weight(path: str, params: dict[str, str]) -> int:
    """Return the request weight of a call."""
    name = path.split("/", 3)[-1]
    if name == "klines":
        return _by_limit(_KLINE_WEIGHTS, int(params.get("limit", 500)))
    if name == "depth":
        return _by_limit(_DEPTH_WEIGHTS, int(params.get("limit", 500)))
    if "symbol" in params and name in {"ticker/24hr", "openOrders"}:
        return 1
    return _HEAVY.get(name, 1)


def _by_limit(table: tuple[tuple[int, int], ...], limit: int) -> int:
    return next((cost for most, cost in table if limit <= most), table[-1][1])


class Guard:
    """The middleware. *limit* is the weight a minute; `seen` keeps the requests."""

    def __init__(self, clock: VenueClock, faults: Faults) -> None:
        self.clock = clock
        self.faults = faults
        self.limit = 2400
        self.seen: list[Seen] = []
        self.used = 0
        self.banned_until = 0
        self.refusals = 0
        self._minute = 0
        self._bans = 0

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer *request*, or let *handler* do it."""
        if request.path.startswith(_FREE[0]):
            return await handler(request)
        params = await self._log(request)
        fault = self.faults.answer(request.method, request.path)
        if fault is not None and not fault.after:
            return self._spoiled(request, fault)
        if request.path.startswith(_FREE):
            return await handler(request)
        response = self._limited(weight(request.path, params)) or await _safely(handler, request)
        if fault is not None:
            return self._spoiled(request, fault)
        response.headers["X-MBX-USED-WEIGHT-1M"] = str(self.used)
        return response

    async def _log(self, request: web.Request) -> dict[str, str]:
        params = {**request.query, **(await request.post())}
        texts = {name: str(value) for name, value in params.items() if name != "signature"}
        key = request.headers.get("X-MBX-APIKEY", "")
        self.seen.append(Seen(self.clock.now(), request.method, request.path, texts, key))
        return texts

    def _limited(self, cost: int) -> web.Response | None:
        now = self.clock.now()
        if now < self.banned_until:
            return self._banned(now)
        if now // 60_000 != self._minute:
            self._minute, self.used, self.refusals = now // 60_000, 0, 0
        self.used += cost
        if self.used <= self.limit:
            return None
        self.refusals += 1
        if self.refusals > _PATIENCE:
            self._bans += 1
            self.banned_until = now + 120_000 * 2 ** (self._bans - 1)
            return self._banned(now)
        text = f"Too many requests; current limit is {self.limit} requests per minute."
        return self._too_many(429, text, 60 - now // 1000 % 60)

    def _banned(self, now: int) -> web.Response:
        text = f"Way too many requests; IP banned until {self.banned_until}."
        return self._too_many(418, text, (self.banned_until - now) // 1000 + 1)

    def _too_many(self, status: int, text: str, wait_s: int) -> web.Response:
        headers = {"Retry-After": str(wait_s), "X-MBX-USED-WEIGHT-1M": str(self.used)}
        return reply({"code": -1003, "msg": text}, status, headers)

    def _spoiled(self, request: web.Request, fault: AnswerFault) -> web.StreamResponse:
        if fault.status is None:
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError
        headers = {**fault.headers, "X-MBX-USED-WEIGHT-1M": str(self.used)}
        if fault.code is None:
            text = fault.text or "<html><body>error of a proxy</body></html>"
            return web.Response(
                text=text, status=fault.status, content_type="text/html", headers=headers
            )
        return reply({"code": fault.code, "msg": fault.text}, fault.status, headers)


async def _safely(handler: Handler, request: web.Request) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as refused:
        return reply({"code": refused.code, "msg": refused.text}, refused.status)
    except web.HTTPNotFound:
        return reply({"code": -5000, "msg": f"Path {request.path} is invalid"}, 404)
