"""One id for what belongs together: a request, the wish in it, what the engine did about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_current: Final[ContextVar[str]] = ContextVar("correlation_id", default="")


def correlation_id() -> str:
    """Return the id of what is being done now, empty when nobody gave one."""
    return _current.get()


@contextmanager
def correlated(name: str) -> Iterator[None]:
    """Give everything that is done inside, also by tasks started there, the id *name*."""
    token = _current.set(name)
    try:
        yield
    finally:
        _current.reset(token)


def name_from_here(name: str) -> None:
    """Give what this task or greenlet does from here on the id *name*."""
    _current.set(name)
