import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import Exchange, PageServer

TAB = """async () => {
  const { EventStream } = await import("/js/stream.js");
  const { SharedStream } = await import("/js/tabs.js");
  Object.assign(window, { told: [], said: [], place: "" });
  const note = (event) => { told.push(event.data.n); place = event.id; };
  const stream = new EventStream({
    request: (signal) =>
      fetch("/stream", { signal, headers: place ? { "Last-Event-ID": place } : {} }),
    onEvent: (event) => shared.relayEvent(event),
    onStatus: (status) => shared.relayStatus(status),
    random: () => 0,
  });
  const shared = new SharedStream({
    name: "test", stream, silenceMs: window.silenceMs,
    present: () => ({ state: told, place, heartbeat: null }),
    onPresent: (present) => { told = [...present.state]; place = present.place; },
    onEvent: note,
    onStatus: (status) => said.push(status.phase),
    onWishes: (rates) => { window.wishes = [...rates].sort().join(); },
  });
  window.shared = shared;
  shared.open();
}"""


class Counter:
    """A stream of rising numbers; it goes on after the id that it is asked for."""

    def __init__(self) -> None:
        self.open = 0
        self.most = 0
        self._lock = threading.Lock()
        self._tick = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        with self._lock:
            self.open += 1
            self.most = max(self.most, self.open)
        number = int((exchange.headers.get("Last-Event-ID") or "e-0").partition("-")[2])
        try:
            exchange.stream()
            while not exchange.stopped.wait(0.02):
                number += 1
                exchange.body(b'id: e-%d\nevent: n\ndata: {"n":%d}\n\n' % (number, number))
        finally:
            with self._lock:
                self.open -= 1


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context()
    yield opened
    opened.close()


@pytest.fixture
def counter(server: PageServer) -> Counter:
    counting = Counter()
    server.routes["/stream"] = counting
    return counting


def open_tabs(context: BrowserContext, server: PageServer, count: int) -> list[Page]:
    tabs = [context.new_page() for _ in range(count)]
    for tab in tabs:
        tab.goto(server.url)
        tab.evaluate(TAB)
    for tab in tabs:
        wait_for_more(tab)
    return tabs


def wait_for_more(tab: Page) -> None:
    seen = tab.evaluate("told.length")
    tab.wait_for_function(f"told.length > {seen} + 3")


def leaders(tabs: list[Page]) -> list[Page]:
    return [tab for tab in tabs if tab.evaluate("shared.leading")]


def assert_nothing_lost_or_doubled(tab: Page) -> None:
    told = tab.evaluate("told")
    assert told == list(range(1, len(told) + 1))


def test_tabs_of_one_browser_share_one_connection(
    context: BrowserContext, server: PageServer, counter: Counter
) -> None:
    tabs = open_tabs(context, server, 4)

    assert counter.most == 1
    assert len(leaders(tabs)) == 1
    for tab in tabs:
        assert tab.evaluate("said.at(-1)") == "open"
        assert_nothing_lost_or_doubled(tab)


@pytest.mark.usefixtures("counter")
def test_when_the_leading_tab_is_closed_another_goes_on_without_a_gap(
    context: BrowserContext, server: PageServer
) -> None:
    tabs = open_tabs(context, server, 3)
    [leader] = leaders(tabs)
    rest = [tab for tab in tabs if tab is not leader]
    leader.close()

    for tab in rest:
        wait_for_more(tab)
        assert_nothing_lost_or_doubled(tab)
    assert len(leaders(rest)) == 1


@pytest.mark.usefixtures("counter")
def test_a_tab_that_is_hidden_hands_over_and_comes_back_as_a_follower(
    context: BrowserContext, server: PageServer
) -> None:
    tabs = open_tabs(context, server, 2)
    [leader] = leaders(tabs)
    [other] = [tab for tab in tabs if tab is not leader]
    leader.evaluate("shared.close()")
    wait_for_more(other)
    leader.evaluate("shared.open()")
    wait_for_more(leader)

    assert leaders(tabs) == [other]
    assert_nothing_lost_or_doubled(leader)
    assert_nothing_lost_or_doubled(other)


@pytest.mark.usefixtures("counter")
def test_a_leader_that_fell_silent_is_deposed(context: BrowserContext, server: PageServer) -> None:
    frozen = context.new_page()
    frozen.goto(server.url)
    frozen.evaluate("() => { navigator.locks.request('test', () => new Promise(() => {})); }")
    tab = context.new_page()
    tab.goto(server.url)
    tab.evaluate("window.silenceMs = 200")
    tab.evaluate(TAB)

    wait_for_more(tab)
    assert tab.evaluate("shared.leading")


@pytest.mark.usefixtures("counter")
def test_the_tab_that_reads_knows_how_often_each_of_the_others_wants_to_be_told(
    context: BrowserContext, server: PageServer
) -> None:
    tabs = open_tabs(context, server, 2)
    [leader] = leaders(tabs)
    [other] = [tab for tab in tabs if tab is not leader]
    leader.evaluate("shared.want('saver')")
    leader.wait_for_function("wishes === 'live,saver'")
    other.evaluate("shared.want('balanced')")
    leader.wait_for_function("wishes === 'balanced,saver'")
    other.evaluate("shared.close()")

    leader.wait_for_function("wishes === 'saver'")


@pytest.mark.usefixtures("counter")
def test_a_tab_whose_state_does_not_fit_is_given_it_anew(
    context: BrowserContext, server: PageServer
) -> None:
    tabs = open_tabs(context, server, 2)
    [other] = [tab for tab in tabs if tab not in leaders(tabs)]
    other.evaluate("() => { told = [99]; shared.rejoin(); }")
    other.wait_for_function("told[0] === 1")
    wait_for_more(other)

    assert_nothing_lost_or_doubled(other)
