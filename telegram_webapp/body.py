"""Reading what was posted: JSON of one known shape."""

from typing import TypeVar

import msgspec
from flask import request

from telegram_webapp.problems import Problem

MAX_BYTES = 64 * 1024

Shape = TypeVar("Shape", bound=msgspec.Struct)


def read_body(shape: type[Shape]) -> Shape:
    """Return the body of the current request as *shape*.

    Raises:
        Problem: it is not.
    """
    try:
        return msgspec.json.decode(request.get_data(cache=False), type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "bad_body", f"the body is not what it must be: {error}") from error
