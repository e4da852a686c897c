"""Alerts: what was told, how one is told, rules of one's own, and notifications of the browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from core.alerts import Mode
from store.access import Role
from store.alert_settings import read_settings
from tests.e2e.conftest import Visitor
from tests.e2e.people import (
    ALERTS,
    OWNER,
    RuleKeeper,
    deliver,
    raise_alert,
    store_alert,
    tell_alerts,
)
from tests.e2e.stage import Stage, stage

Visit = Callable[[Stage], Visitor]

# A browser without a head shows none: what would be shown is noted, by all tabs together.
RECORDER = """
window.told = () => JSON.parse(localStorage.getItem("told") ?? "[]");
window.notes = {};
window.Notification = class {
  static permission = localStorage.getItem("allowed") ? "granted" : "default";
  static requestPermission() {
    Notification.permission = window.name === "never" ? "denied" : "granted";
    return Promise.resolve(Notification.permission);
  }
  constructor(title, { tag, body, silent }) {
    notes[title] = this;
    if (tag === "quarterdeck") return;
    localStorage.setItem("told", JSON.stringify([...told(), [title, body, silent]]));
  }
  close() {}
};
"""
LOOKED = "**/api/alerts?limit=20"  # what the page and its list ask


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that has told alerts and sent messages, whose engine keeps rules."""
    with stage(tmp_path_factory.mktemp("telling")) as built:
        tell_alerts(built)
        deliver(built)
        built.answer = RuleKeeper(built).answer
        yield built


def card(page: Page, title: str) -> Locator:
    return page.locator(".loaded", has=page.get_by_role("heading", name=title, exact=True))


def row(page: Page, title: str, text: str) -> Locator:
    return card(page, title).locator("li").filter(has_text=text)


def is_kept(answer: Response) -> bool:
    """Tell whether it answers a change of what one wishes; those are asked for, too."""
    return answer.url.endswith("/api/alerts/settings") and answer.request.method == "PUT"


def settings(stage: Stage) -> Any:
    return read_settings(stage.access.database, OWNER)


def test_alerts_lead_to_their_place(telling: Stage, visit: Visit) -> None:
    page = visit(telling).sign_in(path="alerts")
    titles = [str(alert["title"]) for alert in ALERTS]
    expect(card(page, "Told lately").locator("b")).to_have_text(titles)

    places = ["trades?trade=position-1", "signals?symbol=SOLUSDT", "", "system"]
    for title, place in zip(titles, places, strict=False):
        page.get_by_role("link", name=f"Open: {title}").click()
        page.wait_for_url(f"{telling.url}{place}")
        if not place:
            expect(page.locator("[data-position=p1]")).to_be_focused()
        page.go_back()
    page.get_by_role("link", name="More", exact=True).first.click()
    page.wait_for_url(f"{telling.url}more")


def test_others_do_not_see_what_the_own_rules_told(telling: Stage, visit: Visit) -> None:
    page = visit(telling).sign_in(Role.VIEWER, "alerts")

    expect(card(page, "Told lately").locator("li")).to_have_count(len(ALERTS) - 1)
    expect(card(page, "Sent to your chat")).to_contain_text("Nothing was sent to a chat of yours.")
    expect(card(page, "Your rules")).to_contain_text("No rule yet.")


def test_what_was_chosen_is_kept(telling: Stage, visit: Visit) -> None:
    page = visit(telling).sign_in(path="alerts")
    fills = page.get_by_role("group", name="Fills")
    expect(fills.get_by_role("button", name="Silent")).to_have_attribute("aria-pressed", "true")
    with page.expect_response(is_kept):
        fills.get_by_role("button", name="Off").click()
    page.get_by_role("button", name="Mute 8 h").click()
    expect(page.get_by_text("Muted until")).to_be_visible()
    page.get_by_label("Quiet from").fill("23:30")
    page.get_by_label("to", exact=True).fill("06:15")
    page.get_by_role("button", name="Keep quiet").click()
    expect(page.get_by_text("Quiet 23:30")).to_be_visible()

    page.reload()

    expect(fills.get_by_role("button", name="Off")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Muted until")).to_be_visible()
    expect(page.get_by_label("Quiet from")).to_have_value("23:30")
    expect(page.get_by_label("to", exact=True)).to_have_value("06:15")
    kept = settings(telling)
    assert (kept.modes, kept.is_muted(telling.now)) == ({"fill": Mode.OFF}, True)

    page.get_by_role("button", name="End the mute").click()
    page.get_by_role("button", name="No quiet hours").click()
    expect(page.get_by_role("button", name="Mute 2 h")).to_be_visible()
    expect(page.get_by_text("Your own time of day.")).to_be_visible()
    kept = settings(telling)
    assert (kept.muted_until, kept.quiet_hours) == (None, None)


def test_what_cannot_be_kept_is_taken_back(telling: Stage, visit: Visit) -> None:
    visitor = visit(telling)
    visitor.expected = ["api/alerts/settings"]
    page = visitor.sign_in(path="alerts")
    funding = page.get_by_role("group", name="Funding")
    expect(funding.get_by_role("button", name="Silent")).to_have_attribute("aria-pressed", "true")
    page.route("**/api/alerts/settings", lambda route: route.abort())
    funding.get_by_role("button", name="On").click()

    expect(page.get_by_role("alert")).to_contain_text("That was not changed")
    expect(funding.get_by_role("button", name="Silent")).to_have_attribute("aria-pressed", "true")

    page.unroute("**/api/alerts/settings")
    page.get_by_label("Quiet from").fill("07:00")
    page.get_by_role("button", name="Keep quiet").click()
    expect(page.get_by_role("alert")).to_contain_text("must begin and end at different times")


def test_a_rule_is_corrected_added_and_removed(telling: Stage, visit: Visit) -> None:
    visitor = visit(telling)
    visitor.expected = ["api/alerts/rules"]
    page = visitor.sign_in(path="alerts")
    rules, text = card(page, "Your rules"), page.get_by_label("Tell me when")
    expect(rules).to_contain_text("No rule yet.")
    text.fill("equity is low")
    page.get_by_label("At most every").select_option("1 h")
    page.get_by_role("button", name="Add", exact=True).click()

    wrong = rules.get_by_role("alert")
    expect(wrong).to_contain_text("A rule must compare a figure (<, <=, >, >=, crosses)")
    expect(text).to_be_focused()
    expect(text).to_have_attribute("aria-invalid", "true")
    rules.get_by_role("button", name="BTC/USDT crosses 70000").click()
    expect(wrong).to_be_hidden()
    page.keyboard.press("Enter")

    mine = row(page, "Your rules", "BTC/USDT crosses 70000")
    expect(mine).to_contain_text("at most every 1h, never told yet")
    expect(rules).to_contain_text("1 of 50")
    expect(text).to_have_value("")
    mine.get_by_role("button", name="Remove the rule BTC/USDT crosses 70000").click()
    expect(rules).to_contain_text("No rule yet.")


def test_a_rule_that_rests_says_why_and_none_is_added_while_the_engine_is_away(
    own_stage: Stage, visit: Visit
) -> None:
    RuleKeeper(own_stage).rest("DOGE/USDT > 1")
    visitor = visit(own_stage)
    visitor.expected = ["api/alerts/rules"]
    page = visitor.sign_in(path="alerts")

    rests = row(page, "Your rules", "DOGE/USDT > 1")
    expect(rests).to_contain_text("rests: 'DOGE/USDT' is not traded here")
    expect(card(page, "Told lately")).to_contain_text("Nothing yet.")

    own_stage.engine.stop()
    expect(page.locator(".conn[data-tone=live]")).to_have_count(0)
    page.get_by_label("Tell me when").fill("equity < 9500")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(card(page, "Your rules").get_by_role("alert")).to_contain_text("engine")


def test_what_reached_the_chat_is_told(telling: Stage, visit: Visit) -> None:
    page = visit(telling).sign_in(path="alerts")
    sent = card(page, "Sent to your chat")

    expect(sent).to_contain_text("1 waits")
    states = ["sent", "told with another", "in a digest", "failed", "sent", "waits"]
    expect(sent.locator(".tag")).to_have_text(states)
    words = [
        "may have come twice", "4 times", "Bought", "Forbidden: bot was blocked by the user",
        "silent", "3 attempts, Telegram did not answer",
    ]  # fmt: skip
    for number, text in enumerate(words):
        expect(sent.locator("li").nth(number)).to_contain_text(text)


def notified(visitor: Visitor) -> Page:
    """Open the page in a browser that notifies, and wait until it knows what was there before."""
    visitor.context.add_init_script(RECORDER)
    page = visitor.page()
    with page.expect_response(LOOKED):  # which the list asks for, and then the notifications
        page.goto(visitor.stage.link(path="alerts"))
    page.locator(".conn[data-tone=live]").wait_for()
    with page.expect_response(LOOKED):
        page.get_by_role("button", name="Switch on: notifications").click()
    expect(page.get_by_text("also behind others")).to_be_visible()
    page.evaluate("localStorage.setItem('allowed', 'yes')")
    return page


def told(page: Page, count: int) -> list[Any]:
    """Wait until *count* were shown; return title, body and whether it was silent of each."""
    page.wait_for_function("(count) => told().length >= count", arg=count)
    return list(page.evaluate("told()"))


def test_an_alert_is_told_by_the_browser_as_one_wishes(own_stage: Stage, visit: Visit) -> None:
    tell_alerts(own_stage)
    page = notified(visit(own_stage))
    stop = {"type": "stop_hit", "detail": "trend", "link": "symbol_ETHUSDT"}
    raise_alert(own_stage, "new-1", title="Stop hit", **stop)
    assert told(page, 1) == [["Stop hit", "trend\nSIMULATED", False]]

    fills = page.get_by_role("group", name="Fills")
    with page.expect_response(is_kept):
        fills.get_by_role("button", name="Off").click()
    store_alert(own_stage, "new-2", type="fill", title="Off")
    raise_alert(own_stage, "new-3", type="funding", title="Silent")
    told(page, 2)
    page.get_by_role("button", name="Mute 2 h").click()
    expect(page.get_by_text("Muted until")).to_be_visible()
    store_alert(own_stage, "new-4", type="stop_hit", title="Muted")
    raise_alert(own_stage, "new-5", type="liquidation_near", level="error", title="Near")
    shown = [(title, silent) for title, _, silent in told(page, 3)]
    assert shown == [("Stop hit", False), ("Silent", True), ("Near", True)]
    expect(card(page, "Told lately").locator("b").first).to_have_text("Near")

    page.evaluate("notes['Stop hit'].onclick()")
    page.wait_for_url("**/market?symbol=ETHUSDT")


def test_of_two_tabs_one_tells_and_a_reload_tells_nothing_again(
    own_stage: Stage, visit: Visit
) -> None:
    visitor = visit(own_stage)
    first = notified(visitor)
    second = visitor.page()
    with second.expect_response(LOOKED):
        second.goto(own_stage.url)
    second.locator(".conn[data-tone=live]").wait_for()

    with first.expect_response(LOOKED), second.expect_response(LOOKED):
        raise_alert(own_stage, "new-1", type="stop_hit", title="First")
    told(first, 1)
    with first.expect_response(LOOKED):
        first.reload()
    raise_alert(own_stage, "new-2", type="stop_hit", title="Second")
    assert [title for title, *_ in told(second, 2)] == ["First", "Second"]


def test_a_browser_that_refuses_says_so(telling: Stage, visit: Visit) -> None:
    visitor = visit(telling)
    visitor.context.add_init_script(f"window.name = 'never'; {RECORDER}")
    page = visitor.sign_in(path="alerts")
    page.get_by_role("button", name="Switch on: notifications").click()

    expect(page.get_by_text("This browser refuses them")).to_be_visible()
    expect(page.get_by_role("button", name="Switch on: notifications")).to_be_visible()
