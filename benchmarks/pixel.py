"""How long from the engine's ``at`` of a fact until Chromium has painted its row.

The real web process and page on a phone's screen, its Activity list in sight; an engine that
tells fills and closed trades at uneven times while states flow as they do.
"""

import time
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Page

from benchmarks.browsing import PHONE, browser
from benchmarks.report import Result
from tests.e2e import scene
from tests.e2e.stage import Stage, stage

FACTS: Final = 240
FIRST_FACTS: Final = 20  # these warm the page up and are not counted
PAUSE_S: Final = (0.03, 0.21)
PUBLISH_HZ: Final = 4
SETTLE_S: Final = 1.0
LIST: Final = ".part-activity .feed"
# A row says its fact's `at` in the <time>; the browser says when it presented the row's text.
WATCH: Final = """(LIST) => {
  window.painted = {};
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      window.painted[entry.identifier] = performance.timeOrigin + entry.renderTime;
    }
  }).observe({ type: "element", buffered: true });
  new MutationObserver((records) => {
    for (const row of records.flatMap((record) => [...record.addedNodes])) {
      const title = row.querySelector?.(".h");
      const at = row.querySelector?.("time")?.dateTime;
      if (title && at) title.setAttribute("elementtiming", String(Date.parse(at)));
    }
  }).observe(document.querySelector(LIST), { childList: true });
}"""


def run() -> list[Result]:
    """Measure."""
    with (
        TemporaryDirectory(prefix="qd") as folder,
        stage(Path(folder)) as running,
        browser() as chromium,
    ):
        page = chromium.new_page(viewport=PHONE, color_scheme="dark")
        page.goto(running.link())
        delays = _delays(page, running)
    cuts = quantiles(delays, n=100)
    note = (
        f"median {cuts[49]:.0f} ms, worst {max(delays):.0f} ms of {len(delays)} facts; "
        f"{FACTS - len(delays)} left the short list before a frame came"
    )
    return [Result("event to pixel, p95", cuts[94], "ms", at_most=50, note=note)]


def _delays(page: Page, running: Stage) -> list[float]:
    """Return the time from each fact to its pixels, ms."""
    page.locator(".conn[data-tone=live]").wait_for()
    page.locator(LIST).evaluate("list => list.scrollIntoView({ block: 'center' })")
    page.evaluate(WATCH, LIST)
    told = _tell(running)[FIRST_FACTS:]
    page.wait_for_timeout(SETTLE_S * 1000)
    painted: dict[str, float] = page.evaluate("window.painted")
    return [painted[str(at)] - at for at in told if str(at) in painted]


def _tell(running: Stage) -> list[int]:
    """Tell facts at uneven times, and states at the usual rate; return the ``at`` of the facts."""
    random = Random(7)  # noqa: S311 - the same unevenness at each run
    told: list[int] = []
    next_fact = next_states = time.monotonic()
    while len(told) < FIRST_FACTS + FACTS:
        time.sleep(max(0.0, min(next_fact, next_states) - time.monotonic()))
        if next_states <= next_fact:
            _tell_states(running, len(told), random)
            next_states += 1 / PUBLISH_HZ
        else:
            told.append(_tell_fact(running, len(told)))
            next_fact += random.uniform(*PAUSE_S)
    return told


def _tell_fact(running: Stage, number: int) -> int:
    at = running.now
    if number % 2:
        running.tell("trade_closed", scene.trade_closed(at, f"t{number}", amount=number / 10))
    else:
        running.tell("order_filled", _fill(at, number))
    return at


def _fill(at: int, number: int) -> dict[str, Any]:
    return {
        "fact_id": f"fill-{number}", "kind": "order_filled", "at": at,
        "title": "Bought 0.042 BTC at 63,480.0", "detail": "trend entry, taker", "amount": None,
        "id": f"x{number}", "order_id": f"o{number}", "position_id": f"n{number}",
        "strategy": "trend", "symbol": scene.BTC, "side": "buy", "role": "entry", "qty": 0.042,
        "price": 63480.0, "fee": 1.33, "liquidity": "taker", "realized_pnl": 0.0,
        "reduce_only": False, "leverage": 5, "slippage_bps": 1.2,
    }  # fmt: skip


def _tell_states(running: Stage, number: int, random: Random) -> None:
    at = running.now
    for symbol, last in scene.PRICES.items():
        running.say("price", scene.price(at, symbol, last * random.uniform(0.999, 1.001)), symbol)
    running.say("position", scene.position(at, unrealized_pnl=30 + number / 100), "p1")
    running.say("account", scene.account(at, equity=10_400 + random.uniform(0, 50)))
