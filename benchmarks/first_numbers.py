"""How soon a person who is signed in sees their equity, and what was transferred by then.

A whole deck with its past, Chromium on a phone's screen. Cold: nothing cached, as on a first
visit; warm: the files cached, as on every other.
"""

from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from playwright.sync_api import Browser, Page, StorageState

from benchmarks.browsing import PHONE, browser
from benchmarks.deck import Deck, deck
from benchmarks.report import Result

VISITS: Final = 7
CHARTS: Final = "/js/charts/"
PLOTLY: Final = "plotly.min.js"
CHART: Final = ".js-plotly-plot .main-svg"
LIVE: Final = ".conn[data-tone=live]"
KILOBYTE: Final = 1000
# Marks the equity as soon as it has digits, so that the browser says when it presented them.
WATCH: Final = """
  window.shown = new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries()[0].renderTime))
      .observe({ type: "element", buffered: true });
  });
  const watch = new MutationObserver(() => {
    const equity = document.querySelector(".hero .big");
    if (!/[0-9]/.test(equity?.textContent ?? "")) return;
    equity.setAttribute("elementtiming", "equity");
    watch.disconnect();
  });
  watch.observe(document, { childList: true, subtree: true, characterData: true });
"""


class Transfers:
    """The bytes that a page was sent, as the browser's network layer counts them, headers too."""

    def __init__(self, page: Page) -> None:
        self._bytes: dict[str, float] = {}
        self._first: list[str] = []
        self._charts = False
        self._plotly = ""
        network = page.context.new_cdp_session(page)
        network.on("Network.requestWillBeSent", self._on_request)
        network.on("Network.responseReceived", self._on_response)
        network.on("Network.dataReceived", self._on_data)
        network.on("Network.loadingFinished", self._on_end)
        network.send("Network.enable")

    def before_charts(self) -> float:
        """Return kB of all that was asked for before the first file of the charts."""
        return sum(self._bytes[request] for request in self._first) / KILOBYTE

    def but_plotly(self) -> float:
        """Return kB of everything so far, the stream too, apart from Plotly's own script."""
        return sum(size for key, size in self._bytes.items() if key != self._plotly) / KILOBYTE

    def _on_request(self, event: dict[str, Any]) -> None:
        request, url = event["requestId"], event["request"]["url"]
        self._bytes[request] = 0.0
        self._charts = self._charts or CHARTS in url
        if not self._charts:
            self._first.append(request)
        if url.endswith(PLOTLY):
            self._plotly = request

    def _on_response(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = event["response"]["encodedDataLength"]

    def _on_data(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] += event["encodedDataLength"]

    def _on_end(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = event["encodedDataLength"]


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit with an empty cache, and another just after it."""

    cold_ms: float
    warm_ms: float
    before_charts_kb: float
    whole_kb: float


def run() -> list[Result]:
    """Measure."""
    with deck() as running, browser() as chromium:
        cookie = _sign_in(chromium, running)
        visits = [_visit(chromium, running, cookie) for _ in range(VISITS)]
    worst = max(visit.cold_ms for visit in visits)
    cold = median(visit.cold_ms for visit in visits)
    warm = median(visit.warm_ms for visit in visits)
    before = max(visit.before_charts_kb for visit in visits)
    whole = median(visit.whole_kb for visit in visits)
    note = f"from navigation to pixels, median of {VISITS} visits"
    return [
        Result("first numbers, cold", cold, "ms", at_most=500, note=f"{note}, worst {worst:.0f}"),
        Result("first numbers, warm", warm, "ms", at_most=500, note=f"{note}"),
        Result("sent before the charts", before, "kB", at_most=60, note="with headers, cold"),
        Result("sent in all", whole, "kB", note="charts and live stream too, but not Plotly"),
    ]


def _sign_in(chromium: Browser, running: Deck) -> StorageState:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(running.link)
    page.locator(LIVE).wait_for()
    kept = context.storage_state()
    context.close()
    return kept


def _visit(chromium: Browser, running: Deck, cookie: StorageState) -> Visit:
    context = chromium.new_context(viewport=PHONE, color_scheme="dark", storage_state=cookie)
    page = context.new_page()
    page.add_init_script(WATCH)
    transfers = Transfers(page)
    cold = _shown_ms(page, running)
    before, whole = transfers.before_charts(), transfers.but_plotly()
    warm = _shown_ms(page, running)
    context.close()
    return Visit(cold, warm, before, whole)


def _shown_ms(page: Page, running: Deck) -> float:
    """Open the page, wait until all of it is there; return when the equity was seen."""
    page.goto(running.url)
    page.locator(CHART).first.wait_for()
    page.locator(LIVE).wait_for()
    return float(page.evaluate("window.shown"))
