"""Signals: how many, what was decided on each, why nothing was traded, and one of them whole."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import scene
from tests.e2e.conftest import Visitor
from tests.e2e.decided import store_signals
from tests.e2e.recent import TRADES, store_recent
from tests.e2e.stage import Stage, stage
from tests.e2e.test_page_look import SMALL_TARGETS, violations

Visit = Callable[[Stage], Visitor]
NEWEST = f"position-{100 + TRADES - 1}"
ROWS = ".signals-list .signal"


@pytest.fixture(scope="module")
def spoken_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage whose strategies have spoken."""
    with stage(tmp_path_factory.mktemp("spoken")) as built:
        store_recent(built.data_dir, built.now)
        store_signals(built.data_dir, built.now, NEWEST)
        yield built


def open_signals(visitor: Visitor, query: str = "") -> Page:
    page = visitor.sign_in(path=f"signals{query}")
    page.locator(ROWS).first.wait_for()
    return page


def test_the_last_two_hours_are_counted_and_listed(spoken_stage: Stage, visit: Visit) -> None:
    page = open_signals(visit(spoken_stage))

    expect(page.locator(ROWS)).to_have_count(6)
    expect(page.locator(".tallies button")).to_have_text(["Buy 1", "Sell 2", "Hold 3"])
    sums = page.locator(".signals-sum")
    for words in ("Traded1", "1 exit, 3 held", "Refused1", "max positions 1", "0.43"):
        expect(sums).to_contain_text(words)
    first = page.locator(ROWS).first
    for words in ("HOLD", "ETH full_math", "Held: confidence 0.18, limit 0.25", "0.18", "3,112.65"):
        expect(first).to_contain_text(words)
    expect(page.locator(ROWS).nth(1)).to_contain_text("Refused: max positions 3, limit 3")


def test_a_range_and_filters_are_chosen_and_the_address_says_so(
    spoken_stage: Stage, visit: Visit
) -> None:
    page = open_signals(visit(spoken_stage))
    page.get_by_role("button", name="6h", exact=True).click()
    expect(page.locator(ROWS)).to_have_count(7)

    page.get_by_label("Decision").select_option("refused")
    expect(page.locator(ROWS)).to_have_count(2)
    page.get_by_label("Market", exact=True).select_option(scene.BTC)
    expect(page.locator(ROWS)).to_have_count(1)
    assert page.url.endswith("/signals?hours=6&symbol=BTC%2FUSDT&decision=refused")

    page.get_by_role("button", name="Buy").click()
    expect(page.get_by_text("No signal matches")).to_be_visible()
    page.go_back()
    expect(page.locator(ROWS)).to_have_count(1)


def test_a_tap_tells_why_and_leads_to_the_trade(spoken_stage: Stage, visit: Visit) -> None:
    page = open_signals(visit(spoken_stage))
    page.locator(ROWS, has_text="Traded").click()

    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="BUY ETH/USDT")).to_be_visible()
    expect(sheet.locator(".reasons li")).to_have_text(["Momentum agrees.", "The regime is calm."])
    expect(sheet.locator(".parts b")).to_have_text(["momentum", "entropy"])
    expect(sheet.locator(".parts .v")).to_have_text(["+0.30", "\u22120.10"])
    for words in ("An entry was sent", "+$4.20, +0.31%", "3,060.50", "3,190.00"):
        expect(sheet).to_contain_text(words)
    assert violations(page) == []

    sheet.get_by_role("link", name="Its trade").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".trade-head")).to_contain_text("ETH/USDT")
    expect(page.get_by_role("heading", name="Why it was made")).to_be_visible()
    expect(page.locator(".parts b")).to_have_text(["momentum", "entropy"])


def test_why_there_is_no_trade_is_answered_in_words(own_stage: Stage, visit: Visit) -> None:
    store_signals(own_stage.data_dir, own_stage.now)
    own_stage.tell("signal_raised", scene.signal(own_stage.now, "s9", symbol=scene.SOL))
    page = open_signals(visit(own_stage))
    cards = page.locator(".why")
    expect(cards.nth(1)).to_contain_text("In a trade: trend is short")
    expect(cards.nth(2)).to_contain_text("No trade. trend, ")
    expect(cards.nth(2)).to_contain_text("ago: held: no edge.")

    cards.nth(2).locator("summary").click()
    expect(cards.nth(2)).to_contain_text("There is no position in SOL/USDT.")
    expect(cards.nth(2)).to_contain_text("deepseek_only is off: DEEPSEEK_API_KEY is not set.")
    cards.nth(1).locator("summary").click()
    expect(cards.nth(1)).to_contain_text("Stopped by")
    expect(cards.nth(1).locator(".signal")).to_have_count(1)


def test_a_new_signal_joins_at_the_top_and_moves_nobody_who_reads(
    own_stage: Stage, visit: Visit
) -> None:
    store_signals(own_stage.data_dir, own_stage.now)
    page = open_signals(visit(own_stage))
    page.set_viewport_size({"width": 390, "height": 500})

    own_stage.tell("signal_raised", scene.signal(own_stage.now, "s8", action="buy"))
    expect(page.locator(ROWS)).to_have_count(7)
    expect(page.locator(ROWS).first).to_contain_text("BUY")
    expect(page.locator(".tallies button").first).to_have_text("Buy 2")

    page.locator(ROWS).last.scroll_into_view_if_needed()
    place = page.locator(ROWS).last.bounding_box()
    own_stage.tell("signal_raised", scene.signal(own_stage.now, "s9", action="sell"))
    fresh = page.get_by_role("button", name="1 new signal")
    expect(fresh).to_be_visible()
    assert page.locator(ROWS).count() == 7
    assert page.locator(ROWS).last.bounding_box() == place

    fresh.click()
    expect(page.locator(ROWS)).to_have_count(8)
    expect(page.locator(ROWS).first).to_contain_text("SELL")


def test_signals_are_saved_as_files_as_filtered(spoken_stage: Stage, visit: Visit) -> None:
    page = open_signals(visit(spoken_stage), "?strategy=trend")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save these signals as a CSV file").click()
    assert saving.value.suggested_filename == "quarterdeck-signals-trend.csv"
    assert len(saving.value.path().read_text(encoding="utf-8").splitlines()) == 4

    with page.expect_download() as saving:
        page.get_by_role("button", name="Save these signals as a JSON file").click()
    assert saving.value.path().read_text(encoding="utf-8").count('"full_math"') == 0


def test_no_signal_is_said_and_nothing_is_too_small_to_press(
    own_stage: Stage, visit: Visit
) -> None:
    page = visit(own_stage).sign_in(path="signals")

    expect(page.get_by_text("No signal in 2 hours")).to_be_visible()
    assert page.evaluate(SMALL_TARGETS) == []
