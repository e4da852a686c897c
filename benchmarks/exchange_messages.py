"""How long a message of an exchange takes from the socket to the event, and what ccxt costs.

Everything is real but the exchange: the small one of the tests runs in a process of its own and
speaks the exchange's protocol over loopback; ccxt, the engine, the paper broker, the ledger in
SQLite and the events are those that trade. States are told four times a second at most, which is
`publish_hz`; here each step's are told at once, so that what is measured is our own time.
"""

import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from typing_extensions import override

from benchmarks.report import Result
from core.market import Step
from exchange.real.client import ExchangeClient
from exchange.real.streams import Streams
from exchange.real.taps import RawMessage
from infra.settings import Settings
from runner.exchange_choice import open_tape
from runner.exchange_start import catch_up, prepare
from runner.wiring import Wired, wire
from utils.clock import SystemClock

ROOT: Final = Path(__file__).resolve().parent.parent
BASES: Final = (
    "BTC", "ETH", "SOL", "BNB", "XRP", "DOGE", "ADA", "AVAX", "LINK", "DOT",
    "LTC", "BCH", "TRX", "NEAR", "UNI", "ATOM", "ETC", "FIL", "APT", "ARB",
)  # fmt: skip
SECONDS: Final = 20.0
SETTLE_S: Final = 3.0  # after the last stream has come to life
KINDS: Final = {
    "depthUpdate": "book",
    "trade": "trades",
    "kline": "candles",
    "markPriceUpdate": "mark",
    "24hrTicker": "day",
}
_HEAD: Final = re.compile(r'"e":"(\w+)".*?"s":"(\w+)"')


class Stopwatch:
    """Follows each message from the wire to the event that tells of it."""

    def __init__(self) -> None:
        self.waits_ms: list[float] = []
        self.messages = 0
        self._arrived: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self._taken: list[float] = []
        self._stepping: list[float] = []

    def begin(self) -> None:
        """Count from now on."""
        self.waits_ms.clear()
        self.messages = 0

    def arrived(self, message: RawMessage) -> None:
        """Note when a frame came."""
        head = _HEAD.search(str(message.data)[:200])
        if head is not None and head[1] in KINDS:
            self.messages += 1
            self._arrived[head[2], KINDS[head[1]]].append(time.perf_counter())

    def taken(self, symbol: str, kind: str) -> None:
        """Note that the feed has what came of a stream."""
        waiting = self._arrived[symbol.replace("/", ""), kind]
        if kind != "candles":  # a candle that goes on makes no event of its own: trades do
            self._taken += waiting
        waiting.clear()

    def stepping(self) -> None:
        """Note that a step has everything that the feed had."""
        self._stepping, self._taken = self._taken, []

    def told(self) -> None:
        """Note that the events of the step are out."""
        now = time.perf_counter()
        self.waits_ms += [1000 * (now - at) for at in self._stepping]


class TimedStreams(Streams):
    """Streams that say when the feed was given something; only *kinds* are followed."""

    def __init__(self, client: ExchangeClient, watch: Stopwatch, kinds: Sequence[str]) -> None:
        super().__init__(client, Random(1))  # noqa: S311 - jitter
        self._stopwatch = watch
        self._kinds = kinds

    @override
    def start(
        self,
        name: str,
        kind: str,
        symbol: str,
        watch: Callable[[], Awaitable[Any]],
        take: Callable[[Any], None],
        resync: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        def timed(payload: Any) -> None:
            take(payload)
            self._stopwatch.taken(symbol, kind)

        if kind in self._kinds:
            super().start(name, kind, symbol, watch, timed, resync)


@contextmanager
def exchange_server(rate_hz: float) -> Iterator[str]:
    """Run the small exchange with our symbols, each acting *rate_hz* times a second.

    They act in turns, but the mark prices of all come at once, as at the exchange itself.
    """
    symbols = ",".join(f"{base}USDT" for base in BASES)
    command = [sys.executable, "-m", "tests.exchange.venue", "--turns", "--symbols", symbols]
    command += ["--rate-hz", str(rate_hz * len(BASES))]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101 - of a pipe that was asked for
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


async def follow(url: str, folder: Path, kinds: Sequence[str]) -> tuple[Stopwatch, float, float]:
    """Trade on the exchange at *url*; return what was timed, messages a second and CPU share."""
    settings = Settings(
        data_dir=folder, market="exchange", exchange_url=url, broker="paper", warmup_days=1,
        symbols=[f"{base}/USDT" for base in BASES], strategies=["trend"],
    )  # fmt: skip
    clock, watch = SystemClock(), Stopwatch()
    tape = await open_tape(settings, clock)
    outpost = tape.outpost
    wired = wire(settings, tape, clock, lambda _: None)
    assert outpost is not None and outpost.feed is not None  # noqa: PT018, S101 - as was asked
    assert outpost.client is not None  # noqa: S101 - as was asked
    try:
        await prepare(wired, settings, outpost)
        await catch_up(wired, outpost)
        await wired.engine.turn("running")
        outpost.client.taps.append(watch.arrived)
        outpost.streams = TimedStreams(outpost.client, watch, kinds)
        outpost.feed.follow(outpost.streams)
        trading = asyncio.create_task(_trade(wired, watch))
        pulse = asyncio.create_task(wired.pulse.run())
        await _all_live(outpost.streams)
        watch.begin()
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(SECONDS)
        spent = time.perf_counter() - began
        rate, share = watch.messages / spent, (time.process_time() - cpu) / spent
        for task in (trading, pulse):
            task.cancel()
        await asyncio.gather(trading, pulse, return_exceptions=True)
    finally:
        await outpost.close()
        wired.close()
    return watch, rate, share


async def _trade(wired: Wired, watch: Stopwatch) -> None:
    step: Step
    async for step in wired.engine.feed.live(wired.engine.clock):
        watch.stepping()
        await wired.engine.on_step(step)
        await wired.engine.flush()
        watch.told()


async def _all_live(streams: Streams) -> None:
    async with asyncio.timeout(120):
        while any(not one.messages for one in streams.health()):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.1)
    await asyncio.sleep(SETTLE_S)


def memory_mb(*, with_ccxt: bool) -> tuple[float, float]:
    """Return (resident MB, seconds) of importing the engine in a process of its own."""
    program = (
        "import time, runner.process\n"
        "began = time.perf_counter()\n"
        f"{'import exchange.real.wire, ccxt.pro; ccxt.pro.binanceusdm()' * with_ccxt}\n"
        "spent = time.perf_counter() - began\n"
        "pages = [l for l in open('/proc/self/status') if l.startswith('VmRSS')][0]\n"
        "print(int(pages.split()[1]) / 1024, spent)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    resident, spent = answer.stdout.split()
    return float(resident), float(spent)


def run() -> list[Result]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with exchange_server(9) as url:
            all_kinds = asyncio.run(follow(url, folder / "all", tuple(KINDS.values())))
        with exchange_server(100) as url:
            books = asyncio.run(follow(url, folder / "books", ("book", "mark")))
    plain, _ = memory_mb(with_ccxt=False)
    loaded, spent = memory_mb(with_ccxt=True)
    return [
        *_figures(all_kinds),
        *_book_figures(books),
        Result("engine, memory without an exchange", plain, "MB", note="resident, after import"),
        Result("engine, memory with ccxt", loaded, "MB", note=f"imported in {spent:.1f} s"),
    ]


def _figures(measured: tuple[Stopwatch, float, float]) -> list[Result]:
    watch, rate, share = measured
    p99 = statistics.quantiles(watch.waits_ms, n=100)[98]
    note = (
        f"{rate:.0f} messages/s of {len(BASES)} symbols, median "
        f"{statistics.median(watch.waits_ms):.2f} ms, {100 * share:.0f} % of a core"
    )
    return [Result("exchange message to event, p99", p99, "ms", at_most=5, note=note)]


def _book_figures(measured: tuple[Stopwatch, float, float]) -> list[Result]:
    watch, rate, share = measured
    p99 = statistics.quantiles(watch.waits_ms, n=100)[98]
    note = f"{len(BASES)} books, told p99 {p99:.1f} ms later, {100 * share:.0f} % of a core"
    return [Result("exchange books, updates a second", rate, "1/s", at_least=1_900, note=note)]
