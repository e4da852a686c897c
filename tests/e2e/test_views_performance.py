"""Results and the comparison: figures with their formulas, charts, and strategies side by side."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from store.access import Role
from store.imported import PREFIX
from tests.e2e import scene
from tests.e2e.conftest import Visitor, one_page
from tests.e2e.decided import store_signals
from tests.e2e.recent import TRADES, store_recent
from tests.e2e.stage import Stage, stage
from tests.e2e.test_page_look import SMALL_TARGETS, violations

Visit = Callable[[Stage], Visitor]
NEWEST = f"position-{100 + TRADES - 1}"
TRADES_SHOWN = ".trades-part .trade"
DRAWN = "(box) => document.querySelector(box)?.data?.[0]?.x?.length > 0"


@pytest.fixture(scope="module")
def traded_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with a history of trades."""
    with stage(tmp_path_factory.mktemp("traded")) as built:
        store_recent(built.data_dir, built.now)
        store_signals(built.data_dir, built.now, NEWEST)
        yield built


@pytest.fixture(scope="module")
def results(browser: Browser, traded_stage: Stage) -> Iterator[Page]:
    """The results, drawn; a test closes what it opens."""
    with one_page(browser, traded_stage, "performance") as page:
        page.wait_for_function(DRAWN, arg=".results-chart")
        yield page


def open_results(visitor: Visitor, query: str = "") -> Page:
    page = visitor.sign_in(path=f"performance{query}")
    page.wait_for_function(DRAWN, arg=".results-chart")
    return page


def measure(page: Page, name: str) -> str:
    row = page.locator(".more-figures tr", has=page.get_by_role("button", name=name, exact=True))
    return row.locator("td").inner_text()


def test_results_say_what_was_earned_and_on_what_it_stands(results: Page) -> None:
    page = results
    expect(page.locator(".net-part .big")).to_have_text("+$301.00")
    expect(page.locator(".counts")).to_contain_text("60 trades: 40 won, 20 lost.")
    figures = page.locator(".measures .fig")
    expect(figures.nth(0)).to_have_text("Win rate66.7%95% interval 54 to 77%")
    expect(figures.nth(1)).to_have_text("Profit factor2.61net wins ÷ net losses")
    expect(figures.nth(4)).to_contain_text("needs 30 days, has ")
    assert measure(page, "Fees") == "\u2212$54.60\n60 trades"
    assert measure(page, "Longest winning streak") == "2\n60 trades"
    for card in ("Daily return, %", "Trade P&L", "By market", "By ending", "By hour of closing"):
        expect(page.get_by_role("heading", name=card)).to_be_visible()


def test_a_tap_on_a_name_tells_its_formula(results: Page) -> None:
    page = results
    page.get_by_role("button", name="Win rate", exact=True).click()

    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("66.7%")
    expect(sheet).to_contain_text("wins ÷ all closed trades")
    expect(sheet).to_contain_text("1 closed trade")
    assert violations(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Sharpe", exact=True).click()
    expect(sheet).to_contain_text("Not known yet: needs 30 days, has ")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_range_and_filters_are_in_the_address(traded_stage: Stage, visit: Visit) -> None:
    page = open_results(visit(traded_stage))
    page.get_by_label("Market", exact=True).select_option(scene.ETH)
    expect(page.locator(".counts")).to_contain_text("30 trades")
    expect(page.locator(".still .plot-words").first).to_contain_text("not for one market")
    page.get_by_label("Side").select_option("short")

    expect(page.locator(".counts")).to_contain_text("No closed trade in this time.")
    assert page.url.endswith("/performance?symbol=ETH%2FUSDT&side=short")
    expect(page.locator(".measures .fig").first).to_contain_text("no closed trade yet")
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.locator(".counts")).to_contain_text("No closed trade yet.")
    page.go_back()
    page.go_back()
    expect(page.locator(".counts")).to_contain_text("30 trades")


def test_trades_that_close_join_and_the_figures_follow(own_stage: Stage, visit: Visit) -> None:
    store_recent(own_stage.data_dir, own_stage.now)
    page = open_results(visit(own_stage))
    expect(page.locator(TRADES_SHOWN)).to_have_count(10)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "api/performance" in r.url else None)

    own_stage.tell("trade_closed", scene.trade_closed(own_stage.now))
    expect(page.locator(TRADES_SHOWN).first).to_contain_text("+$27.90")
    expect(page.locator(".positions-part .pos")).to_have_count(1)
    with page.expect_response(lambda r: "api/performance" in r.url):
        for closed in (129, 130, 131):
            own_stage.say("account", scene.account(own_stage.now, closed_trades=closed))
    assert len(asked) == 1


def test_files_and_the_report_are_offered(results: Page) -> None:
    page = results
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save these equity as a CSV file").click()
    assert saving.value.path().read_text(encoding="utf-8").count("\n") > 300
    expect(page.get_by_text("None was written yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Write a new one")).to_be_enabled()


def test_a_viewer_cannot_have_a_report_written(traded_stage: Stage, visit: Visit) -> None:
    page = visit(traded_stage).sign_in(Role.VIEWER, "performance")

    expect(
        page.get_by_role("button", name="Download").or_(page.get_by_text("None was written"))
    ).to_be_visible()
    expect(page.get_by_role("button", name="Write a new one")).to_be_hidden()


def test_parts_of_signals_are_judged_by_their_trades(results: Page) -> None:
    page = results
    theories = page.locator(".card", has=page.get_by_role("heading", name="Theories"))
    expect(theories.locator("tbody th")).to_have_text(["entropyfull_math", "momentumfull_math"])
    expect(theories).to_contain_text("1 trade")

    theories.get_by_role("button", name="momentum").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("Right in 1 of the 1 trade in which it leaned to a side: 100.0%")
    expect(sheet.locator("tbody tr")).to_have_text(["0.6 to 0.8on average 0.60100%1"])
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_two_strategies_are_compared_verdict_first(traded_stage: Stage, visit: Visit) -> None:
    page = visit(traded_stage).sign_in(path="ab-test")

    # Its statistics begin in a process of their own.
    expect(page.locator(".verdict")).to_contain_text("Awaiting closed trades")
    table = page.locator(".vs")
    expect(table.locator("thead")).to_contain_text("trend")
    others = page.locator(".strategy", has_text="deepseek_only")
    for words in ("Off", "DEEPSEEK_API_KEY is not set.", "$0.42 of $1.00 spent today"):
        expect(others).to_contain_text(words)


def test_another_account_is_shown_as_one_that_does_not_trade(
    own_stage: Stage, visit: Visit
) -> None:
    store_recent(own_stage.data_dir, own_stage.now, f"{PREFIX}my history")
    store_recent(own_stage.data_dir, own_stage.now)
    page = open_results(visit(own_stage))
    page.get_by_label("Account").select_option(label="Imported: my history, no. 2")

    expect(page.get_by_text("Not the account that trades now")).to_be_visible()
    expect(page.locator(".counts")).to_contain_text("60 trades")
    expect(page.locator(".positions-part")).to_be_hidden()
    assert page.url.endswith("/performance?account=2")
    own_stage.tell("trade_closed", scene.trade_closed(own_stage.now))
    page.locator(TRADES_SHOWN).first.click()
    expect(page.locator(".trade-head")).to_contain_text("+$12.20")
    assert page.url.endswith("account=2")


def test_no_rule_of_accessibility_is_broken_and_nothing_leaves_its_box(
    traded_stage: Stage, visit: Visit
) -> None:
    page = visit(traded_stage).sign_in()
    for path in ("performance", "ab-test", "signals"):
        page.goto(f"{traded_stage.url}{path}")
        page.locator(".late .trade, .vs .lead, .vs td span, .signal").first.wait_for()
        page.emulate_media(color_scheme="dark")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert violations(page) == []
        assert page.evaluate(SMALL_TARGETS) == []
        page.emulate_media(color_scheme="light")
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        assert violations(page) == []
        for width in (320, 1024, 2560, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
