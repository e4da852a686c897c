"""``python -m runner``: the engine process."""

import asyncio
import logging
import sys

from core.errors import ConfigError
from infra.logging import setup_logging
from infra.settings import load_settings
from runner.process import run
from utils.parent_watch import exit_with_parent

log = logging.getLogger("engine")


def main() -> int:
    """Run the engine until it is told to stop; return the exit code."""
    exit_with_parent()
    try:
        settings = load_settings({})
        setup_logging("engine", settings.log_level)
        asyncio.run(run(settings))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
