"""How long the figures of 10 000 closed trades take, for the first who asks and for all others.

The web server runs as it does in production, over a SQLite file with a month of equity, by the
hour or by the minute; the engine is away, so that nothing else is measured. Times are of whole
HTTP requests.
"""

import random
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import msgspec

from benchmarks.deck import free_port
from benchmarks.report import Result
from benchmarks.served import client_of, served
from core.dashboard import SCHEMA_VERSION, empty_state
from core.market import DAY_MS, HOUR_MS, MINUTE_MS
from core.orders import OrderRole
from core.trades import PositionSide, Trade
from infra.settings import Settings
from store.access import AccessStore, Role
from store.accounts import find_or_create_account
from store.database import Database
from store.writer import Batch, EquityPoint, Writer

TRADES: Final = 10_000
LONG: Final = 60_000  # more than the worker holds
DAYS: Final = 30
START: Final = 1_700_006_400_000  # 2023-11-15
NOW: Final = START + DAYS * DAY_MS
STARTS: Final = 5
ASKED: Final = 300
ROWS_AT_ONCE: Final = 5000
PATIENCE_S: Final = 60.0
MEGABYTE: Final = 1_000_000
PATH: Final = "api/performance?range=all"


def run() -> list[Result]:
    """Measure."""
    with _stored(TRADES, HOUR_MS) as (settings, key):
        results = [_first(settings, key, "hour")]
    with _stored(TRADES, MINUTE_MS) as (settings, key):
        results.append(_first(settings, key, "minute"))
        results += [_meanwhile(settings, key), *_again(settings, key)]
    with _stored(LONG, MINUTE_MS) as (settings, key):
        return [*results, *_long(settings, key)]


def _first(settings: Settings, key: str, every: str) -> Result:
    """Return what the first who asks waits for."""
    times = []
    for _ in range(STARTS):
        with served(settings, key) as (client, _):
            client.get("api/me").raise_for_status()
            times.append(_timed(client))
    name = f"figures of {TRADES:,} trades and {DAYS} days of equity by the {every}, first"
    note = f"read and worked out; median of {STARTS} starts"
    return Result(name, statistics.median(times), "ms", at_most=150, note=note)


def _meanwhile(settings: Settings, key: str) -> Result:
    """Return what who else asks waits for while they are worked out."""
    stalls = []
    for _ in range(STARTS):
        with served(settings, key) as (client, _):
            client.get("api/me").raise_for_status()
            with _neighbour(settings, key) as waits:
                _timed(client)
            stalls.append(max(waits, default=0.0))
    note = f"median of {STARTS} starts"
    return Result("a small request meanwhile, longest", statistics.median(stalls), "ms", note=note)


def _again(settings: Settings, key: str) -> list[Result]:
    with served(settings, key) as (client, worker):
        _timed(client)
        times = sorted(_timed(client) for _ in range(ASKED))
        held = worker.memory_info().rss / MEGABYTE
    name = f"figures of {TRADES:,} trades, from memory"
    return [
        Result(name, statistics.median(times), "ms", at_most=5, note=f"median of {ASKED}"),
        Result(f"{name}, p99", times[len(times) * 99 // 100], "ms"),
        Result("web worker that holds them", held, "MB"),
    ]


def _long(settings: Settings, key: str) -> list[Result]:
    with served(settings, key) as (client, worker):
        first = _timed(client)
        held = worker.memory_info().rss / MEGABYTE
    return [
        Result(f"figures of {LONG:,} trades, by a child", first, "ms"),
        Result("web worker meanwhile", held, "MB", at_most=90),
    ]


def _timed(client: httpx.Client) -> float:
    begun = time.perf_counter()
    client.get(PATH).raise_for_status()
    return (time.perf_counter() - begun) * 1000


@contextmanager
def _neighbour(settings: Settings, key: str) -> Iterator[list[float]]:
    """Ask for little again and again for as long as the block; lend what each took, in ms."""
    waits: list[float] = []
    ended = threading.Event()

    def ask() -> None:
        with client_of(settings, key) as client:
            while not ended.wait(0.002):
                begun = time.perf_counter()
                client.get("api/me").raise_for_status()
                waits.append((time.perf_counter() - begun) * 1000)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join()


@contextmanager
def _stored(count: int, every_ms: int) -> Iterator[tuple[Settings, str]]:
    """Lend the settings of a folder with an account of *count* trades, and a key."""
    with TemporaryDirectory(prefix="qd") as folder:
        settings = Settings(data_dir=Path(folder), dashboard_port=free_port())
        yield settings, _prepare(settings, count, every_ms)


def _prepare(settings: Settings, count: int, every_ms: int) -> str:
    """Store an account of *count* trades and the state an engine left; return a key."""
    chance = random.Random(7)  # noqa: S311 - seeded
    trades = [_trade(number, count, chance) for number in range(count)]
    with closing(Database(settings.database)) as database:
        database.migrate()
        account = find_or_create_account(database, "benchmark", Decimal(10_000), now=1)
        writer = Writer(database, account.id, durable=False)
        for first in range(0, count, ROWS_AT_ONCE):
            writer.commit(Batch(trades=trades[first : first + ROWS_AT_ONCE]))
        writer.commit(Batch(equity=list(_equity(chance, every_ms))))
    state: dict[str, Any] = empty_state()
    state["account"] = {"at": NOW, "closed_trades": count, "currency": "USDT"}
    state["equity"] = [{"at": NOW, "equity": 10_000.0}]
    whole = {"schema_version": SCHEMA_VERSION, "epoch": "e", "seq": 1, "at": NOW, "state": state}
    settings.state_path.write_bytes(msgspec.json.encode(whole))
    with closing(AccessStore(settings.access_path)) as access:
        access.migrate()
        return access.create_key("benchmark", Role.VIEWER, NOW)


def _trade(number: int, count: int, chance: random.Random) -> Trade:
    closed_at = START + DAYS * DAY_MS * number // count
    price = Decimal(60_000 + chance.randrange(-500_000, 500_000)) / 100
    gross = Decimal(chance.randrange(-2_000_000_000, 2_100_000_000)) / 10**8
    return Trade(
        id=f"trade-{number}", symbol=("BTC/USDT", "ETH/USDT", "SOL/USDT")[number % 3],
        strategy=("full_math", "trend")[number % 2],
        side=(PositionSide.LONG, PositionSide.SHORT)[number % 5 == 0], leverage=5,
        qty=Decimal("0.015"), entry_price=price, exit_price=price + 1,
        opened_at=closed_at - HOUR_MS, closed_at=closed_at, gross_pnl=gross,
        fees=Decimal("0.91234567"), funding=Decimal("-0.04321987"), roe_pct=gross / 2,
        exit_reason=(OrderRole.TARGET, OrderRole.STOP, OrderRole.SIGNAL)[number % 3],
        mae=Decimal("-2.5"), mfe=Decimal("14.2"), entry_notional=Decimal("901.85"),
        exit_notional=Decimal("915.01"), slippage=Decimal("0.12"), risk=Decimal("10.5"),
    )  # fmt: skip


def _equity(chance: random.Random, every_ms: int) -> Iterator[EquityPoint]:
    equity = Decimal(10_000)
    for at in range(START, NOW, every_ms):
        equity += Decimal(chance.randrange(-100_000_000, 101_000_000)) / 10**8
        yield EquityPoint(at, equity, equity)


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(run()))
