"""How many bars a second the engine takes, flat out on one core, and where the time goes.

Everything is real: the simulated feed, strategy, risk, paper broker, ledger in SQLite, events
folded into the state.
"""

import asyncio
import cProfile
import pstats
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.report import Result
from infra.settings import Settings
from runner.markets import choose_tape
from runner.past import play
from runner.wiring import wire
from utils.clock import SetClock

DAYS = 30
NOW = 1_790_000_040_000
ROOT = Path(__file__).resolve().parent.parent


def play_history(folder: Path, days: int) -> tuple[int, float]:
    """Play *days* of three symbols into a new database; return (bars, CPU seconds)."""
    settings = Settings(data_dir=folder, market="sim", warmup_days=days, strategies=["trend"])
    wired = wire(settings, choose_tape(settings, NOW), SetClock(NOW), lambda _: None)

    async def run() -> int:
        steps = await play(wired.engine, wired.pulse, wired.course.until, "Playing")
        await wired.engine.close()
        return steps

    began = time.process_time()
    steps = asyncio.run(run())
    spent = time.process_time() - began
    wired.pulse.ledger_check.run()
    wired.database.close()
    return steps * len(settings.symbols), spent


def shares(profile: cProfile.Profile) -> dict[str, float]:
    """Return the share of time spent in each folder of ours, library calls in their caller's."""
    spent: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        mine = _folder(file)
        if mine:
            spent[mine] += own
        elif not callers:
            spent["asyncio and waiting"] += own
        else:
            total = sum(row[2] for row in callers.values()) or 1.0
            for (caller, _, _), row in callers.items():
                spent[_folder(caller) or "libraries"] += own * row[2] / total
    whole = sum(spent.values())
    return {name: 100 * own / whole for name, own in spent.most_common()}


def _folder(file: str) -> str:
    if file == "~":  # what is written in C
        return ""
    try:
        parts = Path(file).resolve().relative_to(ROOT).parts
    except ValueError:
        return ""
    if parts[0] in {".venv", "benchmarks"}:
        return ""
    return "/".join(parts[:2]) if parts[0] in {"exchange", "runner", "store"} else parts[0]


def run() -> list[Result]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        bars, spent = play_history(Path(folder) / "plain", DAYS)
        with cProfile.Profile() as profile:
            play_history(Path(folder) / "profiled", DAYS // 5)
    where = ", ".join(f"{name} {share:.0f} %" for name, share in list(shares(profile).items())[:9])
    note = f"{bars} bars of 3 symbols, CPU time of the whole process; {where}"
    return [Result("engine, bars a second", bars / spent, "bars/s", at_least=40_000, note=note)]
