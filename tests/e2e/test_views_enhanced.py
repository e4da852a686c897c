"""The enhanced view: everything at once on a large screen, by keyboard, and on a wall."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from store.access import Role
from tests.e2e import scene
from tests.e2e.conftest import Visitor
from tests.e2e.stage import Stage, stage
from tests.e2e.test_page_look import violations_in_both_themes

Sit = Callable[..., Page]
PARTS = (".en-hero", ".en-charts", ".en-lists", ".en-anomalies", ".en-system", ".desk-foot")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage with a large screen before it."""
    with stage(tmp_path_factory.mktemp("room")) as built:
        yield built


@pytest.fixture
def sit(browser: Browser, room: Stage) -> Iterator[Sit]:
    """Let somebody sit down at the large screen."""
    visitors: list[Visitor] = []

    def come(path: str = "enhanced", width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        visitors.append(Visitor(context, room))
        # the stage's engine knows no book, and somebody is signed out
        visitors[-1].expected = ["api/"]
        return visitors[-1].sign_in(Role.OWNER, path, charts=False)

    yield come
    for visitor in visitors:
        visitor.context.close()
        assert visitor.complaints == []


def anomaly(at: int) -> dict[str, object]:
    return {
        "fact_id": "anomaly:1", "at": at, "id": "1", "symbol": scene.BTC, "measure": "volume",
        "value": 412.0, "usual": 31.0, "deviation": 9.2, "z": 41.4, "severity": "extreme",
        "title": "Volume far above usual", "detail": "412 BTC in a minute, usually 31.",
        "did": "Nothing: volume alone stops no entry.",
    }  # fmt: skip


def test_everything_stands_on_one_screen_and_lives(sit: Sit, room: Stage) -> None:
    page = sit()
    expect(page.locator(".en-chart:visible")).to_have_count(3)  # no more charts than markets
    for width, height in ((1440, 900), (2560, 1440)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """([width, height]) => document.documentElement.scrollWidth === width
              && document.documentElement.scrollHeight === height""",
            arg=[width, height],
        )
        for part in PARTS:
            box = page.locator(part).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height
    room.tell("anomaly_detected", anomaly(room.now))
    expect(page.locator(".en-anomalies li")).to_contain_text("BTC: Volume far above usual")
    room.say("price", scene.price(room.now, scene.ETH, 3200.5), scene.ETH)
    expect(page.locator(".en-chart").nth(1)).to_contain_text("3,200.50")
    expect(page.locator(".en-narrow")).to_be_hidden()
    assert violations_in_both_themes(page) == []

    page.set_viewport_size({"width": 1024, "height": 768})
    expect(page.locator(".en-narrow")).to_contain_text("made for a large screen")
    assert page.evaluate("document.documentElement.scrollWidth") == 1024


def test_keys_turn_markets_candles_charts_lists_and_open_questions(sit: Sit) -> None:
    page = sit()
    first = page.get_by_label("Market of this chart").first
    expect(first).to_have_value(scene.BTC)
    page.keyboard.press("]")
    expect(first).to_have_value(scene.ETH)
    page.keyboard.press("[")
    expect(first).to_have_value(scene.BTC)
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="15m")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("g")
    expect(page.locator(".en-chart:visible")).to_have_count(1)
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Orders 2")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    expect(page.locator(".en-left :focus")).to_have_count(1)
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Wall display, and back")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.get_by_role("dialog")).to_contain_text("Pause")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.get_by_role("button", name="Hide Order book").click()
    expect(page.locator(".en-book")).to_be_hidden()
    page.get_by_role("button", name="Reset").click()
    page.keyboard.press("Escape")

    page.reload()
    page.locator(".conn[data-tone=live]").wait_for()
    expect(page.locator(".en-chart:visible")).to_have_count(1)  # as it was left


def test_a_wall_has_nothing_to_touch_says_what_is_stale_and_that_it_is_signed_out(
    sit: Sit, room: Stage
) -> None:
    page = sit("enhanced?wall=1&every=5", 2560, 1440)
    for control in (".nav", ".en-tools", ".topbar .pause", ".desk-foot", ".tbl .btn"):
        expect(page.locator(control).first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).cursor") == "none"
    shown = page.locator(".en-chart:visible select")
    expect(shown).to_have_value(scene.BTC)
    expect(shown).to_have_value(scene.ETH)  # it turns by itself
    expect(page.locator(".wall-age")).to_be_hidden()

    room.say("feed", scene.feed(room.now, status="stale", last_message_at=room.now - 48_000))
    expect(page.locator(".wall-age")).to_contain_text("Prices are")
    expect(page.locator(".wall-age")).to_contain_text("No new entries")
    room.say("feed", scene.feed(room.now))
    expect(page.locator(".wall-age")).to_be_hidden()

    page.keyboard.press("Escape")
    expect(page.locator(".en-tools")).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator(".en-tools")).to_be_hidden()
    page.context.clear_cookies()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_label("Link or code")).to_be_hidden()
