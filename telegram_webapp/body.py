"""Reading what was posted: JSON of one known shape."""

from typing import Final, TypeVar

import gevent
import msgspec
from flask import g, request
from gunicorn.http.errors import ParseException

from telegram_webapp.problems import Problem

MAX_BYTES: Final = 64 * 1024
PATIENCE_S: Final = 5.0  # as gunicorn has for the head

Shape = TypeVar("Shape", bound=msgspec.Struct)


def read_body(shape: type[Shape]) -> Shape:
    """Return the body of the current request as *shape*.

    Raises:
        Problem: it is not, or did not come.
        RuntimeError: the route describes another shape.
    """
    description = g.get("description")
    if description is not None and description.body is not shape:
        raise RuntimeError(f"the route reads {shape.__name__} and does not describe it")
    try:
        return msgspec.json.decode(_received(), type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "bad_body", f"the body is not what it must be: {error}") from error


def _received() -> bytes:
    detail = f"the body must come within {PATIENCE_S:g} s"
    try:
        with gevent.Timeout(PATIENCE_S, Problem(408, "slow_body", detail)):
            return request.get_data(cache=False)
    except (ParseException, OSError) as error:
        raise Problem(400, "bad_body", "the body is cut wrongly or has no end") from error
