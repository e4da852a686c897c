"""The desk: one screen, its tables, and its keys."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from store.access import Role
from tests.e2e import scene
from tests.e2e.conftest import Visitor
from tests.e2e.recent import store_recent
from tests.e2e.stage import Stage, stage
from tests.e2e.test_page_look import violations_in_both_themes

Sit = Callable[..., Page]


@pytest.fixture(scope="module")
def lively_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with a recent past."""
    with stage(tmp_path_factory.mktemp("desk")) as built:
        store_recent(built.data_dir, built.now)
        yield built


@pytest.fixture
def sit(browser: Browser, lively_stage: Stage) -> Iterator[Sit]:
    """Let somebody sit down at a large screen."""
    visitors: list[Visitor] = []

    def come(
        width: int = 1440, height: int = 900, role: Role = Role.OWNER, expected: str = ""
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        visitors.append(Visitor(context, lively_stage))
        visitors[-1].expected = [expected] if expected else []
        page = visitors[-1].sign_in(role)
        expect(page.locator(".tbl-positions tbody tr")).to_have_count(2)
        return page

    yield come
    for visitor in visitors:
        visitor.context.close()
        assert visitor.complaints == []


def test_the_desk_is_one_screen_whatever_its_size(sit: Sit) -> None:
    page = sit(1280, 720)
    is_one = """([width, height]) => innerWidth === width && innerHeight === height
      && document.documentElement.scrollWidth === width
      && document.documentElement.scrollHeight === height"""
    for width, height in ((1280, 720), (1440, 900), (2560, 1440)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(is_one, arg=[width, height])
        for part in (".desk-hero", ".desk-market", ".desk-lists", ".desk-activity", ".desk-foot"):
            box = page.locator(part).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height
            assert box["x"] + box["width"] <= width


def test_a_smaller_desk_stacks_and_never_scrolls_sideways(sit: Sit) -> None:
    page = sit(1024, 768)

    assert page.evaluate("() => document.documentElement.scrollWidth") == 1024
    expect(page.get_by_role("button", name="Close BTC/USDT long")).to_be_in_viewport()


def test_tabs_turn_to_orders_and_trades(sit: Sit, lively_stage: Stage) -> None:
    page = sit(expected="api/trades/p9")  # only told, not stored
    page.get_by_role("button", name="Orders 2").click()
    expect(page.locator(".tbl-orders tbody tr")).to_have_count(2)
    expect(page.locator(".tbl-orders")).to_contain_text("62,850.0")

    lively_stage.tell("trade_closed", scene.trade_closed(lively_stage.now, "p9"))
    page.get_by_role("button", name="Trades 128").click()
    expect(page.locator(".tbl-closed-trades tbody tr").first).to_contain_text("+$27.90")
    page.locator(".tbl-closed-trades a").first.click()
    expect(page.locator(".trade-head")).to_contain_text("+$27.90")


def test_a_market_chosen_in_any_list_is_charted(sit: Sit) -> None:
    page = sit()
    chart = page.locator(".candles .chart")
    page.locator(".watch button", has_text="SOL/USDT").click()
    expect(chart).to_have_attribute("aria-label", "Candles of SOL/USDT, 5m: last close 146.05")
    page.locator(".tbl-positions").get_by_role("button", name="ETH/USDT", exact=True).click()
    expect(chart).to_have_attribute("aria-label", "Candles of ETH/USDT, 5m: last close 3,112.65")


def test_a_position_is_closed_from_the_table_after_a_question(sit: Sit) -> None:
    page = sit()
    page.get_by_role("button", name="Close BTC/USDT long").click()

    expect(page.get_by_role("dialog")).to_contain_text("Net result")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_viewer_has_nothing_to_press_that_trades(sit: Sit) -> None:
    page = sit(role=Role.VIEWER)

    expect(page.get_by_role("button", name="Close", exact=False)).to_have_count(0)
    page.keyboard.press("p")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_desk_and_trade_break_no_rule_of_accessibility(sit: Sit, lively_stage: Stage) -> None:
    page = sit()
    assert violations_in_both_themes(page) == []

    page.goto(f"{lively_stage.url}trades?trade=position-159")
    page.locator(".trade-head").wait_for()
    assert violations_in_both_themes(page) == []


def test_keys_do_what_the_foot_says_and_can_be_switched_off(sit: Sit) -> None:
    page = sit()
    page.keyboard.press("p")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    heading = page.get_by_role("heading", name="Signals")
    expect(heading).to_be_visible()
    page.get_by_label("Market", exact=True).press("2")
    expect(heading).to_be_visible()

    heading.click()
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch keys off").click()
    page.keyboard.press("Escape")
    page.keyboard.press("1")

    expect(heading).to_be_visible()


def test_two_strategies_that_trade_are_compared_beside_the_market(
    sit: Sit, lively_stage: Stage
) -> None:
    page = sit()
    expect(page.locator(".desk-comparison")).to_be_hidden()

    lively_stage.say("strategy", scene.strategy(lively_stage.now, "full_math"), "full_math")

    verdict = page.locator(".desk-comparison h2").last
    expect(verdict).to_have_text("Awaiting closed trades")
    page.get_by_role("link", name="Compare").click()
    expect(page.locator(".vs thead")).to_contain_text("full_math")
