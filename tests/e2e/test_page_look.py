"""What holds for the page's looks everywhere: no rule of accessibility broken, nothing cut."""

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from core.market import MINUTE_MS
from tests.e2e import scene
from tests.e2e.conftest import Visitor
from tests.e2e.people import RuleKeeper, deliver, move_in, tell_alerts
from tests.e2e.stage import Stage

Visit = Callable[[Stage], Visitor]
WIDTHS = [320, 359, 390, 768, 1023, 1024, 1440, 2560]
SMALL_TARGETS = """() => {
  const pressed = document.querySelectorAll("button, a[href], input, select");
  return [...pressed].filter((el) => {
    const { width, height } = el.getBoundingClientRect();
    return width && !el.matches(".skip") && (width < 43.5 || height < 43.5);
  }).map((el) => `${el.textContent} ${el.className}`);
}"""
CUT = """() => [...document.querySelectorAll(".loaded :is(li, .segs, input, .who), .way")]
  .filter((el) => el.scrollWidth > el.clientWidth + 1)
  .map((el) => el.textContent || el.outerHTML)"""
WIDER_THAN_ITS_PLACE = """() =>
  [...document.querySelectorAll(".hero .big, .fig .v, .pos .pl, .pos .row")]
  .filter((el) => el.scrollWidth > el.clientWidth + 1).map((el) => el.textContent)"""
NONE_LOADS = "() => ![...document.querySelectorAll('.loaded > .cap')].some((el) => el.innerText)"


@pytest.fixture(scope="module", autouse=True)
def _is_lived_in(shared_stage: Stage) -> None:
    move_in(shared_stage)
    tell_alerts(shared_stage)
    deliver(shared_stage)
    RuleKeeper(shared_stage).rest("DOGE/USDT > 1")


def violations(page: Page) -> list[str]:
    # Animations change colours on their way; the end is what is read.
    page.evaluate("Promise.all(document.getAnimations().map((a) => a.finished.catch(() => 0)))")
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:200]}" for v in found for node in v["nodes"]]


def violations_in_both_themes(page: Page) -> list[str]:
    found = []
    themes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        found += violations(page)
    return found


@pytest.mark.parametrize("path", ["", "market", "trades", "more", "access", "alerts"])
def test_no_rule_of_accessibility_is_broken(shared_stage: Stage, visit: Visit, path: str) -> None:
    page = visit(shared_stage).sign_in(path=path)
    page.locator("main h1, main h2").first.wait_for()
    page.wait_for_function(NONE_LOADS)

    assert violations_in_both_themes(page) == []


def test_sheets_and_signing_in_break_no_rule_either(shared_stage: Stage, visit: Visit) -> None:
    page = visit(shared_stage).page()
    page.goto(shared_stage.url)
    page.get_by_role("heading", name="Sign in").wait_for()
    assert violations(page) == []

    page = visit(shared_stage).sign_in()
    page.get_by_role("button", name="Close BTC/USDT long").click()
    expect(page.get_by_role("dialog").locator(".btn.main")).to_be_enabled()
    assert violations(page) == []


def test_the_widest_numbers_and_names_stay_inside(own_stage: Stage, visit: Visit) -> None:
    at, wide = own_stage.now, -1234567.89
    figures = ("equity", "balance", "pnl_today", "unrealized_pnl", "realized_pnl_today")
    own_stage.say("account", scene.account(at, **dict.fromkeys(figures, wide), roi_pct=-12345.67))
    coin = "1000000MOGCOIN/USDT"
    own_stage.say(
        "position",
        scene.position(at, "p9", symbol=coin, strategy="a_very_long_name", unrealized_pnl=wide),
        "p9",
    )
    page = visit(own_stage).sign_in()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("(width) => innerWidth === width", arg=width)
        expect(page.locator(".hero .whole")).to_have_text("−$1,234,567")
        expect(page.get_by_text("1000000MOGCOIN").first).to_be_visible()

        page.wait_for_function("(w) => document.documentElement.scrollWidth === w", arg=width)
        assert page.evaluate(WIDER_THAN_ITS_PLACE) == []


def test_what_a_thumb_presses_is_large_enough(shared_stage: Stage, visit: Visit) -> None:
    page = visit(shared_stage).sign_in()
    page.locator(".part-activity li").first.wait_for()

    assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("path", ["access", "alerts"])
def test_lists_of_people_and_alerts_fit_a_hand_and_any_screen(
    shared_stage: Stage, visit: Visit, path: str
) -> None:
    page = visit(shared_stage).sign_in(path=path)
    page.locator(".loaded li").first.wait_for()
    page.wait_for_function(NONE_LOADS)
    for width in (320, 390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate(CUT) == []


def test_the_theme_follows_the_machine_and_can_be_chosen(shared_stage: Stage, visit: Visit) -> None:
    page = visit(shared_stage).sign_in(path="more")
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(html).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Dark").click()
    expect(html).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")


def test_after_an_hour_away_three_lines_say_what_happened(
    shared_stage: Stage, visit: Visit
) -> None:
    page = visit(shared_stage).sign_in()
    page.locator(".part-activity li").first.wait_for()
    seen = shared_stage.now - 150 * MINUTE_MS
    page.evaluate("(at) => localStorage.setItem('quarterdeck.seen.test', String(at))", seen)
    page.reload()

    card = page.locator(".digest")
    expect(card.get_by_role("heading", name="While you were away")).to_be_visible()
    expect(card.locator(".cap").first).to_contain_text("2h ")
    assert 1 <= card.get_by_role("listitem").count() <= 3
    card.get_by_role("button", name="Dismiss").click()
    expect(card).to_be_hidden()
    page.reload()
    page.locator(".part-activity li").first.wait_for()
    expect(card).to_be_hidden()
