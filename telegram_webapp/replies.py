"""Answers in JSON: compressed if that pays, with an ETag if they can be asked for again."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from flask import Response, g, request

from telegram_webapp.compression import IDENTITY, accepted, packed_once
from telegram_webapp.described import is_kept

WORTH_COMPRESSING: Final = 1024
DECIMALS: Final = 8


def number(value: Decimal) -> float:
    """Return *value* as a JSON number with at most 8 decimals, as events tell it; never -0."""
    return round(float(value), DECIMALS) + 0.0


def shown(item: object, fields: Iterable[str]) -> dict[str, Any]:
    """Return the *fields* of *item* as events tell them: amounts are numbers."""
    return {name: _shown(getattr(item, name)) for name in fields}


def reply(
    data: Any, *, etag: str | None = None, packed: dict[str, bytes] | None = None
) -> Response:
    """Answer the current request with *data* as JSON.

    Args:
        data: builtins, or bytes that are JSON already.
        etag: changes whenever *data* does; a client that has it gets an empty 304. It is a
            digest of *data* unless given, where the route says that its answer may be kept.
        packed: *data* as it was compressed before, by encoding, where it is kept with that.
    """
    if isinstance(data, dict) and data.get("next_cursor"):
        g.next_cursor = data["next_cursor"]
    body = data if isinstance(data, bytes) else msgspec.json.encode(data)
    if is_kept():
        g.said = body
    if etag is None and is_kept():
        etag = hashlib.blake2b(body, digest_size=12).hexdigest()
    if etag is None:
        return _compressed(Response(body, mimetype="application/json"))
    if request.if_none_match.contains_weak(etag):
        return _tagged(Response(status=304), etag)
    answer = _compressed(Response(body, mimetype="application/json"), packed)
    return _linked(_tagged(answer, etag))


def reply_html(page: bytes) -> Response:
    """Answer the current request with *page*, to be asked for anew each time."""
    response = _compressed(Response(page, mimetype="text/html"))
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Cookie")
    return response


def _shown(value: Any) -> Any:
    return number(value) if isinstance(value, Decimal) else value


def _linked(response: Response) -> Response:
    """Return *response* with a link to the next page, if there is one."""
    cursor = g.get("next_cursor")
    if cursor is not None:
        asked = {**request.args.to_dict(), "cursor": cursor}
        # without a path: a proxy may show us below another
        response.headers["Link"] = f'<?{urlencode(asked)}>; rel="next"'
    return response


def _tagged(response: Response, etag: str) -> Response:
    response.set_etag(etag, weak=True)  # weak: the same, however it is compressed
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Accept-Encoding", "Authorization", "Cookie"))
    return response


def _compressed(response: Response, packed: dict[str, bytes] | None = None) -> Response:
    body = response.get_data()
    if len(body) < WORTH_COMPRESSING:
        return response
    response.vary.add("Accept-Encoding")
    encoding = accepted(request)
    if encoding != IDENTITY:
        known = {} if packed is None else packed
        response.set_data(packed_once(body, encoding, known))
        response.content_encoding = encoding
    return response
