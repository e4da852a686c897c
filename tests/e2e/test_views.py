"""Market, trades, a trade, and more, on a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from store.access import Role
from tests.e2e import scene
from tests.e2e.conftest import Visitor
from tests.e2e.recent import TRADES, store_recent
from tests.e2e.stage import Stage, stage

Visit = Callable[[Stage], Visitor]
NEWEST = f"position-{100 + TRADES - 1}"
ROWS = ".trades-list .trade"


@pytest.fixture(scope="module")
def lively_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with a recent past."""
    with stage(tmp_path_factory.mktemp("lively")) as built:
        store_recent(built.data_dir, built.now)
        yield built


def fact(page: Page, label: str) -> str:
    """Return what a card of facts says."""
    row = page.locator(".kv > div", has=page.locator(f"dt:text-is('{label}')"))
    return row.locator("dd").inner_text()


def test_a_market_is_chosen_and_everything_shown_is_of_it(
    lively_stage: Stage, visit: Visit
) -> None:
    page = visit(lively_stage).sign_in(path="market")
    expect(page.locator(".quote-now .big")).to_contain_text("64,212.4")
    expect(page.locator(".pos")).to_have_count(1)
    expect(page.locator(".part-orders li")).to_have_count(2)

    page.get_by_role("link", name="ETH/USDT").click()

    expect(page.locator(".quote-now .big")).to_contain_text("3,112.65")
    assert page.url.endswith("/market?symbol=ETH%2FUSDT")
    expect(page.locator(".pos .tag")).to_have_text("Short 8×")
    expect(page.locator(".part-orders li")).to_have_count(0)
    expect(page.locator(".thoughts li")).to_contain_text("Held: no edge")
    expect(page.locator(".candles .chart")).to_have_attribute(
        "aria-label", "Candles of ETH/USDT, 5m: last close 3,112.65"
    )
    page.go_back()
    expect(page.locator(".quote-now .big")).to_contain_text("64,212.4")


def test_a_market_says_what_a_trader_asks(lively_stage: Stage, visit: Visit) -> None:
    page = visit(lively_stage).sign_in(path="market?symbol=SOLUSDT")

    figures = page.locator(".quote-figures")
    expect(page.locator(".quote-now .big")).to_contain_text("146.05")
    for words in ("148.97", "143.13", "0.0100%", re.compile(r"in 5\d?m"), "values positions"):
        expect(figures).to_contain_text(words)


def test_trades_are_listed_page_by_page_and_summed_up(lively_stage: Stage, visit: Visit) -> None:
    page = visit(lively_stage).sign_in(path="trades")
    sums = page.locator(".trades-sum")
    expect(page.locator(ROWS)).to_have_count(50)
    expect(sums).to_contain_text("shown, newest first")

    page.get_by_role("button", name="Load more").click()

    expect(page.locator(ROWS)).to_have_count(TRADES + 7)
    expect(page.get_by_role("button", name="Load more")).to_be_hidden()
    expect(sums).to_contain_text("all that match")
    expect(sums).to_contain_text("47 won, 20 lost")


def test_trades_are_filtered_and_the_address_says_so(lively_stage: Stage, visit: Visit) -> None:
    page = visit(lively_stage).sign_in(path="trades")
    page.get_by_label("Market", exact=True).select_option("ETH/USDT")

    expect(page.locator(ROWS)).to_have_count(33)
    assert page.url.endswith("/trades?symbol=ETH%2FUSDT")
    assert set(page.locator(f"{ROWS} .h").all_inner_texts()) == {"ETH\nLong 5×"}

    page.reload()
    expect(page.get_by_label("Market", exact=True)).to_have_value("ETH/USDT")
    page.get_by_label("Strategy").select_option("=trend")
    expect(page.locator(ROWS)).to_have_count(1)


def test_trades_are_saved_as_a_file_as_filtered(lively_stage: Stage, visit: Visit) -> None:
    page = visit(lively_stage).sign_in(path="trades?symbol=ETH%2FUSDT")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save these trades as a CSV file").click()

    assert saving.value.suggested_filename == "quarterdeck-trades-ETHUSDT.csv"
    lines = saving.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].lstrip("\ufeff").startswith("id,symbol,strategy")
    assert len(lines) == 34


def test_a_trade_that_closes_joins_the_list(own_stage: Stage, visit: Visit) -> None:
    page = visit(own_stage).sign_in(path="trades")
    expect(page.locator(ROWS)).to_have_count(7)

    own_stage.tell("trade_closed", scene.trade_closed(own_stage.now))

    expect(page.locator(ROWS)).to_have_count(8)
    expect(page.locator(ROWS).first).to_contain_text("+$27.90")


def test_a_trade_tells_its_whole_story(lively_stage: Stage, visit: Visit) -> None:
    page = visit(lively_stage).sign_in(path="trades")
    page.locator(ROWS).first.click()

    expect(page.locator(".trade-head")).to_contain_text("ETH/USDT")
    assert page.url.endswith(f"/trades?trade={NEWEST}")
    assert fact(page, "Gross P&L") == "+$13.15"
    assert fact(page, "Fees") == "\u2212$0.91"
    assert fact(page, "Funding") == "\u2212$0.04"
    assert fact(page, "Net result") == "+$12.20"
    assert fact(page, "Held") == "25m"
    expect(page.locator(".reach")).to_contain_text("Worst \u2212$2.50")
    expect(page.locator(".timeline li .h")).to_have_text(
        ["Opened long", "Funding paid", "Closed by target"]
    )
    annotations = "() => document.querySelector('.trade-candles .chart').layout?.annotations"
    page.wait_for_function(annotations)
    texts = " ".join(page.evaluate(f"({annotations})().map((note) => note.text)"))
    for value in ("61,000.00", "59,000.00", "60,123.46"):
        assert value in texts
    page.get_by_role("link", name="Trades").first.click()
    expect(page.locator(ROWS)).to_have_count(50)


def test_an_old_trade_is_found_and_one_that_is_not_there_is_said(
    lively_stage: Stage, visit: Visit
) -> None:
    visitor = visit(lively_stage)
    visitor.expected = ["api/trades/nothing"]
    page = visitor.sign_in(path="trades?trade=position-1")
    expect(page.locator(".trade-head")).to_contain_text("+$12.20")

    page.goto(f"{lively_stage.url}trades?trade=nothing")
    expect(page.get_by_role("alert")).to_contain_text("There is no such trade")


def test_more_says_who_where_and_how_well(lively_stage: Stage, visit: Visit) -> None:
    page = visit(lively_stage).sign_in(Role.VIEWER, "more")

    expect(page.locator(".kv dd", has_text="Viewer, may read")).to_be_visible()
    assert fact(page, "Initial balance") == "$10,000.00"
    assert fact(page, "Won, lost, even") == "75, 50, 3"
    assert fact(page, "Tape") == "test"
    assert fact(page, "Version") == "0.1.0"
    assert fact(page, "Last event").startswith("e1-")
    assert fact(page, "Reconnected") == "0 times"


def test_a_theme_that_was_chosen_stays(lively_stage: Stage, visit: Visit) -> None:
    page = visit(lively_stage).sign_in(path="more")
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")

    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")


def test_logging_out_leaves_nothing_on_the_screen(lively_stage: Stage, visit: Visit) -> None:
    page = visit(lively_stage).sign_in(path="more")
    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_text("$10,000")).to_have_count(0)
