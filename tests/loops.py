"""The end of a loop that a test ran in a thread: no task and no connection is left behind."""

import asyncio
from typing import Any


async def let_go() -> None:
    """End every other task of the running loop, then every connection.

    What is left open would be told by whichever test runs when it is collected.
    """
    loop: Any = asyncio.get_running_loop()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for transport in list(loop._transports.values()):
        transport.abort()
    for _ in range(3):  # they are told so at the loop's next turn
        await asyncio.sleep(0)
    await loop.shutdown_default_executor()
