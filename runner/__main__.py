"""``python -m runner``: the engine process, or what stands behind it: ``backtest``, ``symbols``."""

import sys
from typing import Final

from infra.entry import run_child
from runner.process import run

USAGE: Final = """usage: python -m runner [backtest ... | symbols ...]

Without a word it is the engine, with the settings of config/dashboards.yaml and the environment;
SIGINT or SIGTERM ends it. At a keyboard you want run_dashboard.py.
"""


def main() -> int:
    """Run the engine until it is told to stop, and return its exit code."""
    return run_child("engine", run)


if __name__ == "__main__":
    if sys.argv[1:2] == ["backtest"]:
        from runner.backtest import main as backtest

        sys.exit(backtest(sys.argv[2:]))
    if sys.argv[1:2] == ["symbols"]:
        from runner.symbol_command import main as symbols

        sys.exit(symbols(sys.argv[2:]))
    if sys.argv[1:]:
        is_help = sys.argv[1] in {"-h", "--help"}
        (sys.stdout if is_help else sys.stderr).write(USAGE)
        sys.exit(0 if is_help else 2)
    sys.exit(main())
