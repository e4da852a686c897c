"""Who may come in: people, sessions, keys and the audit, on a phone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from store.access import Role
from tests.e2e.conftest import Visitor
from tests.e2e.people import ANNA, BORIS, DALIA, IPHONE, move_in
from tests.e2e.stage import Stage, stage
from tests.telegram_webapp.rig import until

Visit = Callable[[Stage], Visitor]


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage where people come and ask."""
    with stage(tmp_path_factory.mktemp("peopled")) as built:
        move_in(built)
        yield built


def card(page: Page, title: str) -> Locator:
    return page.locator(".loaded", has=page.get_by_role("heading", name=title, exact=True))


def row(page: Page, title: str, text: str) -> Locator:
    return card(page, title).locator("li").filter(has_text=text)


def test_an_owner_says_who_may_come_in(peopled: Stage, visit: Visit) -> None:
    page = visit(peopled).sign_in(path="access")
    people, users = card(page, "People"), peopled.access.users
    expect(people).to_contain_text("2 ask to come in")
    expect(people.locator("li")).to_have_count(4)

    row(page, "People", "id 7003").get_by_role("combobox").select_option("trader")
    expect(people).to_contain_text("1 asks to come in")
    expect(row(page, "People", "id 7003").get_by_role("combobox")).to_have_value("trader")
    row(page, "People", "id 7003").evaluate("row => row.classList.add('of-before')")
    row(page, "People", "id 7003").get_by_role("combobox").select_option("viewer")
    expect(page.locator(".of-before")).to_have_count(0)  # the list was asked for and drawn anew
    expect(row(page, "Audit", "user")).to_have_count(2)  # what was asked before it was opened
    dalia = users.find(DALIA)
    assert dalia is not None
    assert (dalia.role, dalia.source) == (Role.VIEWER, "page")

    block = row(page, "People", "Boris").get_by_role("button")
    block.click()
    expect(block).to_have_text("Really?")
    expect(row(page, "Sessions", "Boris")).to_have_count(1)
    block.click()
    expect(row(page, "People", "Boris")).to_contain_text("blocked")
    boris = users.find(BORIS)
    assert boris is not None
    assert boris.status == "blocked"

    forget = row(page, "People", f"id {ANNA}").get_by_role("button", name="Forget")
    forget.click()
    expect(people.locator("li")).to_have_count(3)
    assert users.find(ANNA) is None


def test_an_owner_lets_somebody_in_by_their_id(peopled: Stage, visit: Visit) -> None:
    page = visit(peopled).sign_in(path="access")
    page.get_by_label("Telegram id").fill("8001")
    page.get_by_role("combobox", name="Role", exact=True).select_option("owner")
    page.get_by_role("button", name="Let in").click()
    expect(row(page, "People", "User 8001").get_by_role("combobox")).to_have_value("owner")
    expect(page.get_by_label("Telegram id")).to_have_value("")


def test_a_block_is_called_off_by_looking_elsewhere(own_stage: Stage, visit: Visit) -> None:
    own_stage.access.users.allow(BORIS, Role.TRADER, "owner", own_stage.now, name="Boris")
    visitor = visit(own_stage)
    visitor.expected = [f"api/users/{BORIS}/block", f"api/users/{BORIS}"]
    page = visitor.sign_in(path="access")
    block = row(page, "People", "Boris").get_by_role("button")
    block.click()
    expect(block).to_have_accessible_name("Really? Block Boris")
    page.get_by_label("Telegram id").focus()
    expect(block).to_have_text("Block")

    own_stage.access.users.remove(BORIS, "owner", own_stage.now)
    block.click()
    block.click()
    expect(page.get_by_role("alert")).to_contain_text(f"user {BORIS} never came")
    expect(block).to_be_enabled()


def test_sessions_are_told_apart_and_ended(peopled: Stage, visit: Visit) -> None:
    other = visit(peopled).sign_in(Role.VIEWER, "more")
    page = visit(peopled).sign_in(path="access")
    mine = row(page, "Sessions", "This one")
    expect(mine).to_have_count(1)
    expect(mine.get_by_role("button")).to_have_count(0)

    theirs = row(page, "Sessions", "viewer")
    expect(theirs).to_contain_text("Chrome on Linux, 127.0.0.1, by a one-time code")
    theirs.get_by_role("button", name="End session").click()

    expect(theirs).to_have_count(0)
    until(lambda: other.request.get(f"{peopled.url}api/sessions").status, lambda it: it == 401)
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_key_is_made_shown_once_and_revoked(peopled: Stage, visit: Visit) -> None:
    visitor = visit(peopled)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.expected = ["api/keys"]
    page = visitor.sign_in(path="access")
    page.get_by_label("New key, for").fill("home/lab 100%?")
    page.get_by_role("combobox", name="Role of the key").select_option("trader")
    page.get_by_role("button", name="Make").click()

    sheet = page.get_by_role("dialog")
    secret = sheet.locator("code").inner_text()
    assert secret.startswith("qdk_")
    sheet.get_by_role("button", name="Copy").click()
    expect(sheet.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    found = peopled.access.find(secret, peopled.now)
    assert found is not None
    assert found.role is Role.TRADER
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    until(lambda: secret in page.content(), lambda shown: not shown)

    page.get_by_label("New key, for").fill("home/lab 100%?")
    page.get_by_role("button", name="Make").click()
    expect(page.get_by_role("alert")).to_contain_text("No key was made")

    revoke = row(page, "Keys", "home/lab 100%?").get_by_role("button")
    revoke.click()
    revoke.click()
    expect(row(page, "Keys", "home/lab 100%?")).to_have_count(0)
    assert peopled.access.find(secret, peopled.now) is None


def test_the_audit_is_read_page_by_page(own_stage: Stage, visit: Visit) -> None:
    for number in range(45):
        own_stage.access.create_key(f"key {number}", Role.VIEWER, own_stage.now)
    page = visit(own_stage).sign_in(path="access")
    rows = card(page, "Audit").locator("li")
    older = page.get_by_role("button", name="Older")
    expect(rows).to_have_count(20)
    expect(rows.first).to_contain_text("signed in")

    older.click()
    expect(rows).to_have_count(40)
    older.click()

    expect(rows).to_have_count(46)
    expect(rows.last).to_contain_text("key created key 0 viewer")
    expect(older).to_be_hidden()


def test_a_viewer_sees_their_session_alone_and_asks_for_nothing_else(
    peopled: Stage, visit: Visit
) -> None:
    asked: list[str] = []
    visitor = visit(peopled)
    visitor.context.on("request", lambda request: asked.append(request.url.partition("api/")[2]))
    page = visitor.sign_in(Role.VIEWER, "access")

    expect(row(page, "Sessions", "This one")).to_have_count(1)
    expect(card(page, "Sessions").locator("li")).to_have_count(1)
    expect(page.locator(".loaded h2")).to_have_text(["Sessions"])
    assert asked.count("sessions") == 1
    assert not {"users", "keys"} & set(asked)
    assert IPHONE not in page.content()


def test_what_does_not_load_says_so_and_can_be_tried_again(peopled: Stage, visit: Visit) -> None:
    visitor = visit(peopled)
    visitor.expected = ["api/keys"]
    page = visitor.page()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/keys", hold)
    page.goto(peopled.link(path="access"))
    keys = card(page, "Keys")
    page.locator(".conn[data-tone=live]").wait_for()
    expect(keys).to_contain_text("Loading")
    held[0].abort()
    expect(keys).to_contain_text("This did not load. Quarterdeck could not be reached.")
    expect(row(page, "Sessions", "This one")).to_have_count(1)  # nothing else waits for it

    page.unroute("**/api/keys")
    keys.get_by_role("button", name="Try again").click()

    expect(row(page, "Keys", "grafana")).to_contain_text("Trader, never used")
    expect(keys.get_by_role("button", name="Try again")).to_be_hidden()
