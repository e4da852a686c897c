"""What a person at the page wishes: shown with its amounts, confirmed, refused, asked again."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from infra.bus.base import CommandReply, CommandRequest
from tests.e2e.conftest import PHONE, Visitor
from tests.e2e.stage import Stage, refuse


@pytest.fixture(scope="module")
def seated(browser: Browser, shared_stage: Stage) -> Iterator[tuple[Visitor, Page]]:
    """One page for all of these tests: a wish leaves nothing behind on it."""
    context = browser.new_context(viewport=PHONE, color_scheme="dark")  # type: ignore[arg-type]
    visitor = Visitor(context, shared_stage)
    yield visitor, visitor.sign_in()
    context.close()


@pytest.fixture
def visitor(seated: tuple[Visitor, Page]) -> Iterator[Visitor]:
    visitor, page = seated
    visitor.expected, visitor.complaints = [], []
    yield visitor
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    while page.locator(".toast").count():
        page.locator(".toast").evaluate_all("(toasts) => toasts.forEach((toast) => toast.remove())")
    assert visitor.complaints == []


@pytest.fixture
def page(seated: tuple[Visitor, Page], visitor: Visitor) -> Page:  # noqa: ARG001
    return seated[1]


@pytest.fixture
def scene_stage(shared_stage: Stage) -> Stage:
    shared_stage.asked.clear()
    shared_stage.answer = shared_stage.grant
    return shared_stage


def open_close_sheet(page: Page) -> Locator:
    page.get_by_role("button", name="Close BTC/USDT long").click()
    sheet = page.get_by_role("dialog", name="Close BTC/USDT long")
    expect(sheet.get_by_role("button", name="Close 0.042 BTC")).to_be_enabled()
    return sheet


def test_closing_shows_what_it_would_bring_and_is_done_once(scene_stage: Stage, page: Page) -> None:
    sheet = open_close_sheet(page)

    expect(sheet.locator(".kv > div")).to_have_text(
        [
            "Expected price≈ 64,208.1",
            "Gross P&L+$30.58",
            "Fees, entry and exit−$2.68",
            "Funding so far$0.00",
            "Net result≈ +$27.90",
            "Margin released$533.23",
        ]
    )
    expect(sheet.locator(".badge")).to_have_text("SIMULATED")
    expect(sheet.locator(".ttl")).to_contain_text("Valid ")
    sheet.get_by_role("button", name="Close 0.042 BTC").dblclick()
    expect(page.locator(".toast")).to_contain_text("Done")
    expect(sheet).to_be_hidden()

    prepare, confirm = scene_stage.asked
    assert prepare.args == {"command": "close_position", "args": {"position_id": "p1"}}
    assert (confirm.name, confirm.role) == ("confirm", "owner")
    assert prepare.id != confirm.id


def test_a_refusal_says_what_did_not_happen_and_why(
    scene_stage: Stage, page: Page, visitor: Visitor
) -> None:
    visitor.expected = ["409"]
    sheet = open_close_sheet(page)
    scene_stage.answer = refuse("stale_feed", 409, "The feed is 48s old, limit 10s.")
    sheet.get_by_role("button", name="Close 0.042 BTC").click()

    toast = page.get_by_role("alert").filter(has_text="BTC long was not closed")
    expect(toast).to_contain_text("The feed is 48s old, limit 10s.")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_be_hidden()


def test_a_wish_that_cannot_be_prepared_is_told_in_the_sheet_and_asked_again(
    scene_stage: Stage, page: Page, visitor: Visitor
) -> None:
    visitor.expected = ["404"]
    scene_stage.answer = refuse("not_open", 404, "Position p1 is not open.")
    page.get_by_role("button", name="Close BTC/USDT long").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("alert")).to_have_text("Position p1 is not open.")
    scene_stage.answer = scene_stage.grant
    sheet.get_by_role("button", name="Ask again").click()

    expect(sheet.get_by_role("button", name="Close 0.042 BTC")).to_be_enabled()
    expect(sheet.get_by_role("alert")).to_be_hidden()


def test_an_answer_that_is_lost_may_be_asked_for_again_without_doing_it_twice(
    scene_stage: Stage, page: Page, visitor: Visitor
) -> None:
    visitor.expected = ["ERR_"]
    sheet = open_close_sheet(page)
    sent: list[str] = []

    def lose(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "")["idempotency_key"])
        route.abort()

    page.route("**/api/commands", lose)
    act = sheet.get_by_role("button", name="Close 0.042 BTC")
    act.click()
    expect(sheet.get_by_role("alert")).to_contain_text("it may have been done")
    page.unroute("**/api/commands")
    act.click()

    expect(page.locator(".toast")).to_contain_text("Done")
    assert scene_stage.asked[-1].id == sent[0]


def test_a_quote_that_is_over_must_be_asked_for_again(scene_stage: Stage, page: Page) -> None:
    def brief(request: CommandRequest) -> CommandReply:
        reply = scene_stage.grant(request)
        return CommandReply(ok=True, result={**(reply.result or {}), "valid_s": 1})

    scene_stage.answer = brief
    page.get_by_role("button", name="Close BTC/USDT long").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="Ask again")).to_be_visible()
    expect(sheet.locator(".ttl")).to_contain_text("No longer valid")
    scene_stage.answer = scene_stage.grant
    sheet.get_by_role("button", name="Ask again").click()

    expect(sheet.get_by_role("button", name="Close 0.042 BTC")).to_be_enabled()
    assert [request.name for request in scene_stage.asked] == ["prepare", "prepare"]


def test_escape_closes_the_sheet_and_gives_the_focus_back(scene_stage: Stage, page: Page) -> None:
    close = page.get_by_role("button", name="Close BTC/USDT long")
    close.focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="Close 0.042 BTC")).to_be_enabled()
    for _ in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('dialog, body').tagName") != ""
        assert not page.evaluate("document.querySelector('main').contains(document.activeElement)")
    page.keyboard.press("Escape")

    expect(sheet).to_be_hidden()
    expect(close).to_be_focused()
    assert [request.name for request in scene_stage.asked] == ["prepare"]


def test_a_second_enter_does_not_confirm(scene_stage: Stage, page: Page) -> None:
    page.get_by_role("button", name="Close BTC/USDT long").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close 0.042 BTC")).to_be_enabled()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert [request.name for request in scene_stage.asked] == ["prepare"]


def test_a_stop_is_moved_to_a_level_that_is_a_number(scene_stage: Stage, page: Page) -> None:
    page.get_by_role("button", name="Edit BTC stop").click()
    level = page.get_by_label("Level that triggers it")
    expect(level).to_have_value("62850.0")
    level.fill("soon")
    expect(page.get_by_role("alert")).to_contain_text("A level is a number above 0")
    expect(page.get_by_role("button", name="Move")).to_be_disabled()
    level.fill("63000")
    page.get_by_role("button", name="Move to 63,000.0").click()

    expect(page.get_by_role("button", name="Do it")).to_be_enabled()
    assert scene_stage.asked[-1].args == {
        "command": "move_order",
        "args": {"order_id": "o1", "price": "63000"},
    }


@pytest.mark.parametrize(
    ("buttons", "command", "args"),
    [
        (["Edit BTC target", "Cancel order"], "cancel_order", {"order_id": "o2"}),
        (["Close all positions"], "close_all", {}),
        (["Pause trading"], "pause", {}),
    ],
)
def test_every_command_is_shown_before_it_is_done(
    scene_stage: Stage, page: Page, buttons: list[str], command: str, args: dict[str, str]
) -> None:
    for name in buttons:
        page.get_by_role("button", name=name, exact=True).click()
    act = page.get_by_role("dialog").locator(".btn.main")
    expect(act).to_be_enabled()
    act.click()

    expect(page.locator(".toast")).to_contain_text("Done")
    assert scene_stage.asked[0].args == {"command": command, "args": args}
    assert [request.name for request in scene_stage.asked] == ["prepare", "confirm"]
