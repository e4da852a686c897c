"""The client: one question, an answer within its time, and never more than its purse holds.

The only module that knows httpx; import it late, so that who asks nobody does not load it.
"""

import asyncio
import logging
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx

from core.errors import ConfigError
from infra.llm import protocol
from infra.llm.base import Access, Chat, ChatFailedError, Purse, Reply, Usage
from utils.backoff import Backoff
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

LARGEST_ANSWER: Final = 256 * 1024
LARGEST_PROBLEM: Final = 16 * 1024
BACKOFF_BASE_S: Final = 1.0
BACKOFF_CAP_S: Final = 20.0
LONGEST_CAUSE: Final = 120
MASK: Final = "***"


@dataclass(slots=True)
class _Attempt:
    """What is known of one attempt's cost: nothing was sent, the worst, or what was used."""

    worst: Usage
    sent: bool = False
    used: Usage | None = None

    @property
    def bill(self) -> Usage:
        """Return what to pay: who sent a question and lost the answer pays the worst."""
        return self.used or (self.worst if self.sent else Usage())

    async def trace(self, event: str, _info: dict[str, Any]) -> None:
        """Notice when the question leaves."""
        if event.endswith("send_request_headers.started"):
            self.sent = True


class ChatClient:
    """Asks one model.

    Promise: `ask` ends within the time limit, retries included; nothing is sent that the purse
    cannot pay for at its worst; the key is in no text that leaves here; redirects are not
    followed, and no more than `LARGEST_ANSWER` bytes are read.
    """

    def __init__(self, access: Access, clock: Clock, rng: Random | None = None) -> None:
        """Prepare to ask; nothing is sent yet.

        Raises:
            ConfigError: the address or the key cannot be used.
        """
        self._access = access
        self._clock = clock
        self._rng = rng or Random()  # noqa: S311 - spreads retries
        self._left_alone_until_s = 0.0
        self._url = _address(access.base_url)
        self._http = httpx.AsyncClient(
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=access.timeout_s / 2),  # `ask` limits the rest
            headers={
                "Authorization": f"Bearer {_key(access)}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def ask(self, chat: Chat, purse: Purse) -> Reply:
        """Return the model's answer, or why there is none."""
        limit_s = self._access.timeout_s
        body = protocol.request_body(self._access, chat)
        try:
            async with asyncio.timeout(limit_s):
                return await self._ask(body, purse, self._clock.monotonic() + limit_s)
        except TimeoutError:
            failure = f"{self._url.host} gave no answer within {limit_s:g} s"
            return Reply(failure=failure, gate="timeout")
        except ChatFailedError as error:
            failure = self._without_key(f"{self._url.host}: {error}")
            return Reply(failure=failure, gate=error.gate)

    async def _ask(self, body: bytes, purse: Purse, until_s: float) -> Reply:
        """Try until there is an answer, a refusal, or no time left.

        Raises:
            ChatFailedError: there is no answer.
        """
        backoff = Backoff(BACKOFF_BASE_S, BACKOFF_CAP_S, self._rng)
        retries = self._access.retries
        self._check_left_alone()
        while True:
            try:
                return await self._try(body, purse)
            except ChatFailedError as error:
                wait_s = backoff.next() if error.wait_s is None else error.wait_s
                again_s = self._clock.monotonic() + wait_s
                if error.wait_s is not None:
                    self._left_alone_until_s = again_s
                if not error.again or not retries or again_s >= until_s:
                    raise
                log.info("%s: trying again in %.1f s", self._without_key(str(error)), wait_s)
            retries -= 1
            await self._clock.sleep(wait_s)

    def _check_left_alone(self) -> None:
        """Keep away while the server wants to be left alone.

        Raises:
            ChatFailedError: it does.
        """
        wait_s = self._left_alone_until_s - self._clock.monotonic()
        if wait_s > 0:
            text = f"it asked to be left alone for another {wait_s:.0f} s"
            raise ChatFailedError("unreachable", text)

    async def _try(self, body: bytes, purse: Purse) -> Reply:
        """Ask once and pay for it.

        Raises:
            ChatFailedError: there is no answer.
        """
        attempt = _Attempt(protocol.worst_usage(self._access, body))
        if not purse.hold(attempt.worst):
            cost = attempt.worst.cost_usd
            raise ChatFailedError("budget", f"asking may cost {cost:.4f} USD, which is not left")
        try:
            text = protocol.read_completion(await self._send(body, attempt))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            why = f"it cannot be reached ({str(error)[:LONGEST_CAUSE] or 'no connection in time'})"
            raise ChatFailedError("unreachable", why, again=True) from None
        except httpx.HTTPError as error:
            what = f"the connection broke ({type(error).__name__})"
            raise ChatFailedError("unreachable", what, again=True) from None
        finally:
            purse.settle(attempt.worst, attempt.bill)
        note = ""
        if attempt.used is None:
            cost = attempt.worst.cost_usd
            note = f"its cost is not known and counted as the most it can be, {cost:.4f} USD"
        return Reply(text=self._without_key(text), note=note)

    async def _send(self, body: bytes, attempt: _Attempt) -> bytes:
        """Return the body of a good answer.

        Raises:
            ChatFailedError: the server said something else.
            httpx.HTTPError: the connection failed.
        """
        request = self._http.build_request(
            "POST", self._url, content=body, extensions={"trace": attempt.trace}
        )
        response = await self._http.send(request, stream=True)
        try:
            if response.status_code != protocol.OK:
                attempt.used = Usage()
                problem = await _read(response, LARGEST_PROBLEM)
                now = self._clock.now()
                error = protocol.failure(response.status_code, response.headers, problem, now)
                raise error
            _check_form(response)
            answer = await _read(response, LARGEST_ANSWER + 1)
        finally:
            await response.aclose()
        if len(answer) > LARGEST_ANSWER:
            text = f"the answer is longer than {LARGEST_ANSWER // 1024} KiB"
            raise ChatFailedError("protocol", text)
        attempt.used = protocol.read_usage(self._access, answer, attempt.worst)
        return answer

    def _without_key(self, text: str) -> str:
        key = self._access.api_key.get_secret_value()
        return text.replace(key, MASK) if key else text


def _address(base_url: str) -> httpx.URL:
    """Return where completions are.

    Raises:
        ConfigError: nothing can be there.
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ConfigError(f"deepseek_only.base_url must be a URL ({error})") from None
    if url.userinfo or not url.host:
        raise ConfigError("deepseek_only.base_url must have a host and neither user nor password")
    return url.copy_with(path=url.path.rstrip("/") + "/chat/completions")


def _key(access: Access) -> str:
    """Return the key.

    Raises:
        ConfigError: no header can carry it.
    """
    key = access.api_key.get_secret_value()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError("deepseek_only.api_key must be plain letters, digits and signs")
    return key


def _check_form(response: httpx.Response) -> None:
    """Make sure that the body is JSON that was not compressed.

    Raises:
        ChatFailedError: it is something else.
    """
    form = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if form != "application/json":
        shown = "".join(c for c in form if c.isprintable())[:60] or "nothing"
        raise ChatFailedError("protocol", f"the answer must be application/json, was {shown}")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise ChatFailedError("protocol", "the answer is compressed, which was not asked for")


async def _read(response: httpx.Response, most: int) -> bytes:
    """Return the first *most* bytes of the body."""
    found = bytearray()
    async for chunk in response.aiter_raw():
        found += chunk
        if len(found) >= most:
            break
    return bytes(found[:most])
