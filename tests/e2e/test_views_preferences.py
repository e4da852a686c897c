"""The page as each person wishes to see it: figures, times, colours, cards, on every device."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from store.access import Role
from tests.e2e.conftest import Visitor
from tests.e2e.stage import Stage, stage
from tests.e2e.test_page_look import SMALL_TARGETS, violations_in_both_themes

Come = Callable[..., Visitor]
AMOUNT = re.compile(r"\$\d|\d USDT")
LOST = """async () => {
  const one = document.querySelector("link[rel=modulepreload]").href;
  const { CARDS } = await import(one.replace(/js\\/.*/, "js/layout.js"));
  const main = document.getElementById("main");
  const lost = CARDS[main.dataset.view].filter(({ at }) => !main.querySelector(at));
  return lost.map(({ name }) => name);
}"""
CARDS = "() => [...document.querySelectorAll('main > .part')].map((el) => el.className)"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of people who change how they see it."""
    with stage(tmp_path_factory.mktemp("wishes")) as built:
        yield built


@pytest.fixture
def come(browser: Browser, home: Stage) -> Iterator[Come]:
    """Let somebody come with a device of some size."""
    visitors: list[Visitor] = []

    def arrive(width: int = 390, height: int = 844) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": height})
        visitors.append(Visitor(context, home))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.context.close()
        assert visitor.complaints == []


def kept(page: Page) -> None:
    """Wait until the server keeps what was chosen last."""
    page.wait_for_function(
        "() => Object.keys(JSON.parse(localStorage['quarterdeck.display']).untold).length === 0"
    )


def test_what_is_wished_holds_everywhere_at_once_and_on_the_next_device(
    come: Come, home: Stage
) -> None:
    page = come().sign_in(Role.TRADER, "display", charts=False)
    for name in ("Percent", "USDT", "Blue, orange"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Compact").last.click()
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    expect(page.locator(".display-view .card").first).to_contain_text("10,443.26 USDT")
    expect(page.locator(".display-view .card").first).to_contain_text("Tokyo")
    assert page.evaluate(SMALL_TARGETS) == []
    assert violations_in_both_themes(page) == []
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    kept(page)

    page.get_by_label("Views").get_by_role("link", name="Overview").click()
    pill = page.locator(".hero .pill")
    expect(pill).to_contain_text("+1.32%")
    expect(page.locator(".hero .big")).to_have_text("10,443.26 USDT")
    assert violations_in_both_themes(page) == []

    desk = come(1440, 900).sign_in(Role.TRADER, charts=False)
    expect(desk.locator(".topbar .utc")).to_contain_text("Tokyo")
    expect(desk.locator(".hero .pill")).to_contain_text("+1.32%")
    loss = "getComputedStyle(document.documentElement).getPropertyValue('--loss').trim()"
    assert desk.evaluate(loss) == "#a84300"
    assert violations_in_both_themes(desk) == []
    for view in ("", "market", "performance"):
        desk.goto(f"{home.url}{view}")
        expect(desk.get_by_role("button", name="Customise")).to_be_visible()
        assert desk.evaluate(LOST) == []  # every card that may be arranged is there
    desk.goto(f"{home.url}display")
    desk.get_by_role("button", name="Reset to usual").click()
    kept(desk)
    assert desk.evaluate(loss) != "#a84300"


def test_cards_are_moved_pinned_hidden_and_found_again_by_keyboard(come: Come) -> None:
    page = come().sign_in(charts=False)
    customise = page.get_by_role("button", name="Customise")
    customise.click()
    sheet = page.get_by_role("dialog")
    assert violations_in_both_themes(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
    sheet.get_by_role("button", name="Pin Positions").press("Enter")
    up = sheet.get_by_role("button", name="Move Prices up")
    up.press("Enter")
    expect(up).to_be_focused()
    sheet.get_by_role("button", name="Hide Figures").press("Enter")
    expect(page.locator(".part-figures")).to_be_hidden()
    sheet.get_by_role("button", name="Done").click()
    kept(page)

    page.reload()
    page.locator(".conn[data-tone=live]").wait_for()
    shown = re.findall(r"part-(\w+)", " ".join(page.evaluate(CARDS)))
    assert [name for name in shown if name != "digest"] == [
        "positions", "hero", "prices", "figures", "orders", "activity",
    ]  # fmt: skip
    expect(page.locator(".part-figures")).to_be_hidden()

    customise.click()
    again = sheet.get_by_role("button", name="Hide Figures")
    expect(again).to_have_attribute("aria-pressed", "true")
    again.press("Enter")
    expect(page.locator(".part-figures")).to_be_visible()
    sheet.get_by_role("button", name="Reset").click()
    expect(page.locator("main > .part:not(.part-digest)").first).to_have_class(
        re.compile("part-hero")
    )
    kept(page)


def test_hidden_amounts_are_nowhere_but_in_a_question_before_an_order(come: Come) -> None:
    page = come().sign_in(path="display", charts=False)
    page.get_by_role("button", name="Hidden").click()
    kept(page)
    page.get_by_label("Views").get_by_role("link", name="Overview").click()
    expect(page.locator(".hero .big")).to_have_text("•••")
    expect(page.locator(".part-positions .pos").first).to_be_visible()
    assert AMOUNT.findall(page.locator("main").inner_text()) == []

    page.locator(".pos").first.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_contain_text("$27.90")
    page.keyboard.press("Escape")


def test_what_the_server_does_not_keep_stays_here_and_is_told_later(come: Come) -> None:
    visitor = come()
    visitor.expected = ["api/preferences"]
    page = visitor.sign_in(Role.VIEWER, "display", charts=False)
    page.route("**/api/preferences", lambda route: route.abort())
    page.get_by_role("button", name="Percent").click()
    expect(page.locator("main")).to_contain_text("Kept in this browser only")

    page.unroute("**/api/preferences")
    page.reload()
    expect(page.get_by_role("button", name="Percent")).to_have_attribute("aria-pressed", "true")
    kept(page)
    other = come().sign_in(Role.VIEWER, charts=False)
    expect(other.locator(".hero .pill")).to_contain_text("+1.32%")
