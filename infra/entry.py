"""How a process of ours begins and ends: its settings, its log, and what its exit code says."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final

from core.errors import ConfigError, QuarterdeckError
from infra.logging import setup_logging, without_secrets
from infra.settings import Settings, load_settings
from utils.parent_watch import exit_with_parent
from utils.terminal import hold_hangups

EXIT_AGAIN: Final = 1
EXIT_MEND: Final = 2
EXIT_INTERRUPTED: Final = 130


def run_child(name: str, run: Callable[[Settings], Coroutine[Any, Any, None]]) -> int:
    """Run the process *name* until it is told to stop, or its parent is gone.

    Returns:
        The exit code: 1 when starting again may help, 2 when a person must mend something.
    """
    exit_with_parent()
    hold_hangups()
    log = logging.getLogger(name)
    try:
        settings = load_settings({})
        setup_logging(name, settings.log_level, settings.log_format, settings.log_dir)
        asyncio.run(run(settings))
    except ConfigError as error:
        sys.stderr.write(f"{without_secrets(str(error))}\n")
        return EXIT_MEND
    except QuarterdeckError as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence says it
        return EXIT_AGAIN
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception:
        log.exception("The %s failed", name)  # by the log, which shows no secret
        return EXIT_AGAIN
    return 0
