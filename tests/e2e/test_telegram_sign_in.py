"""Signing in inside Telegram: who is let in, who is not, and how a session goes on."""

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect
from sqlalchemy import update

from store.access import Role
from store.access_tables import sessions
from tests.e2e.conftest import Open, Visit
from tests.e2e.stage import Stage
from tests.e2e.telegram_client import BRIDGE, Client, init_data, let_script
from tests.e2e.test_page_look import violations
from tests.telegram_webapp.rig import until

STRANGER_ID = 555
STRANGER = {"id": STRANGER_ID, "first_name": "Zoë <b>"}
CLOSE = "Close BTC/USDT long"


def test_every_request_carries_the_token_and_none_its_secret_in_an_address(client: Open) -> None:
    opened = client()
    asked: list[Request] = []
    opened.page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - it is wrapped
    page = opened.live("more")
    page.get_by_text("Ada (424242)").wait_for()

    api = [request for request in asked if "/api/" in request.url and "auth" not in request.url]
    assert any("stream" in request.url for request in api)
    for request in api:
        assert request.headers["authorization"].startswith("Bearer ")
        assert request.headers["ngrok-skip-browser-warning"]
    assert not [r.url for r in asked if "tgWebApp" in r.url.partition("#")[0]]
    assert len([r for r in asked if r.url.startswith("https://")]) == 1  # the script


def test_a_session_that_ends_is_renewed_without_a_word(client: Open, deck: Stage) -> None:
    opened = client(complaints=("401",))
    page = opened.live()
    end_sessions(page, deck)
    with page.expect_response("**/api/auth/telegram"):  # by the stream that is refused
        opened.say("visibility_changed", {"is_visible": False})
        opened.say("visibility_changed", {"is_visible": True})
    page.locator(".conn[data-tone=live]").wait_for()
    end_sessions(page, deck)
    with page.expect_response("**/api/auth/telegram"):  # by a request that is refused
        page.get_by_role("link", name="More", exact=True).click()

    expect(page.get_by_text("Ada (424242)")).to_be_visible()
    page.locator(".conn[data-tone=live]").wait_for()


def test_who_was_signed_out_is_told_to_open_it_again(client: Open, deck: Stage) -> None:
    opened = client(complaints=("401",))
    page = opened.live(said=init_data(age_s=60))
    end_sessions(page, deck, on_purpose=True)
    with page.expect_response("**/api/auth/telegram"):
        opened.say("visibility_changed", {"is_visible": False})
        opened.say("visibility_changed", {"is_visible": True})

    expect(page.get_by_role("heading", name="Open it again from the bot")).to_be_visible()


def end_sessions(page: Page, deck: Stage, *, on_purpose: bool = False) -> None:
    """Let the time of every session be over, or end it, and wait until that is known."""
    with page.expect_request("**/api/me") as asked:
        page.get_by_role("link", name="More", exact=True).click()
    page.get_by_role("link", name="Overview").click()
    headers = asked.value.headers
    for session in deck.access.list_sessions(deck.now) if on_purpose else ():
        deck.access.end_session(session.id, "a test", deck.now)
    if not on_purpose:
        with deck.access.database.write() as connection:
            connection.execute(update(sessions).values(expires_at=deck.now - 1))
    until(lambda: page.request.get(f"{deck.url}api/me", headers=headers).status, lambda s: s == 401)


def test_who_opened_it_too_long_ago_is_told_to_open_it_again(client: Open) -> None:
    opened = client(complaints=("401",))
    page = opened.open(said=init_data(age_s=90 * 24 * 3600))
    expect(page.get_by_role("heading", name="Open it again from the bot")).to_be_visible()
    assert violations(page) == []
    opened.wait_script()
    page.get_by_role("button", name="Close").click()

    opened.wait_posted("web_app_close")


@pytest.mark.parametrize("said", ["", "user=%7B%7D&hash=00"])
def test_who_telegram_does_not_vouch_for_is_told_so(client: Open, said: str) -> None:
    page = client(complaints=("401",)).open(said=said)

    expect(page.get_by_role("heading", name="Open it again from the bot")).to_be_visible()


def test_a_stranger_sees_their_id_and_is_in_as_soon_as_the_owner_agrees(
    client: Open, deck: Stage
) -> None:
    opened = client(complaints=("403",))
    page = opened.open(said=init_data(STRANGER))
    expect(page.get_by_role("heading", name="You are not on the list yet")).to_be_visible()
    expect(page.locator(".who-id")).to_contain_text("Zoë <b>")
    expect(page.locator(".who-id code")).to_have_text("555")
    expect(page.locator(".topbar")).to_be_hidden()
    page.set_viewport_size({"width": 320, "height": 560})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_role("button", name="Copy").click()
    expect(page.locator(".who-id button")).to_have_text(re.compile("Copied|Marked"))
    assert violations(page) == []
    deck.access.users.allow(STRANGER_ID, Role.VIEWER, "a test", deck.now)
    opened.wait_script()
    opened.say("visibility_changed", {"is_visible": True})  # else it looks again in some seconds

    expect(page.locator(".hero .whole")).to_have_text("$10,443")
    expect(page.get_by_role("button", name=CLOSE)).to_have_count(0)
    deck.access.users.block(STRANGER_ID, "a test", deck.now)
    page = opened.open(said=init_data(STRANGER))
    page.reload()
    expect(page.get_by_role("heading", name="You are not let in")).to_be_visible()


def test_a_server_without_a_bot_says_what_to_do(shared_stage: Stage, visit: Visit) -> None:
    visitor = visit(shared_stage)
    visitor.expected = ["503"]
    let_script(visitor.context)
    visitor.context.add_init_script(BRIDGE)
    page = Client(visitor.page(), shared_stage).open()

    expect(page.get_by_role("heading", name="Telegram is not set up here")).to_be_visible()
    expect(page.get_by_text("TELEGRAM_BOT_TOKEN")).to_be_visible()


def test_a_one_time_link_signs_in_where_telegram_vouches_for_nobody(
    client: Open, deck: Stage
) -> None:
    opened = client()
    told = opened.address(said="").partition("#")[2]
    opened.page.goto(f"{deck.link(Role.VIEWER)}&{told}")

    expect(opened.page.locator(".hero .whole")).to_have_text("$10,443")


def test_while_telegram_is_asked_the_frame_is_there_and_nothing_moves_after(
    client: Open,
) -> None:
    opened = client(charts=True)
    waiting: list[Route] = []
    opened.page.route("**/api/auth/telegram", lambda route: waiting.append(route))  # noqa: PLW0108
    with opened.page.expect_request("**/api/auth/telegram"):
        page = opened.open()
    expect(page.locator(".conn .word")).to_have_text("Connecting")
    hero = ".hero .big"
    before = page.locator(hero).bounding_box()
    expect(page.get_by_role("link", name="Performance")).to_be_visible()
    expect(page.get_by_role("button", name="Pause trading")).to_be_hidden()
    waiting[0].continue_()

    expect(page.locator(".hero .whole")).to_have_text("$10,443")
    after = page.locator(hero).bounding_box()
    assert before
    assert after
    assert (before["x"], before["y"], before["height"]) == (after["x"], after["y"], after["height"])
