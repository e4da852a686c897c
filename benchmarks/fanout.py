"""What it costs to tell everybody an event, beside the usual way and with clients that stall.

The real web process, a real bus, an engine that publishes facts of about 500 bytes at a steady
rate, and a crowd of readers in a process of its own. CPU is the server's, all of it.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.crowd import Crowd, Task
from benchmarks.report import Result
from benchmarks.servers import Server, dashboard, queue_per_client
from tests.telegram_webapp.rig import StandInEngine

CROWDS = (1_000, 5_000)
DELIVERIES_A_SECOND = 15_000
ROUNDS = 5
ROUND_S = 2.0
LIVE = 500
STALLED = 200
LIVE_FACTS_A_SECOND = 20.0
FILL_FACTS = 600  # more than a socket's two ends hold
FILL_FACTS_A_SECOND = 200.0
NOISE_MS = 2.0
PADDING = "x" * 400


def run() -> list[Result]:
    """Measure."""
    with TemporaryDirectory(prefix="qd") as name:
        folder = Path(name)
        with (
            StandInEngine(folder) as engine,
            dashboard(folder) as ours,
            queue_per_client(folder) as theirs,
        ):
            return [*_compare(engine, ours, theirs), *_stall(engine, ours)]


def emit(engine: StandInEngine, facts: int, a_second: float = 0.0) -> None:
    """Publish *facts* facts, evenly over time or all at once."""
    pause = 1 / a_second if a_second else 0.0
    began = time.monotonic()
    for number in range(facts):
        time.sleep(max(0.0, began + number * pause - time.monotonic()))
        engine.call(lambda: _emit_one(engine))


def _emit_one(engine: StandInEngine) -> None:
    sent = str(time.monotonic_ns())
    data = {"fact_id": sent, "at": engine.publisher.seq, "equity": 1.0, "note": PADDING}
    engine.publisher.fact("equity_point", data)
    engine.publisher.deliver()


@dataclass(frozen=True, slots=True)
class Cost:
    """What a server took for a crowd."""

    cpu_us: float
    memory_kb: float
    missed: int


def _cost(engine: StandInEngine, server: Server, clients: int) -> Cost:
    a_second = DELIVERIES_A_SECOND / clients
    facts = int(ROUND_S * a_second)
    costs, missed = [], 0
    with Crowd(Task(server.port, server.key, clients)) as crowd:
        for _ in range(ROUNDS):
            before = server.cpu_us()
            emit(engine, facts, a_second)
            seen = crowd.see(facts)
            costs.append((server.cpu_us() - before) / (facts * clients))
            missed += seen.missed + seen.out_of_order
        return Cost(median(costs), server.memory_kb(), missed)


def _compare(engine: StandInEngine, ours: Server, theirs: Server) -> list[Result]:
    results: list[Result] = []
    missed = 0
    empty_kb = full_kb = ours.memory_kb()
    for clients in CROWDS:
        other = _cost(engine, theirs, clients)
        mine = _cost(engine, ours, clients)
        missed += mine.missed
        full_kb = mine.memory_kb
        note = f"the server's CPU; {other.cpu_us:.1f} μs with a queue and a generator each"
        share = mine.cpu_us / other.cpu_us
        results += [
            Result(f"fan-out to {clients:,}, an event", mine.cpu_us, "μs", note=note),
            Result(f"fan-out to {clients:,}, of queues", share, "×", at_most=0.4),
        ]
    note = f"web worker, {CROWDS[-1]:,} clients against none"
    each = (full_kb - empty_kb) / CROWDS[-1]
    return [
        *results,
        Result("facts missed by any client", missed, "", at_most=0),
        Result("memory a client", each, "kB", at_most=4, note=note),
    ]


def _stall(engine: StandInEngine, ours: Server) -> list[Result]:
    """Compare rounds without and with clients that stall, in turn: others may load the machine."""
    alone, beside = [], []
    with Crowd(Task(ours.port, ours.key, LIVE)) as crowd:
        for _ in range(ROUNDS):
            alone.append(_delay_ms(engine, crowd))
            with Crowd(Task(ours.port, ours.key, 0, STALLED)):
                emit(engine, FILL_FACTS, FILL_FACTS_A_SECOND)
                crowd.see(FILL_FACTS)
                beside.append(_delay_ms(engine, crowd))
    added = median(after - before for before, after in zip(alone, beside, strict=True))
    note = (
        f"p99 of {LIVE} live clients, sent to read: "
        f"{median(alone):.1f} ms without, {median(beside):.1f} with"
    )
    name = f"delay that {STALLED} stalled clients add"
    return [Result(name, added, "ms", at_most=NOISE_MS, note=note)]


def _delay_ms(engine: StandInEngine, crowd: Crowd) -> float:
    facts = int(ROUND_S * LIVE_FACTS_A_SECOND)
    emit(engine, facts, LIVE_FACTS_A_SECOND)
    return crowd.see(facts).p99_ms
