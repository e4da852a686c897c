"""What goes over the wire as it came, for whoever listens: the recorder, and our own counts."""

import re
from collections.abc import Callable
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


Tap = Callable[[RawMessage], None]


def without_keys(url: str) -> str:
    """Return *url* without its listen key and signature."""
    return _PRIVATE.sub(r"\1", url)


def is_private(url: str) -> bool:
    """Return whether *url* bears a listen key or a signature, or asks for a key."""
    if "/private" in url or url.partition("?")[0].endswith("/listenKey"):
        return True
    return _PRIVATE.search(url) is not None
