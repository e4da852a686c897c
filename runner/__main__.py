"""``python -m runner``: the engine process; with ``backtest`` behind it, `runner.backtest`."""

import asyncio
import logging
import sys
from typing import Final

from core.errors import ConfigError, QuarterdeckError
from infra.logging import setup_logging
from infra.settings import load_settings
from runner.process import run
from utils.parent_watch import exit_with_parent

log: Final = logging.getLogger("engine")

EXIT_AGAIN: Final = 1
EXIT_MEND: Final = 2
EXIT_INTERRUPTED: Final = 130


def main() -> int:
    """Run the engine until it is told to stop.

    Returns:
        The exit code: 1 when starting again may help, 2 when a person must mend something.
    """
    exit_with_parent()
    try:
        settings = load_settings({})
        setup_logging("engine", settings.log_level)
        asyncio.run(run(settings))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_MEND
    except QuarterdeckError as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence says it
        return EXIT_AGAIN
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["backtest"]:
        from runner.backtest import main as backtest

        sys.exit(backtest(sys.argv[2:]))
    sys.exit(main())
