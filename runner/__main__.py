"""``python -m runner``: the engine process, or what stands behind it: ``backtest``, ``symbols``."""

import sys

from infra.entry import run_child
from runner.process import run


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
    sys.exit(main())
