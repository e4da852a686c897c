"""Calls that would block, such as database reads, run on native threads.

A slow query inline would stall every stream of this process.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, ParamSpec, TypeVar

from gevent import get_hub

Given = ParamSpec("Given")
Result = TypeVar("Result")


def in_thread(call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Return what *call* returns, or raise what it raises; other greenlets run meanwhile."""
    outcome: Callable[[], Result] = get_hub().threadpool.apply(_outcome, (call, args, kwargs))
    return outcome()


def begin(call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Any:
    """Begin *call*; the task's value is called for what it returned or raised."""
    return get_hub().threadpool.spawn(_outcome, call, args, kwargs)


def _outcome(
    call: Callable[..., Result], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Callable[[], Result]:
    """Return what gives the result of *call*: the pool prints errors that leave a thread."""
    try:
        result = call(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - it is raised again, where it was called for
        return partial(_raise, error)
    return lambda: result


def _raise(error: Exception) -> NoReturn:
    raise error
