"""Several works that end together."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_end(*works: Coroutine[Any, Any, None]) -> None:
    """Run *works* until the first ends or fails; end the others, and raise what it raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
