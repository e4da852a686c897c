"""The market room: a market found among many, indicators, and each theme beside the chart."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import scene
from tests.e2e.bazaar import ARABIC, anomaly_detected, open_markets, press_on_it
from tests.e2e.conftest import PHONE, Visitor
from tests.e2e.recent import store_recent
from tests.e2e.stage import Stage, stage
from tests.e2e.test_page_look import SMALL_TARGETS, violations_in_both_themes

Visit = Callable[[Stage], Visitor]
THEMES = ("Chart", "Book", "Funding", "Anomalies", "Predictions", "Results", "Correlation")
CANDLES = ".candles .chart"
LINES = f"""() => document.querySelector('{CANDLES}').data.slice(3)
  .map((trace) => [trace.hovertemplate.split(" %")[0], trace.yaxis])"""
ASK = "async (path) => (await fetch(path)).json()"


@pytest.fixture(scope="module")
def bazaar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with a recent past and fifty markets."""
    with stage(tmp_path_factory.mktemp("bazaar")) as built:
        store_recent(built.data_dir, built.now)
        open_markets(built)
        press_on_it(built)
        yield built


@pytest.fixture(scope="module")
def room(browser: Browser, bazaar: Stage) -> Iterator[Page]:
    """The room without Plotly, for all that is no chart."""
    context = browser.new_context(viewport=PHONE, color_scheme="dark")  # type: ignore[arg-type]
    visitor = Visitor(context, bazaar)
    yield visitor.sign_in(path="market", charts=False)
    context.close()
    assert visitor.complaints == []


def turn(page: Page, theme: str) -> None:
    """Look at a theme."""
    link = page.locator(".room-nav").get_by_role("link", name=theme)
    link.click()
    expect(link).to_have_attribute("aria-current", "page")


def told(page: Page, path: str) -> Any:
    """Return what the API says to the one who looks at the page."""
    return page.evaluate(ASK, f"/api/{path}")


def figure(page: Page, label: str) -> str:
    """Return the value of a figure of the theme."""
    cell = page.locator(".theme .fig", has=page.locator("dt", has_text=label))
    return cell.locator(".v").inner_text()


def test_a_market_is_found_by_typing_and_keys(room: Page) -> None:
    room.keyboard.press("/")
    field = room.get_by_role("combobox", name="Find a market")
    expect(field).to_be_focused()
    options = room.get_by_role("listbox", name="Markets").get_by_role("option")
    expect(options).to_have_count(50)

    field.fill("eth")
    expect(options).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", "symbol-found-0")
    field.press("Enter")
    expect(room.locator(".quote-now .big")).to_contain_text("3,112.65")
    assert room.url.endswith("/market?symbol=ETH%2FUSDT")
    expect(field).to_have_attribute("aria-expanded", "false")

    field.fill("coin1")
    expect(options).to_have_count(11)
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        field.press(key)
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    field.fill("no such")
    expect(room.locator(".found")).to_contain_text("No market of that name")
    field.press("Escape")
    expect(room.locator(".found")).to_be_hidden()


def test_a_name_from_right_to_left_moves_nothing_else(room: Page) -> None:
    field = room.get_by_role("combobox", name="Find a market")
    field.fill(ARABIC[:3])
    room.get_by_role("option").click()

    current = room.locator(".room-head .tabs [aria-current]")
    expect(current.locator("bdi")).to_have_text(ARABIC)
    box = current.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert room.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(room.locator(".quote-now .big")).to_have_text("1.25USDT")


def look_at(page: Page, market: str, theme: str) -> None:
    """Turn to a market and a theme, and wait for its figures."""
    page.locator(".room-head").get_by_role("link", name=market).click()
    turn(page, theme)
    expect(page.locator(".asked", has_text="Loading")).to_have_count(0)


def test_the_book_and_its_imbalance_are_the_engines(room: Page) -> None:
    look_at(room, "BTC/USDT", "Book")
    expect(room.locator(".ladder tbody tr").first).to_contain_text("64,212.0")
    assert figure(room, "Best ask") == "64,212.5"
    assert figure(room, "Imbalance") == "+22.2%"
    expect(room.locator(".lean")).to_contain_text("Bids 61.1%Asks 38.9%")


def test_funding_says_what_it_costs_what_is_held(room: Page) -> None:
    look_at(room, "BTC/USDT", "Funding")
    answer = told(room, "funding?symbol=BTC%2FUSDT")

    expect(room.locator(".theme .fig dd", has_text="0.0100%")).to_be_visible()
    assert figure(room, "Annualised") == f"+{answer['annualised_pct']:.2f}%"
    assert figure(room, "My next payment") == f"−${-answer['next_payment']:.2f}"
    assert figure(room, "Next in").count(":") in {1, 2}
    expect(room.locator(".theme tbody tr")).to_contain_text(["Longtrend"])
    room.get_by_role("link", name="SOL/USDT").click()
    expect(room.locator(".held-none")).to_have_text(
        "No position in SOL/USDT is open, so funding costs nothing."
    )


def test_anomalies_are_listed_filtered_and_join_as_they_happen(bazaar: Stage, room: Page) -> None:
    look_at(room, "BTC/USDT", "Anomalies")
    rows = room.locator(".anomalies > li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("One entry was refused.")
    expect(rows.first).to_contain_text("−9.3 z")

    bazaar.tell("anomaly_detected", anomaly_detected(bazaar.now))
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("seven times its usual volume")
    room.get_by_label("Measure").select_option("spread")
    expect(rows).to_have_count(1)
    room.get_by_label("Severity").select_option("extreme")
    expect(room.locator(".theme .none")).to_contain_text("Nothing of that kind")


def test_predictions_are_told_with_what_came_true(room: Page) -> None:
    look_at(room, "BTC/USDT", "Predictions")
    expect(room.locator(".predictions tbody tr")).to_have_count(3)
    assert figure(room, "Came true") == "50.0%"
    assert figure(room, "Brier score") == "0.314"
    expect(room.locator(".predictions tbody tr").nth(2)).to_contain_text("+1.00%")
    room.get_by_role("link", name="ETH/USDT").click()
    expect(room.locator(".theme .none")).to_contain_text("Nothing was predicted of ETH/USDT yet")


def test_each_theme_fits_any_screen_and_breaks_no_rule(room: Page) -> None:
    room.locator(".room-head").get_by_role("link", name="BTC/USDT").click()
    for theme in THEMES:
        turn(room, theme)
        expect(room.locator(".asked", has_text="Loading")).to_have_count(0)
        for width in (320, 1440, PHONE["width"]):
            room.set_viewport_size({"width": width, "height": 844})
            assert room.evaluate("document.documentElement.scrollWidth") == width, theme
        assert room.evaluate(SMALL_TARGETS) == [], theme
        assert violations_in_both_themes(room) == [], theme


def test_results_are_those_of_the_market(room: Page) -> None:
    look_at(room, "BTC/USDT", "Results")
    answer = told(room, "performance?symbol=BTC%2FUSDT&range=30d")
    counts = answer["counts"]

    expect(room.locator(".net-part .counts")).to_contain_text(f"{counts['trades']} trades")
    assert figure(room, "Win rate") == f"{answer['measures']['win_rate']['value']:.1f}%"
    room.locator(".theme").get_by_role("button", name="7d").click()
    expect(room.locator(".net-part .counts")).to_contain_text("trades")
    room.get_by_role("link", name="All of it").click()
    room.wait_for_url("**/performance?symbol=BTC%2FUSDT")


def test_indicators_are_drawn_carried_on_and_remembered(bazaar: Stage, visit: Visit) -> None:
    page = visit(bazaar).sign_in(path="market")
    page.wait_for_function(f"() => document.querySelector('{CANDLES}')?.data?.[0]?.x?.length > 2")
    assert page.evaluate(LINES) == []

    for name in ("EMA 20", "Bollinger", "RSI 14"):
        page.get_by_role("button", name=name).click()
    page.wait_for_function(f"() => document.querySelector('{CANDLES}').data.length === 7")
    assert page.evaluate(LINES) == [
        ["EMA 20", "y"],
        ["Bollinger 20, 2σ high", "y"],
        ["Bollinger 20, 2σ low", "y"],
        ["RSI 14", "y3"],
    ]
    ends = f"() => document.querySelector('{CANDLES}').data.slice(3).map((t) => t.y.at(-1))"
    before = page.evaluate(ends)
    bazaar.say("price", scene.price(bazaar.now, scene.BTC, 64800.5), scene.BTC)
    page.wait_for_function(f"(then) => ({ends})()[0] > then", arg=before[0])
    assert page.evaluate(ends)[3] > before[3]

    page.reload()
    expect(page.get_by_role("button", name="RSI 14")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"() => document.querySelector('{CANDLES}')?.data?.length === 7")
    page.get_by_role("button", name="RSI 14").click()
    page.wait_for_function(f"() => document.querySelector('{CANDLES}').data.length === 6")
