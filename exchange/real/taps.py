"""What goes over the wire as it came, for whoever listens: the recorder, and our own counts."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

_PRIVATE: Final = re.compile(r"([?&])(?:listenKey|signature|apiKey)=[^&]*", re.IGNORECASE)


class RawMessage(msgspec.Struct, frozen=True, gc=False):
    """A websocket frame or the answer to a REST request, before anything read it.

    Attributes:
        kind: ``ws`` or ``rest``.
        url: of the connection or request, without listen key and signature.
        at: our time of its arrival (ms).
        data: its text, or the bytes of a binary frame.
        method: of a REST request, else empty.
        status: of its answer, else 0.
        private: it came over an account's stream, or answers a signed request.
    """

    kind: str
    url: str
    at: int
    data: str | bytes
    method: str = ""
    status: int = 0
    private: bool = False


# What leads to an account: a word in the path, or a listen key as a part of it.
_ACCOUNT: Final = re.compile(r"/private|/ws-f?api/|/listenKey$|/[A-Za-z0-9_-]{40,}(?:/|$)")
_SAYS_WHO: Final = re.compile(r"key|sign|auth|token|passphrase|jwt|nonce", re.IGNORECASE)

Tap = Callable[[RawMessage], None]


def without_keys(url: str) -> str:
    """Return *url* without its listen key and signature."""
    return _PRIVATE.sub(r"\1", url)


def is_private(url: str) -> bool:
    """Return whether *url* bears a listen key or a signature, asks for a key, or for an account."""
    return _PRIVATE.search(url) is not None or _ACCOUNT.search(url.partition("?")[0]) is not None


def is_signed(method: str, headers: Mapping[str, str] | None) -> bool:
    """Return whether a REST request says who asks: some exchanges sign in headers, not in the URL.

    One that changes something is taken to.
    """
    return method != "GET" or any(_SAYS_WHO.search(name) for name in headers or {})
