"""The engine room: a verdict in words, what it rests on, logs, and alerts that wait."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.bus.base import CommandReply, CommandRequest
from infra.log_files import LogFile
from infra.log_lines import stamp
from infra.settings import Settings
from store.access import Role
from store.database import Database
from store.pipelines import PipelineRun, PipelineStatus, keep_pipelines
from store.records import AlertAcknowledgement
from store.writer import Batch
from tests.e2e.conftest import Visitor
from tests.e2e.people import ALERTS, remember, tell_alerts
from tests.e2e.stage import Data, Stage, stage
from tests.e2e.test_page_look import SMALL_TARGETS, violations_in_both_themes
from tests.telegram_webapp.gathered import engine_tells

Visit = Callable[[Stage], Visitor]
PARTS = ("Health", "Latency", "Pipelines", "History", "Alerts", "Models", "Logs")
SECRET = "424242:AAHsecret-of-a-bot-in-a-log-line-that-nobody-may-read"
FAILED = "no space left on device"


def gathered(at: int) -> Data:
    """Return what the engine says: a backup failed, all else is well."""
    told = engine_tells(at)
    backup = PipelineStatus(
        name="backups", title="Database backups", status="failed", last_run_at=at - 60_000,
        duration_ms=1240.0, runs=9, failures=1, error=FAILED,
    )  # fmt: skip
    shown = {name: getattr(backup, name) for name in backup.__struct_fields__}
    return {**told, "pipelines": [*told["pipelines"], shown]}


@pytest.fixture(scope="module")
def engine_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage whose engine tells how everything is, with logs, runs and alerts."""
    with stage(tmp_path_factory.mktemp("room")) as built:
        tell_alerts(built)
        say_much(built.data_dir, built.now)
        built.system = gathered(built.now)
        built.answer = lambda request: acknowledge(built, request)
        yield built


def say_much(folder: Path, now: int) -> None:
    """Keep some lines of logs, and runs of a pipeline."""
    settings = Settings(data_dir=folder)
    file = LogFile(settings.log_dir, "engine")
    for number in range(40):
        file.write(f"{stamp(now - 60_000 + number)} INFO engine store: Stored {number} rows")
    file.write(f"{stamp(now)} ERROR engine bus: {SECRET} {'x' * 300} [4f1c0d2a]")
    file.write("Traceback (most recent call last):\n  File 'a.py'")
    file.close()
    run = PipelineRun(
        name="backups", at=now - 60_000, duration_ms=1240.0, rows=None, runs=1, failures=1,
        error=FAILED,
    )  # fmt: skip
    with closing(Database(settings.database)) as database:
        keep_pipelines(database, [], [run])


def acknowledge(stage: Stage, request: CommandRequest) -> CommandReply:
    """Keep who has seen to an alert, and tell it, as an engine does."""
    number, at = int(request.args["alert_id"]), stage.now
    seen = AlertAcknowledgement(alert_id=number, at=at, actor=request.actor)
    remember(stage, Batch(acknowledgements=[seen]))
    told = {"fact_id": f"seen-{number}", "kind": "alert_acknowledged", "at": at}
    publisher = stage.engine.publisher  # here is its own thread
    publisher.fact("alert_acknowledged", {**told, "id": number, "by": request.actor})
    publisher.deliver()
    result = {"id": number, "acknowledged_at": at, "acknowledged_by": request.actor}
    return CommandReply(ok=True, result=result)


def card(page: Page, title: str) -> Locator:
    return page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))


def part(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Parts of the system").get_by_text(name, exact=True).click()


def test_a_verdict_stands_first_and_each_part_tells_more(engine_room: Stage, visit: Visit) -> None:
    page = visit(engine_room).sign_in(path="more", charts=False)
    page.get_by_role("link", name="System").click()
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("2 things to look at")
    expect(verdict).to_contain_text(f"Database backups failed, last run 1m ago{FAILED}")
    expect(verdict).to_contain_text("3 alerts wait for somebody")
    expect(card(page, "Processes")).to_contain_text("90 MiB")
    expect(card(page, "Machine")).to_contain_text("Full about")

    verdict.get_by_role("link", name="More on: Database backups").click()
    page.get_by_role("button", name="Database backups").click()
    expect(page.get_by_role("dialog").locator("tbody tr")).to_contain_text(["1.2 s"])
    page.get_by_role("button", name="Done").click()

    part(page, "Latency")
    expect(card(page, "Processes")).to_be_hidden()
    expect(page.locator(".flow > li")).to_have_count(4)
    expect(page.locator("[data-hop=engine_bus]")).to_contain_text("1.0 ms")
    expect(page.locator("[data-hop=web_browser] .p50")).to_contain_text("ms")  # it told the server
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for name in PARTS:
            part(page, name)
            assert page.evaluate("document.documentElement.scrollWidth") == width, name
            assert page.evaluate(SMALL_TARGETS) == [], name


def test_owners_search_and_follow_the_logs_and_acknowledge_alerts(
    engine_room: Stage, visit: Visit
) -> None:
    page = visit(engine_room).sign_in(path="system?show=logs", charts=False)
    lines = page.locator(".log li")
    page.get_by_label("Process").select_option("engine")
    expect(lines).to_have_count(41)
    expect(lines.last).to_contain_text("Traceback")
    expect(lines.last).to_be_in_viewport()
    assert SECRET.partition(":")[2] not in page.content()
    page.get_by_label("Find words in the logs").fill("stored 7")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Stored 7 rows")
    page.get_by_label("Find words in the logs").fill("")
    page.get_by_label("Level").select_option("error")
    expect(lines).to_have_count(1)

    page.set_viewport_size({"width": 1440, "height": 900})
    waiting = card(page, "Waiting for somebody").locator("li")
    expect(waiting).to_have_count(3)
    title = str(ALERTS[-2]["title"])
    page.get_by_role("button", name=f"Acknowledge {title}").click()
    expect(waiting).to_have_count(2)
    expect(page.locator(".verdict")).to_contain_text("2 alerts wait")
    assert violations_in_both_themes(page) == []

    page.get_by_role("link", name="All alerts").click()
    told = card(page, "Told lately").locator("li").filter(has_text=title)
    expect(told).to_contain_text("Seen to by owner")
    assert violations_in_both_themes(page) == []


def test_who_may_not_is_told_so_and_an_engine_that_is_away_has_an_age(
    engine_room: Stage, visit: Visit
) -> None:
    page = visit(engine_room).sign_in(Role.VIEWER, "system", charts=False)
    page.set_viewport_size({"width": 1440, "height": 900})
    for words in (
        "Logs are for owners to see",
        "A trader or an owner acknowledges them.",
        "Who asked for what is for owners to see.",
    ):
        expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)

    engine_room.system = {}
    expect(page.locator(".verdict h2")).to_have_text("1 thing to mend")
    expect(page.locator(".verdict")).to_contain_text("The engine has not answered since")
    engine = page.locator(".procs li").first
    expect(engine).to_contain_text("away")
    expect(page.locator(".procs li").nth(1)).to_contain_text("up")  # this process is as it is now
    engine_room.system = gathered(engine_room.now)
    expect(page.locator(".verdict")).not_to_contain_text("has not answered")
