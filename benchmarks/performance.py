"""How long the figures of 10 000 closed trades and a comparison take to work out, nothing read.

Processor time of this process, so that a busy machine misleads less.
"""

import random
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from benchmarks.report import Result
from core.comparison import compare
from core.market import DAY_MS, HOUR_MS, MINUTE_MS
from core.orders import OrderRole
from core.performance import Scope, encode, summarize
from core.trades import PositionSide, Trade

TRADES: Final = 10_000
DAYS: Final = 30
START: Final = 1_700_006_400_000  # 2023-11-15
NOW: Final = START + DAYS * DAY_MS
TIMES: Final = 15
LONG: Final = 150_000
NAMES: Final = ("full_math", "trend")


def run() -> list[Result]:
    """Measure."""
    chance = random.Random(7)  # noqa: S311 - seeded
    trades = [_trade(number, chance) for number in range(TRADES)]
    equity, points = Decimal(10_000), []
    for at in range(START, NOW, MINUTE_MS):
        equity += Decimal(chance.randrange(-100_000_000, 101_000_000)) / 10**8
        points.append((at, equity))
    scope = Scope(since=START, until=NOW)

    def work_out() -> bytes:
        return encode(summarize(trades, points, scope, initial=Decimal(10_000)))

    note = f"and {len(points):,} points of equity; median of {TIMES}, processor time"
    name = f"figures of {TRADES:,} trades, worked out and encoded"
    return [
        Result(name, _median(work_out), "ms", at_most=80, note=note),
        *(_compared(each, chance) for each in (TRADES // 2, LONG)),
    ]


def _compared(each: int, chance: random.Random) -> Result:
    a, b = ([chance.gauss(mean, 1) for _ in range(each)] for mean in (0.01, 0))
    spent = _median(lambda: compare(NAMES, a, b), times=3)
    return Result(f"two strategies of {each:,} trades compared", spent, "ms")


def _median(work: Callable[[], object], times: int = TIMES) -> float:
    spent = []
    for _ in range(times):
        begun = time.process_time()
        work()
        spent.append((time.process_time() - begun) * 1000)
    return statistics.median(spent)


def _trade(number: int, chance: random.Random) -> Trade:
    closed_at = START + (NOW - START) * number // TRADES
    gross = Decimal(chance.randrange(-2_000_000_000, 2_100_000_000)) / 10**8
    return Trade(
        id=str(number), symbol=("BTC/USDT", "ETH/USDT", "SOL/USDT")[number % 3],
        strategy=NAMES[number % 2], side=tuple(PositionSide)[number % 2], leverage=5,
        qty=Decimal("0.015"), entry_price=Decimal("60000.1"), exit_price=Decimal("60001.2"),
        opened_at=closed_at - HOUR_MS, closed_at=closed_at, gross_pnl=gross,
        fees=Decimal("0.91234567"), funding=Decimal("-0.04321987"), roe_pct=gross / 2,
        exit_reason=(OrderRole.TARGET, OrderRole.STOP, OrderRole.SIGNAL)[number % 3],
        entry_notional=Decimal("901.85"), exit_notional=Decimal("915.01"),
        slippage=Decimal("0.12"), risk=Decimal("10.5"),
    )  # fmt: skip


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(run()))
