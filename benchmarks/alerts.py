"""What the engine's watch costs: one look a second at the states, with as many rules as one has."""

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.report import Result
from infra.bus.base import CommandRequest
from infra.settings import Settings
from runner.engine import Engine
from runner.markets import choose_tape
from runner.past import play
from runner.rule_book import MAX_RULES
from runner.wiring import Wired, wire
from utils.clock import SetClock

NOW = 1_790_000_040_000
LOOKS = 1000
TEXTS = (
    "equity < {}", "BTC/USDT crosses {}", "position pnl < -{} %", "drawdown > {} %",
    "funding ETH/USDT > {} %",
)  # fmt: skip


def run() -> list[Result]:
    """Measure a look without rules and with fifty."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), market="sim", warmup_days=1)
        wired = wire(settings, choose_tape(settings, NOW), SetClock(NOW), lambda _: None)
        try:
            none, fifty = asyncio.run(_measure(wired))
        finally:
            wired.close()
    note = "once a second, beside trading"
    return [
        Result("alerts: a look without rules", none, "μs", at_most=200, note=note),
        Result(f"alerts: a look with {MAX_RULES} rules", fifty, "μs", at_most=1000, note=note),
    ]


async def _measure(wired: Wired) -> tuple[float, float]:
    engine = wired.engine
    await play(engine, wired.pulse, wired.course.until, "Playing")
    await engine.turn("running")
    none = _look_us(engine)
    for number in range(MAX_RULES):
        text = TEXTS[number % len(TEXTS)].format(50 + number)
        request = CommandRequest(str(number), "rule_add", {"text": text}, "bench", "viewer")
        await engine.answer(request)
    return none, _look_us(engine)


def _look_us(engine: Engine) -> float:
    began = time.perf_counter()
    for _ in range(LOOKS):
        engine.alerts.look(engine.now())
    return (time.perf_counter() - began) / LOOKS * 1e6
