"""Work that goes on beside trading and must never stop it: reports, retention, training, advice."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from runner.engine import Engine

log: Final = logging.getLogger(__name__)


async def beside(engine: Engine, name: str, work: Coroutine[Any, Any, None]) -> None:
    """Do *work* until cancelled; one that fails is told by one alert, until the next start."""
    try:
        await work
    except Exception as error:
        log.exception("%s failed", name)
        detail = f"{type(error).__name__}: {error}. Trading goes on without it."
        await engine.alert("error", "chore_failed", f"{name} stopped", detail)
    await asyncio.Event().wait()
