"""The charts on the page: drawn from the past, alive, few drawings, honest colours."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.market import MINUTE_MS
from tests.e2e import scene
from tests.e2e.conftest import Visitor, one_page
from tests.e2e.recent import store_recent
from tests.e2e.stage import Stage, stage

Visit = Callable[[Stage], Visitor]
EQUITY, CANDLES = ".equity .chart", ".candles .chart"
DRAWN = "(box) => document.querySelector(box)?.data?.[0]?.x?.length > 2"
LAST = "([box, trace, key]) => document.querySelector(box).data[trace][key].at(-1)"
LAST_IS = (
    "([box, trace, key, value]) => document.querySelector(box).data[trace][key].at(-1) === value"
)


@pytest.fixture(scope="module")
def lively_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with a recent past."""
    with stage(tmp_path_factory.mktemp("lively")) as built:
        store_recent(built.data_dir, built.now)
        yield built


@pytest.fixture(scope="module")
def overview(browser: Browser, lively_stage: Stage) -> Iterator[Page]:
    """The overview with its chart drawn."""
    with one_page(browser, lively_stage) as page:
        page.wait_for_function(DRAWN, arg=EQUITY)
        yield page


def open_chart(visitor: Visitor, box: str, path: str = "") -> Page:
    page = visitor.sign_in(path=path)
    page.wait_for_function(DRAWN, arg=box)
    return page


def wait_for_last(page: Page, box: str, key: str, value: float, trace: int = 0) -> None:
    page.wait_for_function(LAST_IS, arg=[box, trace, key, value])


def colour(page: Page, token: str) -> str:
    """Return a token as the charts resolve it."""
    found: str = page.evaluate(
        """async (token) => {
          const { static: base } = JSON.parse(document.getElementById("boot").textContent);
          const { href } = new URL(`${base}js/charts/theme.js`, document.baseURI);
          return (await import(href)).colour(token);
        }""",
        token,
    )
    return found


def test_the_line_is_the_past_and_ends_at_the_equity_of_now(overview: Page) -> None:
    assert overview.evaluate(LAST, [EQUITY, 0, "y"]) == 10443.26
    assert overview.evaluate(f"document.querySelector('{EQUITY}').data[0].y.slice(-3, -1)") == [
        10348,
        10349,
    ]
    expect(overview.locator(EQUITY)).to_have_attribute(
        "aria-label", "Equity over the last 24 hours: from $10,300.00 to $10,443.26"
    )


def test_the_end_of_the_line_follows_the_account(lively_stage: Stage, overview: Page) -> None:
    lively_stage.say("account", scene.account(lively_stage.now, equity=10390.5))
    wait_for_last(overview, EQUITY, "y", 10390.5)
    lively_stage.say("account", scene.account(lively_stage.now))
    wait_for_last(overview, EQUITY, "y", 10443.26)


def test_a_range_that_was_chosen_is_shown_and_kept(lively_stage: Stage, visit: Visit) -> None:
    page = open_chart(visit(lively_stage), EQUITY)
    page.get_by_role("button", name="1h", exact=True).click()
    page.wait_for_function("() => document.querySelector('.equity .chart').data[0].x.length < 70")
    page.reload()
    page.wait_for_function(DRAWN, arg=EQUITY)

    expect(page.get_by_role("button", name="1h", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    points = page.evaluate(f"document.querySelector('{EQUITY}').data[0].x")
    assert points[-1] - points[0] <= 60 * MINUTE_MS


def test_trades_are_marked_on_the_line_and_explained_below(overview: Page) -> None:
    kinds = set(overview.evaluate(f"document.querySelector('{EQUITY}').data[1].marker.symbol"))
    assert "circle" in kinds
    expect(overview.locator(".chart-key")).to_contain_text("Exit")


def test_the_last_candle_lives_and_is_closed_by_its_fact(lively_stage: Stage, visit: Visit) -> None:
    page = open_chart(visit(lively_stage), CANDLES, "market")
    page.get_by_role("button", name="1m", exact=True).click()
    page.wait_for_function(f"() => document.querySelector('{CANDLES}').data[0].x.length > 30")

    at = lively_stage.now
    lively_stage.say("price", scene.price(at, scene.BTC, 64300.5), scene.BTC)
    wait_for_last(page, CANDLES, "close", 64300.5)

    minute = at // MINUTE_MS * MINUTE_MS
    closed: dict[str, Any] = {
        "fact_id": f"c{minute}", "at": minute + MINUTE_MS, "symbol": scene.BTC, "volume": 3.0,
        "open_time": minute, "open": 64200.0, "high": 64400.0, "low": 64100.0, "close": 64310.5,
    }  # fmt: skip
    following = scene.price(minute + MINUTE_MS, scene.BTC, 64311.5)
    lively_stage.tell("candle_closed", closed)
    lively_stage.say("price", following, scene.BTC)
    wait_for_last(page, CANDLES, "close", 64311.5)
    assert page.evaluate(f"document.querySelector('{CANDLES}').data[0].close.at(-2)") == 64310.5


def test_stop_entry_and_target_of_the_position_are_on_the_axis(
    lively_stage: Stage, visit: Visit
) -> None:
    page = open_chart(visit(lively_stage), CANDLES, "market")

    texts = page.evaluate(
        f"document.querySelector('{CANDLES}').layout.annotations.map((note) => note.text)"
    )
    words = " ".join(texts)
    for value in ("62,850.0", "63,480.0", "65,000.0"):
        assert value in words


def test_a_finger_shows_values_and_leaves_scrolling_to_the_page(overview: Page) -> None:
    overview.locator(EQUITY).dispatch_event(
        "pointerdown", {"pointerType": "touch", "clientX": 150, "clientY": 220, "bubbles": True}
    )

    expect(overview.locator(f"{EQUITY} .hoverlayer .legend")).to_contain_text("$10,3")
    action = "getComputedStyle(document.querySelector('.equity .nsewdrag')).touchAction"
    assert overview.evaluate(action) == "pan-y"


def test_a_line_that_nobody_vouches_for_is_grey(own_stage: Stage, visit: Visit) -> None:
    store_recent(own_stage.data_dir, own_stage.now)
    page = open_chart(visit(own_stage), EQUITY)
    line = f"document.querySelector('{EQUITY}').data[0].line.color"
    assert page.evaluate(line) == colour(page, "accent")

    own_stage.say("feed", scene.feed(own_stage.now, status="stale"))

    page.wait_for_function(f"() => {line} === '{colour(page, 'text-3')}'")


def test_the_chart_takes_the_colours_of_a_new_theme(overview: Page) -> None:
    line = f"document.querySelector('{EQUITY}').data[0].line.color"
    assert overview.evaluate(line) == "rgba(122,165,255,1)"

    overview.emulate_media(color_scheme="light")
    overview.wait_for_function(f"() => {line} === 'rgba(36,86,211,1)'")

    overview.emulate_media(color_scheme="dark")
    overview.wait_for_function(f"() => {line} === 'rgba(122,165,255,1)'")


def test_a_chart_shrinks_with_a_screen_that_is_turned(overview: Page) -> None:
    page = overview
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_function(f"() => document.querySelector('{EQUITY}').clientWidth > 500")

    page.set_viewport_size({"width": 320, "height": 700})

    page.wait_for_function(f"() => document.querySelector('{EQUITY} svg').clientWidth <= 320")
    right = page.get_by_role("button", name="All").first.bounding_box()
    assert right is not None
    assert right["x"] + right["width"] <= 320
    page.set_viewport_size({"width": 390, "height": 844})
