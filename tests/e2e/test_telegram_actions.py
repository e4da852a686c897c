"""Acting inside Telegram: its windows, its vibration, its downloads, its frame in a browser."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser import ARGUMENTS
from tests.e2e import telegram_client
from tests.e2e.conftest import PHONE, Open, Visitor
from tests.e2e.stage import Stage, stage
from tests.e2e.telegram_client import Client, let_script
from tests.reverse_proxy import Habits, ReverseProxy

CLOSE = "Close BTC/USDT long"


def test_a_wish_is_confirmed_in_the_clients_window_with_its_amounts(
    client: Open, deck: Stage
) -> None:
    opened = client()
    page = opened.live()
    before = len(deck.asked)
    page.get_by_role("button", name=CLOSE).click()
    asked = opened.wait_posted("web_app_open_popup")

    assert asked["title"] == "Close BTC/USDT long"
    assert asked["message"].startswith("SIMULATED\nSells 0.042 BTC at market")
    assert "Net result: ≈ +$27.90" in asked["message"]
    assert [button["text"] for button in asked["buttons"]] == ["Close 0.042 BTC", "Keep open"]
    expect(page.get_by_role("dialog")).to_have_count(0)
    opened.wait_posted("web_app_setup_closing_behavior", need_confirmation=True)
    assert [request.name for request in deck.asked[before:]] == ["prepare"]

    opened.say("popup_closed", {"button_id": "act"})
    expect(page.locator(".toast")).to_contain_text("Done")
    assert [request.name for request in deck.asked[before:]] == ["prepare", "confirm"]
    assert deck.asked[-1].args["intent_id"]
    opened.wait_posted("web_app_setup_closing_behavior", need_confirmation=False)
    felt = opened.wait_posted("web_app_trigger_haptic_feedback")
    assert felt == {"type": "notification", "notification_type": "success"}


@pytest.mark.parametrize("pressed", [{"button_id": "keep"}, {}])
def test_a_window_that_is_closed_changes_nothing(
    client: Open, deck: Stage, pressed: dict[str, str]
) -> None:
    opened = client(version="6.2")
    page = opened.live()
    before = len(deck.asked)
    page.get_by_role("button", name=CLOSE).click()
    opened.wait_posted("web_app_open_popup")
    opened.say("popup_closed", pressed)
    opened.wait_posted("web_app_setup_closing_behavior", need_confirmation=False)

    assert [request.name for request in deck.asked[before:]] == ["prepare"]
    expect(page.locator(".toast")).to_have_count(0)
    page.get_by_role("button", name="Pause trading").click()  # and the next one can be asked
    opened.wait_posted("web_app_open_popup", title="pause")


def test_a_client_without_windows_gets_the_pages_own_sheet(client: Open) -> None:
    opened = client(version="6.1")
    page = opened.live()
    page.get_by_role("button", name=CLOSE).click()
    sheet = page.get_by_role("dialog")

    expect(sheet).to_contain_text("Net result")
    opened.wait_posted("web_app_setup_back_button", is_visible=True)
    assert opened.posted("web_app_open_popup") == []
    sheet.get_by_role("button", name="Close 0.042 BTC").click()
    expect(page.locator(".toast")).to_contain_text("Done")


def test_a_trade_is_shared_with_what_it_is_worth_and_the_way_to_it(client: Open) -> None:
    opened = client()
    page = opened.live("trades?trade=position-1")
    page.get_by_role("button", name="Share").click()
    path = opened.wait_posted("web_app_open_tg_link")["path_full"]

    shared = parse_qs(urlsplit(path).query)
    assert shared["url"] == [f"{opened.stage.url}?to=trade_position-1"]
    assert shared["text"][0].startswith("SIMULATED\nETH/USDT long 5×: +$12.20")


@pytest.mark.parametrize(("version", "platform"), [("8.0", "ios"), ("6.4", "tdesktop")])
def test_a_file_is_handed_to_the_client_by_a_link_that_is_good_once(
    client: Open, version: str, platform: str
) -> None:
    opened = client(version=version, platform=platform)
    page = opened.live("performance")
    page.get_by_role("button", name="Save these trades as a CSV file").click()
    # Without https, as here, a client can only open it.
    url = opened.wait_posted("web_app_open_link")["url"]

    first, second = page.request.get(url), page.request.get(url)
    assert "attachment" in first.headers["content-disposition"]
    assert first.text().startswith("id,")
    assert second.status == 404


@pytest.fixture(scope="module")
def strict(
    whole_chromium_path: str, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A browser that refuses cookies and storage to what other sites frame."""
    profile = tmp_path_factory.mktemp("profile")
    preferences = profile / "Default" / "Preferences"
    preferences.parent.mkdir()
    preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 1}}))
    context = browser.browser_type.launch_persistent_context(
        str(profile),
        executable_path=whole_chromium_path,
        viewport={"width": 390, "height": 844},
        args=[
            *ARGUMENTS,
            "--disable-features=LocalNetworkAccessChecks,ThirdPartyStoragePartitioning",
        ],
    )
    yield context
    context.close()


def test_in_another_sites_frame_without_cookies_and_storage_all_works(
    deck: Stage, strict: BrowserContext
) -> None:
    visitor = Visitor(strict, deck)
    let_script(strict)
    outer = visitor.page()
    telegram_client.frame(strict, Client(outer, deck, platform="weba").address())
    outer.goto(telegram_client.WEB)
    page = outer.frame_locator("iframe")
    expect(page.locator(".conn[data-tone=live]")).to_be_visible()
    frame = outer.frames[1]
    for storage in ("localStorage", "sessionStorage"):
        assert (
            frame.evaluate(
                f"(() => {{ try {{ {storage}.length }} catch (e) {{ return e.name }} }})()"
            )
            == "SecurityError"
        )
    expect(page.locator("html")).to_have_class("tg")
    page.get_by_role("button", name=CLOSE).click()
    outer.wait_for_function("window.posted.some(([name]) => name === 'web_app_open_popup')")
    say = "outer => document.querySelector('iframe').contentWindow.postMessage(outer, '*')"
    outer.evaluate(
        say, json.dumps({"eventType": "popup_closed", "eventData": {"button_id": "act"}})
    )
    expect(page.locator(".toast")).to_contain_text("Done")
    page.get_by_role("link", name="Performance").click()
    expect(page.get_by_role("heading", name="Performance").first).to_be_visible()
    frame.evaluate("location.reload()")  # as Telegram Web does; nothing but the address is left

    expect(page.locator(".conn[data-tone=live]")).to_be_visible()
    expect(page.get_by_role("heading", name="Performance").first).to_be_visible()
    assert visitor.complaints == []


def test_below_a_path_and_over_https_a_file_is_downloaded_by_the_client(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    habits = Habits(mount="/bot1", says={"X-Forwarded-Proto": "https"})
    with ReverseProxy(9, habits, tls=True) as proxy:
        settings = {
            "TELEGRAM_BOT_TOKEN": telegram_client.TOKEN, "TELEGRAM_USERS": "424242:viewer",
            "PUBLIC_URL": proxy.url, "TRUSTED_PROXIES": "127.0.0.1",
        }  # fmt: skip
        with stage(tmp_path_factory.mktemp("proxied"), **settings) as deck:
            proxy.upstream = deck.port
            context = browser.new_context(viewport=PHONE, ignore_https_errors=True)  # type: ignore[arg-type]
            let_script(context)
            context.add_init_script(telegram_client.BRIDGE)
            visitor = Visitor(context, deck)
            opened = Client(visitor.page(), deck)
            told = opened.address().partition("#")[2]
            page = opened.page
            page.goto(f"{proxy.url}performance#{told}")
            opened.wait_script()
            page.get_by_role("button", name="Save these trades as a CSV file").click()
            asked = opened.wait_posted("web_app_request_file_download")

            assert asked["url"].startswith(f"{proxy.url}api/downloads/")
            assert asked["file_name"] == "quarterdeck-trades.csv"
            assert page.request.get(asked["url"]).text().startswith("id,")
            context.close()
            assert visitor.complaints == []
