import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from utils.finishing import finish


async def cancelled_twice(work: Coroutine[Any, Any, object]) -> object:
    task = asyncio.create_task(finish(work))
    for _ in range(2):
        await asyncio.sleep(0)
        task.cancel()
    return await task


def test_what_work_returns_is_returned() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert asyncio.run(finish(work())) == 7


def test_work_is_done_before_a_cancellation_is_raised() -> None:
    done: list[str] = []

    async def work() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        done.append("all")

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled_twice(work()))
    assert done == ["all"]


def test_a_failure_matters_more_than_a_cancellation() -> None:
    async def work() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        asyncio.run(cancelled_twice(work()))
