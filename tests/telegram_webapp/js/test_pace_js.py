from typing import Any

from playwright.sync_api import Page

PACE = """async ({ kept = null, connection = {}, idleMs = 60 } = {}) => {
  localStorage.clear();
  if (kept) localStorage.setItem("quarterdeck.rate", kept);
  Object.defineProperty(navigator, "connection", { value: connection, configurable: true });
  const { Pace } = await import("/js/pace.js");
  window.rates = [];
  window.pace = new Pace(() => rates.push(pace.rate), { idleMs });
}"""


def begin(page: Page, **how: Any) -> None:
    page.evaluate(PACE, how)


def test_a_balanced_page_that_nobody_touches_slows_down_until_somebody_does(page: Page) -> None:
    begin(page, kept="balanced")
    page.wait_for_function("rates.length === 1")
    page.keyboard.press("a")
    page.wait_for_function("rates.length === 3")

    assert page.evaluate("rates") == ["balanced", "live", "balanced"]


def test_a_page_of_the_same_machine_is_always_live_and_a_costly_network_saves(page: Page) -> None:
    begin(page)
    near = page.evaluate("pace.rate")
    begin(page, connection={"saveData": True})
    saving = page.evaluate("pace.rate")
    begin(page, connection={"type": "cellular"})

    assert (near, saving, page.evaluate("pace.rate")) == ("live", "saver", "saver")


def test_what_a_person_chose_holds_on_any_network_and_the_next_time(page: Page) -> None:
    begin(page, connection={"saveData": True})
    page.evaluate("pace.choose('live')")

    assert page.evaluate("[pace.rate, rates, localStorage.getItem('quarterdeck.rate')]") == [
        "live", ["live"], "live",
    ]  # fmt: skip


def test_a_choice_that_nobody_knows_is_none(page: Page) -> None:
    begin(page, kept="warp")

    assert page.evaluate("pace.choice") == "live"


def test_the_meter_counts_and_forgets_what_was_told_at_another_rate(page: Page) -> None:
    counted = page.evaluate(
        """async () => {
          const { Meter } = await import("/js/meter.js");
          const meter = new Meter();
          meter.add(600);
          meter.add(400);
          const before = meter.perSecond();
          meter.restart();
          return [meter.total, before, meter.perSecond()];
        }"""
    )

    assert counted == [1000, 1000, 0]
