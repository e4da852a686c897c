"""``make bench``: run every measurement, or those named, print a table and write JSON."""

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks.report import Result, save, table

SUITES = (
    "engine",
    "exchange_messages",
    "alerts",
    "backtest",
    "trades",
    "performance",
    "performance_api",
    "charts",
    "rest",
    "sampling",
    "first_numbers",
    "pixel",
    "fanout",
    "idle_bytes",
    "idle_crowd",
    "dashboard_rate",
    "lighthouse",
)
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """Measure and report; the exit code says nothing about targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}")
    wanted = parser.parse_args().suites or SUITES
    unknown = set(wanted) - set(SUITES)
    if unknown:
        parser.error(f"suites are {', '.join(SUITES)}, not {', '.join(sorted(unknown))}")
    results: list[Result] = []
    for name in wanted:
        sys.stderr.write(f"Measuring {name}\n")
        results += importlib.import_module(f"benchmarks.{name}").run()
    sys.stdout.write(table(results) + "\n")
    save(results, RESULTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
