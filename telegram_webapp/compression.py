"""Compression that the client said it takes."""

import zlib
from collections.abc import Callable, Mapping
from typing import Final

import brotli  # type: ignore[import-untyped]  # has no stubs
from flask import Request

QUICK_WINDOW: Final = 18
# Quick ones, for answers that are made anew each time.
QUICK: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda data: bytes(brotli.compress(data, quality=5, lgwin=QUICK_WINDOW)),
    "gzip": lambda data: _gzip(data, 4),
}
# Slow ones, for files that are compressed once: megabytes, in seconds and much memory.
THOROUGH: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda data: bytes(brotli.compress(data, quality=9)),
    "gzip": lambda data: _gzip(data, 9),
}
# The smallest result, for files that fit the window: of this size it takes little memory.
SMALL_WINDOW: Final = 16
SMALLEST: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda data: bytes(brotli.compress(data, quality=11, lgwin=SMALL_WINDOW)),
    "gzip": THOROUGH["gzip"],
}
IDENTITY: Final = ""
GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


def accepted(request: Request) -> str:
    """Return ``br``, ``gzip`` or `IDENTITY`, which is empty: the best that *request* accepts."""
    return next((name for name in QUICK if request.accept_encodings[name] > 0), IDENTITY)


def packed_once(body: bytes, encoding: str, known: dict[str, bytes]) -> bytes:
    """Return *body* quickly compressed as *encoding*; *known* holds it by encoding, also after."""
    if encoding not in known:
        known[encoding] = QUICK[encoding](body)
    return known[encoding]


def _gzip(data: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, wbits=GZIP_WINDOW)  # no time of day in the header
    return packer.compress(data) + packer.flush()
