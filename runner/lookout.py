"""Looks at the page from outside, at its public address, and says what is wrong there.

Whatever stands between has its own way to fail; each gets one sentence with what to do.
"""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from infra.recognition import Recognition
from utils.clock import Clock

TIMEOUT_S: Final = 10.0
PAUSES_MS: Final = (300, 2000)
# chunks that come closer than this share of the pause between them were held back
HELD_SHARE: Final = 0.4
# a page of ngrok's own is passed with it
SKIP: Final = "ngrok-skip-browser-warning"
ERROR_CODE: Final = "ngrok-error-code"
HEADERS: Final = {SKIP: "1", "User-Agent": "quarterdeck-lookout"}
QUICK_TUNNELS: Final = ".trycloudflare.com"
INTERSTITIAL: Final = "ERR_NGROK_6024"
BROWSER: Final = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}
NGROK: Final = {
    INTERSTITIAL: "it shows a page of its own in place of every answer",
    "ERR_NGROK_3200": "the tunnel is not connected: its agent does not run, or was just started",
    "ERR_NGROK_8012": "the tunnel's agent does not reach the page on this machine",
    "ERR_NGROK_725": "the month's data of the ngrok account is used up",
    "ERR_NGROK_726": "the month's data of the ngrok account is used up",
    "ERR_NGROK_727": "the month's requests of the ngrok account are used up",
}


@dataclass(frozen=True)
class Sight:
    """What was seen.

    Attributes:
        trouble: what is wrong, worded to follow the address; empty when all is right.
        remarks: whole sentences about what is right, but worth knowing.
    """

    trouble: str = ""
    remarks: tuple[str, ...] = ()


class _Trouble(Exception):  # noqa: N818 - the answer, carried out of the depths
    """One sentence about what is wrong."""


class Lookout:
    """Asks as a visitor from outside would, and knows this instance by its answer."""

    def __init__(self, recognition: Recognition, clock: Clock) -> None:
        self._recognition = recognition
        self._clock = clock

    async def look(self, url: str) -> Sight:
        """Return what is to be said of the page at *url*."""
        try:
            async with httpx.AsyncClient(headers=HEADERS, timeout=TIMEOUT_S) as client:
                seen = await self._recognise(client, url)
                await self._see_stream(client, url)
                remarks = [*_remarks(url, seen), *await _see_page(client, url)]
                return Sight(remarks=tuple(remarks))
        except _Trouble as trouble:
            return Sight(str(trouble))
        except httpx.HTTPError as error:
            return Sight(_unanswered(error, url))

    async def _recognise(self, client: httpx.AsyncClient, url: str) -> dict[str, Any]:
        """Return how the request arrived at this instance.

        Raises:
            _Trouble: something else answered, or nothing that makes sense.
        """
        challenge = self._recognition.new_challenge()
        asked = {"challenge": challenge, "ask": self._recognition.ask(challenge)}
        answer = await client.get(f"{url}api/health", params=asked)
        said = _sense_of(answer, url)
        if said.get("proof") != self._recognition.answer(challenge):
            if {"status", "engine", "version"} <= set(said):
                raise _Trouble("is another Quarterdeck: this instance is not behind that address")
            raise _Trouble("is something else, not Quarterdeck")
        seen = said.get("seen")
        return seen if isinstance(seen, dict) else {}

    async def _see_stream(self, client: httpx.AsyncClient, url: str) -> None:
        """See that a stream comes through as it is sent.

        Raises:
            _Trouble: it does not.
        """
        for pause_ms in PAUSES_MS:
            if not await self._is_held(client, url, pause_ms):
                return
        if (urlsplit(url).hostname or "").endswith(QUICK_TUNNELS):
            raise _Trouble(
                "holds streams back, as quick tunnels of cloudflared do (cloudflared#1449): the "
                "page would stay empty; docs/PROXY.md names others"
            )
        raise _Trouble(
            "holds streams back: switch off the proxy's buffering of answers (docs/PROXY.md)"
        )

    async def _is_held(self, client: httpx.AsyncClient, url: str, pause_ms: int) -> bool:
        """Tell whether two events with a pause between them arrive together.

        Raises:
            _Trouble: they do not arrive at all.
        """
        arrived: list[float] = []
        probe = f"{url}api/health/stream-probe"
        async with client.stream("GET", probe, params={"pause_ms": pause_ms}) as answer:
            if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                return False  # many probe at once: nothing is known, and nothing is wrong
            if answer.status_code != HTTPStatus.OK:
                raise _Trouble(f"lets no stream through: it is answered {answer.status_code}")
            text = ""
            async for piece in answer.aiter_text():
                text += piece
                arrived += [self._clock.monotonic()] * (text.count("\n\n") - len(arrived))
        if len(arrived) < 2:  # noqa: PLR2004
            raise _Trouble("ends streams before they are through")
        return arrived[1] - arrived[0] < pause_ms / 1000 * HELD_SHARE


def _sense_of(answer: httpx.Response, url: str) -> dict[str, Any]:
    """Return the JSON that the page itself answers.

    Raises:
        _Trouble: something on the way answered, or the page refused.
    """
    code = answer.headers.get(ERROR_CODE, "")
    if code:
        raise _Trouble(
            NGROK.get(code, f"ngrok refuses, see https://ngrok.com/docs/errors/{code.lower()}")
        )
    try:
        found = answer.json()
    except ValueError:
        found = None
    said = found if isinstance(found, dict) else {}
    if answer.is_success:
        if not said:
            raise _Trouble("is something else, not Quarterdeck")
        return said
    raise _Trouble(_refused(answer, said, url))


def _refused(answer: httpx.Response, said: dict[str, Any], url: str) -> str:
    status, path = answer.status_code, urlsplit(url).path
    match status, said.get("code"):
        case ((301 | 302 | 303 | 307 | 308), _):
            text = f"leads on to {answer.headers.get('Location')}: make that PUBLIC_URL"
        case 400, "unknown_host" | "bad_host":
            text = f"is asked for by another name: have the proxy hand Host on ({said['detail']})"
        case 404, "not_found":
            text = f"is asked for by another path: the proxy must hand {path} on, or take it off"
        case 404, _:
            text = f"has nothing at {path} (404): the proxy does not hand that path on"
        case ((401 | 403 | 407), _):
            text = f"asks for a sign-in of its own ({status}): Telegram cannot pass that"
        case ((502 | 503 | 504), None):
            text = f"does not reach the page ({status}): the proxy must ask where it is served"
        case _:
            text = f"answers {status}"
    return text


def _unanswered(error: httpx.HTTPError, url: str) -> str:
    """Return why nobody answered at *url*."""
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}"
    if isinstance(error, httpx.TimeoutException):
        return (
            f"does not answer within {TIMEOUT_S:.0f} s: a firewall drops it, or this network "
            "cannot reach its own public address (then try a phone's)"
        )
    reasons = (_reason(cause, place) for cause in _causes(error))
    return next(filter(None, reasons), f"cannot be reached: {type(error).__name__} at {place}")


def _reason(cause: BaseException, place: str) -> str:
    match cause:
        case socket.gaierror():
            text = "has no address: its name is not in the DNS, or not known there yet"
        case ssl.SSLCertVerificationError():
            text = f"has a certificate that is not valid: {cause.verify_message}"
        case ssl.SSLError():
            text = f"does not speak TLS: nothing for https is at {place}"
        case ConnectionRefusedError():
            text = f"is refused: nothing listens at {place}"
        case _:
            text = ""
    return text


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error* and what led to it, through groups and contexts."""
    if error is None:
        return
    yield error
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner)
    yield from _causes(error.__cause__ or error.__context__)


def _remarks(url: str, seen: dict[str, Any]) -> list[str]:
    """Return what works, yet not as it should."""
    remarks = []
    public, arrived = urlsplit(url), urlsplit(str(seen.get("url", url)))
    if (public.scheme, public.path) != (arrived.scheme, arrived.path):
        remarks.append(
            f"The page takes itself for {arrived.geturl()}: have the proxy send "
            "X-Forwarded-Proto and X-Forwarded-Host, and name it in TRUSTED_PROXIES"
        )
    if public.scheme == "https" and not seen.get("proxies", 1):
        remarks.append(
            "All visitors look like the proxy: name its address, "
            f"{seen.get('client')}, in TRUSTED_PROXIES, and have it send X-Forwarded-For"
        )
    return remarks


async def _see_page(client: httpx.AsyncClient, url: str) -> list[str]:
    """Ask for the page as a browser does; return what is to be said of it.

    Raises:
        _Trouble: it does not come.
    """
    request = client.build_request("GET", url, headers=BROWSER)
    del request.headers[SKIP]
    page = await client.send(request)
    if page.headers.get(ERROR_CODE) == INTERSTITIAL:
        return ["ngrok shows each browser a page of its own first: one tap, for a week"]
    if page.status_code != HTTPStatus.OK:
        raise _Trouble(f"answers a browser {page.status_code}, and a program rightly")
    return []
