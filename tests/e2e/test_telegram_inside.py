"""The page inside Telegram: the real script of Telegram in a real browser, a client around it."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import scene
from tests.e2e.conftest import Open, Visit
from tests.e2e.stage import Stage
from tests.e2e.telegram_client import SCRIPT, THEMES, init_data
from tests.e2e.test_page_look import SMALL_TARGETS, violations

CLOSE = "Close BTC/USDT long"


def tokens(page: Page, *names: str) -> list[str]:
    style = "getComputedStyle(document.documentElement)"
    return [page.evaluate(f"{style}.getPropertyValue('--{name}').trim()") for name in names]


@pytest.mark.parametrize(
    ("theme", "platform", "version"),
    [("dark", "ios", "8.0"), ("light", "android", "8.0"), ("light", "tdesktop", "6.7"),
     ("dark", "weba", "7.0"), ("dark", "macos", "6.0")],
)  # fmt: skip
def test_whoever_telegram_vouches_for_is_in_and_the_page_wears_its_colours(
    client: Open, theme: str, platform: str, version: str
) -> None:
    is_newest = version == "8.0"
    opened = client(theme=theme, platform=platform, version=version, charts=is_newest)
    page = opened.live()

    expect(page.locator(".hero .whole")).to_have_text("$10,443")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    expect(page.locator("html")).to_have_attribute("data-telegram", platform)
    expect(page.locator("html")).to_have_class("tg")
    colours = THEMES[theme]
    assert tokens(page, "bg", "surface") == [
        colours["secondary_bg_color"], colours["section_bg_color"],
    ]  # fmt: skip
    assert opened.posted("web_app_expand")
    swipes = [] if version < "7.7" else [{"allow_vertical_swipe": False}]
    assert opened.posted("web_app_setup_swipe_behavior") == swipes
    if version >= "6.9":
        opened.wait_posted("web_app_set_header_color", color=colours["secondary_bg_color"])
    assert page.evaluate("document.cookie") == ""
    assert page.context.cookies() == []
    if is_newest:
        assert violations(page) == []
        assert page.evaluate(SMALL_TARGETS) == []


def test_notches_and_the_clients_own_buttons_hide_nothing(client: Open) -> None:
    opened = client()
    page = opened.live()
    opened.say("safe_area_changed", {"top": 47, "bottom": 34, "left": 0, "right": 0})
    opened.say("content_safe_area_changed", {"top": 46, "bottom": 0, "left": 0, "right": 0})

    assert page.locator(".brand").bounding_box()["y"] >= 93  # type: ignore[index]
    last = page.locator(".nav a").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= 844 - 34

    half = {"height": 500, "width": 390, "is_state_stable": True, "is_expanded": False}
    opened.say("viewport_changed", half)
    last = page.locator(".nav a").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= 500


def test_the_theme_follows_the_client_until_a_person_chooses(client: Open) -> None:
    opened = client(theme="dark")
    page = opened.live("more")
    opened.say("theme_changed", {"theme_params": THEMES["light"]})
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert tokens(page, "bg") == [THEMES["light"]["secondary_bg_color"]]
    opened.wait_posted("web_app_set_background_color", color="#efeff4")

    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).not_to_have_class("tg")
    assert tokens(page, "bg") == ["#0a0e15"]
    opened.wait_posted("web_app_set_header_color", color="#0a0e15")
    page.get_by_role("button", name="Telegram", exact=True).click()
    expect(page.locator("html")).to_have_class("tg")
    assert tokens(page, "bg") == ["#efeff4"]


def test_back_leads_through_sheets_and_views_and_is_gone_at_the_top(client: Open) -> None:
    opened = client()
    page = opened.live()
    opened.wait_posted("web_app_setup_back_button", is_visible=False)
    page.get_by_role("link", name="Performance").click()
    opened.wait_posted("web_app_setup_back_button", is_visible=True)
    page.get_by_role("button", name="7d").first.click()  # a filter is no step
    page.get_by_role("link", name="More", exact=True).click()
    page.get_by_role("heading", name="More").wait_for()

    opened.say("back_button_pressed")
    page.get_by_role("heading", name="Performance").first.wait_for()
    page.locator(".measures button").first.click()
    page.get_by_role("dialog").wait_for()
    opened.say("back_button_pressed")
    expect(page.get_by_role("dialog")).to_have_count(0)
    opened.say("back_button_pressed")
    page.locator(".hero").wait_for()
    opened.wait_posted("web_app_setup_back_button", is_visible=False)

    opened.say("settings_button_pressed")
    page.get_by_role("heading", name="More").wait_for()


def test_without_its_script_the_page_only_lacks_the_clients_own_things(client: Open) -> None:
    opened = client(script=False, complaints=("ERR_", "telegram-web-app"), theme="light")
    opened.page.route(f"{SCRIPT}*", lambda route: route.abort())
    page = opened.open()
    page.locator(".conn[data-tone=live]").wait_for()

    expect(page.locator("html")).to_have_class("tg")
    assert tokens(page, "bg") == [THEMES["light"]["secondary_bg_color"]]
    page.get_by_role("button", name=CLOSE).click()
    expect(page.get_by_role("dialog")).to_contain_text("Net result")


def test_a_script_that_never_comes_delays_nothing(client: Open) -> None:
    opened = client(script=False)
    opened.page.route(f"{SCRIPT}*", lambda _: None)
    page = opened.open()

    page.locator(".conn[data-tone=live]").wait_for()
    expect(page.locator(".hero .whole")).to_have_text("$10,443")


def test_a_plain_browser_asks_nobody_else(deck: Stage, visit: Visit) -> None:
    visitor = visit(deck)
    page = visitor.page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(deck.link())
    page.locator(".conn[data-tone=live]").wait_for()
    page.locator(".equity svg").first.wait_for()

    assert [url for url in asked if not url.startswith((deck.url, "data:", "blob:"))] == []
    assert [url for url in asked if "/telegram/" in url or "telegram.css" in url] == []


def test_a_page_put_away_lets_its_stream_go_and_takes_it_up_where_it_left(
    client: Open, deck: Stage
) -> None:
    opened = client()
    page = opened.live()
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/stream")):
        opened.say("visibility_changed", {"is_visible": False})
    deck.tell("order_refused", scene.refusal(deck.now, "r77", title="While it was away"))
    with page.expect_request("**/api/dashboard/stream") as again:
        opened.say("visibility_changed", {"is_visible": True})

    assert again.value.headers["last-event-id"]
    expect(page.locator(".part-activity")).to_contain_text("While it was away")


@pytest.mark.parametrize(
    ("word", "path"),
    [("trade_position-1", "trades?trade=position-1"), ("symbol_ETHUSDT", "market?symbol=ETHUSDT"),
     ("alerts", "alerts"), ("constructor", "")],
)  # fmt: skip
def test_a_word_opens_its_place_and_nothing_else(client: Open, word: str, path: str) -> None:
    opened = client()
    page = opened.live(said=init_data(start_param=word))

    assert page.url.partition("#")[0] == opened.stage.url + path
    opened.wait_posted("web_app_setup_back_button", is_visible=path != "")


def test_a_word_in_the_address_opens_a_position_or_the_trade_that_it_became(
    client: Open, deck: Stage, visit: Visit
) -> None:
    page = visit(deck).sign_in(path="?to=position_p2")
    card = page.locator("[data-position=p2]")
    expect(card).to_be_focused()
    expect(card).to_be_in_viewport()

    opened = client()
    page = opened.live("?to=position_position-1")
    expect(page.get_by_role("heading", name="ETH/USDT")).to_be_visible()
    assert page.url.startswith(f"{deck.url}trades?trade=position-1#")
    page.get_by_role("link", name="Overview").click()
    page.reload()
    page.locator(".hero .whole").wait_for()
    assert page.url.startswith(f"{deck.url}#")
