"""What the engine's end of any bus makes of a wish: an answer, whatever happens."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from core.errors import CommandError
from infra.bus.base import CommandFailure, CommandReply, CommandRequest

log: Final = logging.getLogger(__name__)

CommandHandler = Callable[[CommandRequest], Awaitable[CommandReply]]


async def granted(on_command: CommandHandler, request: CommandRequest) -> CommandReply:
    """Return the answer to *request*: a refusal says why, a fault of ours is logged."""
    try:
        return await on_command(request)
    except CommandError as error:
        failure = CommandFailure(error.code, error.status, str(error))
    except Exception:
        log.exception("Command %s (%s) of %s failed", request.id, request.name, request.actor)
        failure = CommandFailure("internal", 500, f"command {request.name} failed inside")
    return CommandReply(ok=False, error=failure)
