"""How long a year of 1-minute bars takes with ``full_math``, and where the time goes."""

import cProfile
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.engine import ROOT, shares
from benchmarks.report import Result
from infra.settings import Settings
from runner import backtest

DAYS = 365
PROFILED_DAYS = 20
AT_MOST_S = 60.0
AT_MOST_MB = 400.0

# in a process of its own, so that its memory is its own
SCRIPT = """
import resource, sys, time
from pathlib import Path
from infra.settings import Settings
from runner import backtest

folder, days = Path(sys.argv[1]), sys.argv[2]
given = backtest.parser().parse_args(["--days", days, "--out", str(folder / "out")])
began = time.process_time()
outcome = backtest.run(Settings(data_dir=folder, strategies=["full_math"]), given)
spent = time.process_time() - began
print(outcome.bars, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure(days: int) -> tuple[int, float, float]:
    """Return (bars, CPU seconds, largest memory in MB) of a backtest over *days*."""
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            [sys.executable, "-c", SCRIPT, folder, str(days)], cwd=ROOT, check=True,
            stdout=subprocess.PIPE, text=True,
        ).stdout  # fmt: skip
    bars, spent, megabytes = told.split()
    return int(bars), float(spent), float(megabytes)


def _where() -> str:
    with tempfile.TemporaryDirectory() as folder, cProfile.Profile() as profile:
        given = backtest.parser().parse_args(
            ["--days", str(PROFILED_DAYS), "--out", f"{folder}/out"]
        )
        backtest.run(Settings(data_dir=Path(folder), strategies=["full_math"]), given)
    found = list(shares(profile).items())[:9]
    return ", ".join(f"{name} {share:.0f} %" for name, share in found)


def run() -> list[Result]:
    """Measure."""
    bars, spent, megabytes = measure(DAYS)
    _, _, month = measure(DAYS // 12)
    note = f"{bars:,} bars of 3 symbols, CPU time of the whole process; {_where()}"
    grown = f"a month takes {month:.0f} MB"
    return [
        Result("backtest of a year with full_math", spent, "s", at_most=AT_MOST_S, note=note),
        Result("its largest memory", megabytes, "MB", at_most=AT_MOST_MB, note=grown),
    ]
