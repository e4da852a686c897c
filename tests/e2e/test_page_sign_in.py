from collections.abc import Callable

from playwright.sync_api import expect

from store.access import Role
from tests.e2e.conftest import Visitor
from tests.e2e.stage import Stage

Visit = Callable[[Stage], Visitor]


def test_a_link_signs_in_once_and_its_code_leaves_the_address(
    shared_stage: Stage, visit: Visit
) -> None:
    link = shared_stage.link()
    page = visit(shared_stage).page()
    page.goto(link)

    expect(page.locator(".hero .whole")).to_have_text("$10,443")
    assert page.url == shared_stage.url
    page.reload()
    expect(page.locator(".conn .word")).to_have_text("Live")

    stranger = visit(shared_stage)
    stranger.expected = ["api/auth/login"]
    page = stranger.page()
    page.goto(link)
    expect(page.get_by_role("heading", name="That link is used up")).to_be_visible()
    expect(page.get_by_text("python run_dashboard.py login")).to_be_visible()
    expect(page.locator(".topbar")).to_be_hidden()


def test_a_stranger_is_told_how_to_get_in_and_may_paste_the_link(
    shared_stage: Stage, visit: Visit
) -> None:
    page = visit(shared_stage).page()
    page.goto(shared_stage.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Link or code").fill(shared_stage.link())
    page.get_by_role("button", name="Sign in").click()

    expect(page.locator(".hero .whole")).to_have_text("$10,443")


def test_a_link_opens_the_view_it_names(shared_stage: Stage, visit: Visit) -> None:
    page = visit(shared_stage).page()
    page.goto(shared_stage.link(path="trades"))

    expect(page.get_by_role("heading", name="Trades")).to_be_visible()
    assert page.url == f"{shared_stage.url}trades"


def test_a_session_that_ends_leads_back_to_signing_in(shared_stage: Stage, visit: Visit) -> None:
    visitor = visit(shared_stage)
    visitor.expected = ["401"]
    page = visitor.sign_in()
    visitor.context.clear_cookies()
    page.evaluate("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow'))")

    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_text("10,443")).to_have_count(0)


def test_signing_out_shows_nothing_of_the_account_in_any_tab(
    shared_stage: Stage, visit: Visit
) -> None:
    visitor = visit(shared_stage)
    visitor.expected = ["401"]
    first = visitor.sign_in()
    second = visitor.page()
    second.goto(f"{shared_stage.url}more")
    second.get_by_role("button", name="Log out").click()

    expect(second.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(first.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(first.get_by_text("10,443")).to_have_count(0)


def test_a_viewer_is_offered_no_command(shared_stage: Stage, visit: Visit) -> None:
    page = visit(shared_stage).sign_in(Role.VIEWER)

    expect(page.locator(".pos")).to_have_count(2)
    for name in ("Close", "Edit", "Pause", "Resume"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
