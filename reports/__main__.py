"""``python -m reports``: write the report of one account, in a process of its own."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.errors import QuarterdeckError
from infra.settings import load_settings
from reports.enhanced import write_report
from store.database import Database
from utils.clock import SystemClock

EXIT_MEND: Final = 2
NICE: Final = 10  # it may wait; trading may not


def main(argv: Sequence[str]) -> int:
    """Write it; return the exit code, 2 when a person must mend something."""
    parser = ArgumentParser(prog="python -m reports", description=__doc__, allow_abbrev=False)
    parser.add_argument("--account", type=int, help="its number; the engine's unless given")
    parser.add_argument("--out", type=Path, help="a file; in learning_reports/ unless given")
    given = parser.parse_args(argv)
    os.nice(NICE)
    try:
        settings = load_settings()
        database = Database(settings.database)
        database.check_version()
        path = given.out or settings.report_path
        write_report(database, given.account, path, SystemClock().now())
        database.close()
    except (QuarterdeckError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_MEND
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
