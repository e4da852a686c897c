"""JSON Schemas as others read them, and that of every problem."""

import inspect
from typing import Any, Final

from telegram_webapp.examples import REFERENCE

Schema = dict[str, Any]
NAMED_FALSE: Final = {"$ref": f"{REFERENCE}False"}


def cleaned(schema: Any) -> Any:
    """Return *schema* as others read it: their patterns begin with ^, and no text is indented."""
    if isinstance(schema, dict):
        return {
            key: CLEANED[key](value)
            if key in CLEANED and isinstance(value, str)
            else cleaned(value)
            for key, value in schema.items()
        }
    return [cleaned(one) for one in schema] if isinstance(schema, list | tuple) else schema


def mended(told: Any) -> Any:
    """Return *told* with false where apispec took it for the name of a schema."""
    if isinstance(told, dict):
        return False if told == NAMED_FALSE else {key: mended(one) for key, one in told.items()}
    return [mended(one) for one in told] if isinstance(told, list) else told


def _pattern(pattern: str) -> str:
    return pattern.replace(r"\A", "^").replace(r"\Z", "$")


CLEANED: Final = {"pattern": _pattern, "description": inspect.cleandoc}
PROBLEM: Final[Schema] = {
    "title": "Problem",
    "description": "Why a request is not granted; RFC 9457. Some have members beside these.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong, in a sentence"},
        "code": {"type": "string", "description": "a stable word for programs"},
    },
    "required": ["type", "title", "status", "detail", "code"],
}
