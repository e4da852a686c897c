"""Calls that would block, such as database reads, run on native threads.

A slow query inline would stall every stream of this process.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from gevent import get_hub

Given = ParamSpec("Given")
Result = TypeVar("Result")


def in_thread(call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Return what *call* returns, or raise what it raises; other greenlets run meanwhile."""
    result: Result = get_hub().threadpool.apply(call, args, kwargs)
    return result
