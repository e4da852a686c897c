"""Every view in every state that it may meet: it reads, it fits, it complains of nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from typing_extensions import override

from store.writer import Batch
from telegram_webapp.routes.page import VIEWS
from tests.e2e import pasts, scene
from tests.e2e.conftest import PHONE, Visitor
from tests.e2e.stage import Stage
from tests.e2e.test_page_look import violations_in_both_themes
from tests.services import PATIENCE_S
from tests.telegram_webapp.house import fill_history
from tests.telegram_webapp.rig import StandInEngine, free_port
from utils.clock import SystemClock

PATHS = [path.removeprefix("/") for path in VIEWS]
STREAM = "/api/dashboard/stream"
RIGHT_TO_LEFT = "שקל/USDT"
# a view that is there, and none of its parts still on their way
SETTLED = """(path) => {
  const view = document.querySelector("main")?.dataset.view;
  const named = path === "" ? ["overview", "desk"] : [path];
  return named.includes(view) && document.querySelector("main").innerText.trim().length > 20;
}"""
GO = """(path) => {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}"""
PAINTED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))"
NONSENSE = r"""() => document.body.innerText.split("\n")
  .filter((line) => /\bNaN\b|\bundefined\b|\bInfinity\b|\[object /.test(line))"""
WIDER = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide < 1) return [];
  const past = [...document.querySelectorAll("main *")]
    .filter((el) => el.getBoundingClientRect().right > innerWidth + 1);
  const named = past.slice(0, 3).map((el) => el.outerHTML.slice(0, 120));
  return [`${wide} px wider than the screen`, ...named];
}"""

CROWDED = """() => [...document.querySelectorAll(".js-plotly-plot")].flatMap((box) => box.data
  .filter((trace) => (trace.x ?? trace.open ?? []).length > 2000)
  .map((trace) => `${box.ariaLabel}: ${trace.type} of ${trace.x.length}`))"""
CHARTED = ("", "market", "performance", "enhanced")
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 25_000}

BOOK = {
    "symbol": scene.BTC, "at": 1, "bids": [[64212.0, 1.5]], "asks": [[64213.0, 0.5]],
    "imbalance_pct": 50.0, "spread_bps": 0.16, "stale": False, "reason": "",
}  # fmt: skip


class Walk:
    """One page that goes from view to view as links take it, and notes what is wrong in each."""

    def __init__(self, page: Page, stage: Stage) -> None:
        self.page = page
        self._base = stage.url
        self._open: set[Request] = set()
        page.on("request", self._begun)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    def through(
        self, paths: Sequence[str] = PATHS, look: Callable[[Page], list[str]] = lambda _: []
    ) -> dict[str, list[str]]:
        """Return what is wrong, by view; *look* says more of it."""
        wrong = {}
        for path in paths:
            self.go(path)
            found = [*self.page.evaluate(NONSENSE), *self.page.evaluate(WIDER), *look(self.page)]
            if found:
                wrong[path] = found
        return wrong

    def go(self, path: str) -> None:
        """Go there, and wait until the view and what it asked for are there."""
        self.page.evaluate(GO, self._base + path)
        self.page.wait_for_function(SETTLED, arg=path.partition("?")[0])
        for _ in range(int(PATIENCE_S * 20)):
            if not self._open:
                break
            self.page.wait_for_timeout(50)
        self.page.evaluate(PAINTED)

    def _begun(self, request: Request) -> None:
        if STREAM not in request.url:
            self._open.add(request)

    def _ended(self, request: Request) -> None:
        self._open.discard(request)


class Beginning(Stage):
    """An engine that has just begun: no price, no position, nothing that happened."""

    @override
    def _set(self, engine: StandInEngine) -> None:
        at, publisher = self.now, engine.publisher
        nought = dict.fromkeys(
            ("unrealized_pnl", "realized_pnl", "realized_pnl_today", "pnl_today", "pnl_today_pct",
             "roi_pct", "margin_used", "margin_used_pct", "positions", "closed_trades", "wins",
             "losses", "breakevens", "fees", "funding", "max_drawdown_pct"),
            0,
        )  # fmt: skip
        whole = dict.fromkeys(("balance", "equity", "day_open_equity", "available"), 10000.0)
        reason = {"win_rate_pct": None, "win_rate_reason": "no closed trade yet"}
        publisher.touch("engine", "", lambda: scene.engine(at, started_at=at))
        publisher.touch("feed", "", lambda: scene.feed(at))
        publisher.touch(
            "account", "", lambda: scene.account(at, **nought, **whole, **reason, started_at=at)
        )
        publisher.flush()


@contextmanager
def walk(
    browser: Browser,
    on: Stage,
    *,
    charts: bool = False,
    expected: tuple[str, ...] = (),
    viewport: dict[str, int] = PHONE,
    **options: Any,
) -> Iterator[Walk]:
    """Lend a page that is signed in; at the end it must not have complained."""
    context = browser.new_context(viewport=viewport, color_scheme="dark", **options)  # type: ignore[arg-type]
    visitor = Visitor(context, on)
    visitor.expected = list(expected)
    yield Walk(visitor.sign_in(charts=charts), on)
    context.close()
    assert visitor.complaints == []


@contextmanager
def with_past(
    folder: Path, batch: Batch, kind: type[Stage] = Stage, **environment: str
) -> Iterator[Stage]:
    """Lend a stage whose account has the past *batch*."""
    folder.mkdir(exist_ok=True)
    fill_history(folder, batch)
    built = kind(folder, environment)
    built.depth = BOOK
    try:
        yield built
    finally:
        built.close()


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage where each thing happened once, with a market whose name reads from the right."""
    batch = pasts.one_of_each(SystemClock().now())
    with with_past(tmp_path_factory.mktemp("ordinary"), batch) as built:
        built.say("stats", {**scene.stats(built.now, scene.SOL), "symbol": RIGHT_TO_LEFT,
                            "base": RIGHT_TO_LEFT.partition("/")[0]}, RIGHT_TO_LEFT)  # fmt: skip
        built.say("price", {**scene.price(built.now, scene.SOL), "symbol": RIGHT_TO_LEFT},
                  RIGHT_TO_LEFT)  # fmt: skip
        yield built


def test_a_beginning_without_any_data_reads_well(browser: Browser, tmp_path: Path) -> None:
    with with_past(tmp_path, pasts.nothing(), Beginning) as built, walk(browser, built) as walker:
        assert walker.through() == {}


def test_no_view_breaks_a_rule_of_accessibility(browser: Browser, ordinary: Stage) -> None:
    with walk(browser, ordinary) as walker:
        assert walker.through(look=violations_in_both_themes) == {}


def test_every_view_fits_narrow_and_enlarged_screens(browser: Browser, ordinary: Stage) -> None:
    with walk(browser, ordinary) as walker:
        for width, height in ((320, 640), (720, 450)):  # the second: 1440 x 900 at 200 %
            walker.page.set_viewport_size({"width": width, "height": height})
            assert walker.through() == {}, width
        walker.go(f"market?symbol={quote(RIGHT_TO_LEFT)}")
        expect(walker.page.locator("main")).to_contain_text("146.05")


def test_a_hundred_thousand_points_are_drawn_as_two_thousand(
    browser: Browser, tmp_path: Path
) -> None:
    batch = pasts.very_many(SystemClock().now())
    with with_past(tmp_path, batch) as built, walk(browser, built, charts=True) as walker:
        assert walker.through(look=crowded) == {}


def test_a_hole_in_the_past_harms_no_view(browser: Browser, tmp_path: Path) -> None:
    batch = pasts.with_a_hole(SystemClock().now())
    with with_past(tmp_path, batch) as built, walk(browser, built, charts=True) as walker:
        assert walker.through(CHARTED) == {}


def test_while_the_engine_is_away_every_view_says_so(browser: Browser, tmp_path: Path) -> None:
    batch = pasts.one_of_each(SystemClock().now())
    with (
        with_past(tmp_path, batch) as built,
        walk(browser, built, expected=("503",)) as walker,
    ):
        built.engine.stop()
        expect(walker.page.locator(".banners")).to_contain_text("Engine away")
        assert walker.through(look=lambda page: says(page, "Engine away")) == {}


def test_while_the_database_is_away_no_view_is_blank(browser: Browser, tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"
    with (
        with_past(tmp_path, pasts.nothing(), DATABASE_URL=nowhere) as built,
        walk(browser, built, expected=("503",)) as walker,
    ):
        assert walker.through() == {}
        walker.go("")
        expect(walker.page.locator(".hero .whole")).to_have_text("$10,443")


def test_a_slow_network_brings_everything_in_the_end(browser: Browser, ordinary: Stage) -> None:
    with walk(browser, ordinary) as walker:
        network = walker.page.context.new_cdp_session(walker.page)
        network.send("Network.emulateNetworkConditions", SLOW)
        walker.page.reload()
        walker.page.locator(".conn[data-tone=live]").wait_for()
        assert walker.through(CHARTED) == {}


def crowded(page: Page) -> list[str]:
    """Return which charts draw more points than they may."""
    found: list[str] = page.evaluate(CROWDED)
    return found


def says(page: Page, words: str) -> list[str]:
    """Return nothing if the page says *words*."""
    return [] if words in page.locator("body").inner_text() else [f"does not say {words!r}"]
