"""The signed REST answers: account, settings, orders, conditional orders, books and listen keys."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from tests.exchange.venue.account import Account
from tests.exchange.venue.guard import RefusedError, reply

DEFAULT_WINDOW_MS: Final = 5000
MOST_AHEAD_MS: Final = 1000


@dataclass
class Call:
    """A checked request: who asks for what."""

    account: Account
    params: dict[str, str]

    @property
    def symbol(self) -> str | None:
        """Return the contract asked about, if any."""
        return self.params.get("symbol")

    def whole(self, name: str, default: int) -> int:
        """Return a whole number of the parameters."""
        return int(self.params.get(name, default))


Answer = Callable[[Call], Any]


class Door:
    """Checks keys, signatures and times, and hands what passes to the answers."""

    def __init__(self, accounts: dict[str, Account], now: Callable[[], int]) -> None:
        self.accounts = accounts
        self.now = now
        self.ack_delay_s: Callable[[], float] = lambda: 0.0

    def signed(
        self, answer: Answer, *, trades: bool = False
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler that lets *answer* speak to a signed request."""

        async def handle(request: web.Request) -> web.StreamResponse:
            account = self.account(request)
            query, body = request.query_string, await request.text()
            params = {name: str(value) for name, value in request.query.items()}
            params |= {name: str(value) for name, value in (await request.post()).items()}
            self._check_signature(account, query, body)
            self._check_time(params)
            told = answer(Call(account, params))
            if trades and (delay := self.ack_delay_s()):
                await asyncio.sleep(delay)
            return reply(told)

        return handle

    def keyed(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return a handler for requests that only name their key."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return reply(answer(Call(self.account(request), dict(request.query))))

        return handle

    def account(self, request: web.Request) -> Account:
        """Return the account of the request's key.

        Raises:
            RefusedError: there is none.
        """
        key = request.headers.get("X-MBX-APIKEY", "")
        if not key:
            raise RefusedError(-2014, "API-key format invalid.", 401)
        if key not in self.accounts:
            raise RefusedError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        return self.accounts[key]

    def _check_signature(self, account: Account, query: str, body: str) -> None:
        whole = query + body
        text, _, given = whole.rpartition("signature=")
        right = hmac.new(
            account.secret.encode(), text.rstrip("&").encode(), hashlib.sha256
        ).hexdigest()
        if not hmac.compare_digest(right.encode(), given.encode()):
            raise RefusedError(-1022, "Signature for this request is not valid.")

    def _check_time(self, params: dict[str, str]) -> None:
        if not params.get("timestamp", "").isdigit():
            raise RefusedError(-1102, "Mandatory parameter 'timestamp' was not sent.")
        at, now = int(params["timestamp"]), self.now()
        window = int(params.get("recvWindow", DEFAULT_WINDOW_MS))
        if at > now + MOST_AHEAD_MS:
            raise RefusedError(
                -1021, "Timestamp for this request was 1000ms ahead of the server's time."
            )
        if now - at > window:
            raise RefusedError(-1021, "Timestamp for this request is outside of the recvWindow.")


def page(call: Call, rows: list[Any], at: Callable[[Any], int], *, most: int = 1000) -> list[Any]:
    """Return the *rows* a request's startTime, endTime and limit leave: the oldest of them."""
    start, end = call.whole("startTime", 0), call.whole("endTime", 1 << 60)
    fitting = [row for row in rows if start <= at(row) <= end]
    limit = min(most, call.whole("limit", 500))
    return fitting[:limit] if "startTime" in call.params else fitting[-limit:]


def money(amount: Decimal) -> str:
    """Return *amount* as settings tell it."""
    return f"{amount:.8f}"
