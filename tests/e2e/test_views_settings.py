"""The settings on the page: an owner changes what needs no start, others are told who may."""

from collections.abc import Callable

import yaml
from playwright.sync_api import Locator, Page, expect

from store.access import Role
from tests.e2e.conftest import Visitor
from tests.e2e.stage import Stage
from tests.e2e.test_page_look import CUT, SMALL_TARGETS, violations_in_both_themes

Visit = Callable[[Stage], Visitor]


def setting(page: Page, name: str) -> Locator:
    return page.locator(f"#setting-{name.replace('.', '-')}")


def test_an_owner_changes_settings_and_is_told_what_is_wrong_where_it_is(
    own_stage: Stage, visit: Visit
) -> None:
    visitor = visit(own_stage)
    visitor.expected = ["api/settings"]
    page = visitor.sign_in(path="settings", charts=False)
    leverage, report = setting(page, "risk.leverage"), setting(page, "daily_report")
    expect(leverage).to_contain_text(
        "That positions are opened with. A whole number from 1 to 125."
    )
    expect(setting(page, "dashboard_port")).to_be_hidden()

    leverage.get_by_role("textbox").fill("200")
    report.get_by_role("combobox").select_option("Off")
    expect(page.locator(".save-bar")).to_contain_text("2 changes not saved")
    page.get_by_role("button", name="Save").click()
    expect(leverage.get_by_role("alert")).to_have_text(
        "risk.leverage must be a whole number from 1 to 125, was '200'"
    )
    expect(leverage.get_by_role("textbox")).to_be_focused()

    leverage.get_by_role("textbox").fill("4")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("risk.leverage 5 → 4, daily_report true → false")
    expect(page.locator(".save-bar")).to_be_hidden()
    expect(leverage).to_contain_text("Set here, default 5")
    written = (own_stage.data_dir / "settings.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(written) == {"risk": {"leverage": 4}, "daily_report": False}

    page.get_by_role("button", name="All", exact=True).click()
    assert_it_fits_a_hand_and_any_screen(page)

    leverage.get_by_role("button", name="Put back").click()
    page.get_by_role("button", name="Save").click()
    expect(leverage.get_by_role("textbox")).to_have_value("5")

    page.get_by_role("searchbox").fill("dashboard port")
    expect(setting(page, "dashboard_port")).to_contain_text("Environment: DASHBOARD_PORT")
    expect(report).to_be_hidden()
    (own_stage.data_dir / "settings.yaml").write_text("risk: high\n", encoding="utf-8")
    page.get_by_role("button", name="Read the files again").click()
    expect(page.locator(".trouble")).to_contain_text("must be a group of settings, was 'high'")


def assert_it_fits_a_hand_and_any_screen(page: Page) -> None:
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate(CUT) == []
    assert violations_in_both_themes(page) == []


def test_who_is_no_owner_is_told_who_may(shared_stage: Stage, visit: Visit) -> None:
    page = visit(shared_stage).sign_in(Role.TRADER, "settings", charts=False)

    expect(page.locator(".empty")).to_contain_text("Only owners see and change settings")
