"""The exchange on the page: streams, clock, account, symbols, and the kill switch."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from infra.bus.base import CommandReply
from store.access import Role
from tests.e2e import scene
from tests.e2e.conftest import Visitor
from tests.e2e.stage import Stage, refuse, stage
from tests.e2e.test_page_look import SMALL_TARGETS, violations
from tests.telegram_webapp.rig import until

Visit = Callable[[Stage], Visitor]
WAITING = {"state": "waiting", "error": "connection lost", "reconnects": 7, "rate_per_s": 0.0}


@pytest.fixture(scope="module")
def bourse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage whose engine trades live at an exchange."""
    with stage(tmp_path_factory.mktemp("bourse")) as built:
        at = built.now
        streams = [
            scene.stream(at),
            scene.stream(at, "book ETH/USDT", last_at=at - 14_000, **WAITING),
        ]
        live = {"market": "exchange", "badge": "LIVE · BINANCE", "broker": "live"}
        built.say("engine", scene.engine(at, **live))
        built.say("venue", scene.venue(at, mode="live"))
        built.say("real_account", scene.real_account(at))
        built.say("paper_vs_live", scene.paper_vs_live(at))
        price = {**scene.price(at, scene.BTC), "index_price": 64200.1}
        built.say("price", price, scene.BTC)
        built.say("stats", {**scene.stats(at, scene.BTC), "day_told_by": "exchange"}, scene.BTC)
        for stream in streams:
            built.say("stream", stream, stream["name"])
        built.connection = {"at": at, "venue": scene.venue(at, mode="live"), "streams": streams}
        yield built


def card(page: Page, title: str) -> Locator:
    return page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))


def test_the_pill_leads_to_streams_clock_account_and_paper_beside_live(
    bourse: Stage, visit: Visit
) -> None:
    page = visit(bourse).sign_in()
    expect(page.locator(".topbar .badge")).to_have_class("badge real")
    page.locator(".conn").click()

    streams = card(page, "Streams")
    expect(streams).to_contain_text("1 of 2 live")
    rows = streams.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("connection lost")  # trouble stands first
    expect(rows.nth(0)).to_contain_text("7×")
    expect(rows.nth(1)).to_contain_text("12/s")
    expect(rows.nth(1).locator("td").nth(1)).to_contain_text("s")  # an age, from the engine

    connection = card(page, "Connection")
    for told in ("Binance USDT-M futures", "1.27 s ahead, corrected", "84 ms", "45 of 2,400"):
        expect(connection).to_contain_text(told)
    account = card(page, "Account at the exchange")
    expect(account).to_contain_text("$1,204.50")
    expect(account.locator(".tag", has_text="opened elsewhere")).to_have_count(2)
    expect(account.locator(".differences")).to_contain_text("We say 1.20 long, the exchange says")

    paper = card(page, "Paper against live")
    expect(paper).to_contain_text("−$1.40")
    paper.get_by_role("button", name="Slippage").click()
    expect(page.get_by_role("dialog")).to_contain_text("basis points")
    page.keyboard.press("Escape")

    assert page.evaluate(SMALL_TARGETS) == []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []
    for width in (320, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_an_owner_changes_symbols_and_a_market_shows_its_index(bourse: Stage, visit: Visit) -> None:
    page = visit(bourse).sign_in(path="exchange")
    symbols = card(page, "Symbols")
    symbols.get_by_label("Follow another").fill("xrp/usdt")
    expect(symbols.locator("datalist option")).to_have_count(2)
    symbols.get_by_role("button", name="Add").click()
    page.get_by_role("dialog").locator(".btn.main").click()
    expect(page.locator(".toast")).to_contain_text("Done")
    wish = bourse.asked[-2].args
    assert (wish["command"], wish["args"]) == ("symbols", {"add": "XRP/USDT"})

    symbols.get_by_role("link", name="BTC/USDT").click()
    expect(page.locator(".quote-figures")).to_contain_text("index 64,200.1")
    expect(page.locator(".delta .since")).to_have_text("over 24 hours, says the exchange")


def test_the_kill_switch_stops_at_the_first_press(own_stage: Stage, visit: Visit) -> None:
    visitor = visit(own_stage)
    visitor.expected = ["503"]
    page = visitor.sign_in()
    own_stage.answer = refuse("blocked", 503, "The ledger cannot be written.")
    stop = page.get_by_role("button", name="Stop trading")
    stop.click()
    expect(page.locator(".toast")).to_contain_text("Trading was not stopped")

    told = {"ok": True, "title": "Trading stopped", "detail": "2 entry orders cancelled."}
    own_stage.answer = lambda _: CommandReply(ok=True, result=told)
    stop.click()
    expect(page.locator(".toast")).to_contain_text("2 entry orders cancelled.")
    assert [request.name for request in own_stage.asked] == ["stop", "stop"]

    own_stage.answer = own_stage.grant
    page.get_by_role("button", name="Pause trading").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop trading").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert own_stage.asked[-1].name == "stop"

    paused = {"paused": True, "paused_by": "somebody", "paused_at": own_stage.now}
    own_stage.say("engine", scene.engine(own_stage.now, **paused))
    page.locator(".banner").get_by_role("button", name="Resume").click()
    page.get_by_role("dialog").locator(".btn.main").click()
    until(lambda: own_stage.asked[-1].name, lambda name: name == "confirm")


def test_what_did_not_answer_may_be_tried_and_what_is_watched_is_left_alone(
    own_stage: Stage, visit: Visit
) -> None:
    page = visit(own_stage).sign_in()
    offered = scene.venue(own_stage.now, mode="simulated", retry="binanceusdm", reachable=False)
    note = "Binance refuses this region, so prices are simulated."
    own_stage.say("venue", {**offered, "note": note})
    banner = page.locator(".banner")
    expect(banner).to_contain_text(note)
    banner.get_by_role("button", name="Try again").click()
    page.get_by_role("dialog").locator(".btn.main").click()
    until(lambda: own_stage.asked[-1].name, lambda name: name == "confirm")
    assert own_stage.asked[-2].args["command"] == "retry_market"

    watched = {"broker": "watch", "badge": "WATCH · BINANCE", "market": "exchange"}
    own_stage.say("engine", scene.engine(own_stage.now, **watched))
    expect(page.locator(".topbar .badge")).to_have_text("WATCH · BINANCE")
    for word in ("Stop trading", "Pause trading", "Close BTC/USDT long", "Close all positions"):
        expect(page.get_by_role("button", name=word)).to_have_count(0)
    expect(page.get_by_role("button", name="Edit")).to_have_count(0)


def test_a_viewer_reads_all_and_commands_nothing(bourse: Stage, visit: Visit) -> None:
    page = visit(bourse).sign_in(Role.VIEWER, "exchange")
    expect(card(page, "Streams")).to_contain_text("1 of 2 live")
    expect(page.get_by_role("button", name="Stop trading")).to_have_count(0)
    expect(card(page, "Symbols")).to_have_count(0)
