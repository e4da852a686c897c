import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e import scene
from tests.e2e.conftest import Visitor
from tests.e2e.stage import Stage
from tests.telegram_webapp.rig import listens, until

Visit = Callable[[Stage], Visitor]
BOXES = """() => [".hero .big", ".delta", ".equity", ".figs", ".prices", ".pos"].map((name) => {
  const { x, y, width, height } = document.querySelector(name).getBoundingClientRect();
  return [name, x, y, width, height];
})"""


def word(page: Page) -> str:
    return page.locator(".conn .word").inner_text()


def tile(page: Page, symbol: str) -> str:
    return page.locator(f".price[title='{symbol}'] .p").inner_text()


def test_first_figures_need_no_answer_but_the_page_itself(
    shared_stage: Stage, visit: Visit
) -> None:
    visitor = visit(shared_stage)
    visitor.expected = ["api/"]
    page = visitor.sign_in()
    page.route("**/api/**", lambda route: route.abort())
    page.reload()

    expect(page.locator(".hero .whole")).to_have_text("$10,443")
    expect(page.locator(".pos")).to_have_count(2)
    expect(page.locator(".badge").first).to_have_text("SIMULATED")


def test_a_page_that_came_without_figures_gets_them_compressed_before_it_follows(
    shared_stage: Stage, visit: Visit
) -> None:
    page = visit(shared_stage).page()
    with (
        page.expect_response("**/api/dashboard") as whole,
        page.expect_request("**/api/dashboard/stream") as stream,
    ):
        page.goto(shared_stage.link())

    assert whole.value.headers["content-encoding"] in {"br", "gzip"}
    assert stream.value.headers["last-event-id"]


def test_what_did_not_load_is_asked_for_again(shared_stage: Stage, visit: Visit) -> None:
    visitor = visit(shared_stage)
    visitor.expected = ["ERR_", "did not load"]
    visitor.sign_in().close()
    page = visitor.page()
    late = re.compile(r"/(second_wave|overview_rest|equity_chart)\.js$")
    page.route(late, lambda route: route.abort())
    page.goto(shared_stage.url)
    expect(page.get_by_text("The chart has not come yet.")).to_be_visible()
    page.unroute(late)

    expect(page.locator(".conn .word")).to_have_text("Live")
    expect(page.locator(".pos")).to_have_count(2)
    expect(page.locator(".equity svg").first).to_be_visible()


def test_what_happens_is_shown_as_it_happens_and_nothing_moves(
    own_stage: Stage, visit: Visit
) -> None:
    page = visit(own_stage).sign_in()
    page.locator(".equity canvas, .equity svg").first.wait_for()
    before = page.evaluate(BOXES)
    own_stage.say("price", scene.price(own_stage.now, scene.BTC, 64999.9), scene.BTC)
    own_stage.say("account", scene.account(own_stage.now, equity=-1234567.89, pnl_today=-9e5))
    lost: scene.Data = {
        "unrealized_pnl": -1234567.89,
        "opened_at": own_stage.now - 10 * scene.HOUR_MS,
    }
    own_stage.say("position", scene.position(own_stage.now, **lost), "p1")

    expect(page.locator(".hero .whole")).to_have_text("−$1,234,567")
    btc = page.get_by_role("article", name="BTC/USDT long")
    expect(btc.locator(".pl")).to_have_text("−$1,234,567.89")
    assert tile(page, scene.BTC) == "64,999.9"
    assert page.evaluate(BOXES) == before

    own_stage.tell("trade_closed", scene.trade_closed(own_stage.now))
    expect(page.locator(".pos")).to_have_count(1)
    expect(page.locator(".part-activity li").first).to_contain_text("Target hit, BTC long closed")
    expect(page.locator(".part-activity li").first).to_contain_text("+$27.90")


def test_a_page_that_saves_data_loses_no_fact_and_changes_its_rate_without_a_word(
    own_stage: Stage, visit: Visit
) -> None:
    page = visit(own_stage).sign_in(charts=False)
    page.evaluate(
        """() => {
          window.words = new Set();
          const look = () => words.add(document.querySelector(".conn .word").textContent);
          new MutationObserver(look).observe(document.querySelector(".conn"), {
            subtree: true, childList: true, characterData: true,
          });
        }"""
    )
    rates = "async () => (await (await fetch('api/health')).json()).streams"
    page.get_by_role("link", name="More").click()
    page.get_by_role("button", name="Saver").click()
    until(lambda: page.evaluate(rates)["saver"], lambda count: count == 1)
    own_stage.say("price", scene.price(own_stage.now, scene.BTC, 64999.9), scene.BTC)
    own_stage.tell("trade_closed", scene.trade_closed(own_stage.now))
    page.get_by_role("link", name="Overview").click()

    expect(page.locator(".pos")).to_have_count(1)
    expect(page.locator(".part-activity li").first).to_contain_text("Target hit, BTC long closed")
    assert tile(page, scene.BTC) == "64,999.9"
    page.get_by_role("link", name="More").click()
    page.get_by_role("button", name="Live", exact=True).click()
    until(lambda: page.evaluate(rates)["live"], lambda count: count == 1)
    assert page.evaluate("[...words]") in ([], ["Live"])


def test_stale_prices_are_told_and_grey_and_stop_orders(own_stage: Stage, visit: Visit) -> None:
    page = visit(own_stage).sign_in(charts=False)
    old = own_stage.now - 48_000
    for symbol in scene.PRICES:
        own_stage.say("price", scene.price(old, symbol, 1.0), symbol)
    own_stage.say("feed", scene.feed(own_stage.now, status="stale", last_message_at=old))

    expect(page.locator(".banner b")).to_have_text(re.compile(r"^Prices are \w+( \w+)? old$"))
    expect(page.locator(".banner .d")).to_have_text("No new entries. Stops act at the next price.")
    expect(page.locator("#app")).to_have_class("old")
    expect(page.get_by_role("button", name="Close BTC/USDT long")).to_be_disabled()
    expect(page.get_by_role("button", name="Pause trading")).to_be_enabled()


def test_an_engine_that_goes_away_is_told_and_its_next_life_is_followed(
    own_stage: Stage, visit: Visit
) -> None:
    page = visit(own_stage).sign_in(charts=False)
    own_stage.engine.stop()

    expect(page.locator(".conn .word")).to_have_text("Engine away")
    expect(page.locator(".banner")).to_contain_text("Engine away since")
    expect(page.get_by_role("button", name="Close BTC/USDT long")).to_be_disabled()
    expect(page.get_by_role("button", name="Pause trading")).to_be_disabled()
    expect(page.locator(".hero .whole")).to_have_text("$10,443")

    own_stage.engine = own_stage.start_engine("e2")
    own_stage.say("account", scene.account(own_stage.now, equity=10500.0))
    expect(page.locator(".conn .word")).to_have_text("Live")
    expect(page.locator(".hero .whole")).to_have_text("$10,500")
    expect(page.locator(".banner")).to_be_hidden()


def test_a_web_process_that_dies_costs_no_fact(own_stage: Stage, visit: Visit) -> None:
    visitor = visit(own_stage)
    visitor.expected = ["ERR_"]
    page = visitor.sign_in()
    own_stage.kill_web()
    expect(page.locator(".conn .word")).to_have_text("Reconnecting")
    expect(page.locator(".banner b")).to_have_text("Quarterdeck cannot be reached")
    own_stage.tell("trade_closed", scene.trade_closed(own_stage.now))
    own_stage.web = own_stage.start_web()
    until(lambda: listens(own_stage.port), bool)
    page.get_by_role("button", name="Retry").click(no_wait_after=True)

    expect(page.locator(".conn .word")).to_have_text("Live")
    expect(page.locator(".part-activity li").first).to_contain_text("Target hit")
    expect(page.locator(".part-activity li")).to_have_count(2)


def test_without_a_network_the_last_figures_stay_and_say_from_when(
    shared_stage: Stage, visit: Visit
) -> None:
    visitor = visit(shared_stage)
    visitor.expected = ["ERR_"]
    page = visitor.sign_in(charts=False)
    visitor.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow'))")

    expect(page.locator(".conn .word")).to_have_text("Offline")
    expect(page.locator(".banner b")).to_have_text("You are offline")
    expect(page.locator(".banner .d")).to_contain_text("They refresh by themselves.")
    expect(page.locator(".hero .whole")).to_have_text("$10,443")
    visitor.context.set_offline(False)
    expect(page.locator(".conn .word")).to_have_text("Live")


def test_a_pause_is_a_banner_that_offers_its_end(own_stage: Stage, visit: Visit) -> None:
    page = visit(own_stage).sign_in(charts=False)
    own_stage.say(
        "engine",
        scene.engine(own_stage.now, paused=True, paused_by="owner", paused_at=own_stage.now),
    )

    expect(page.locator(".banner b")).to_contain_text("Paused by you at")
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Do it")).to_be_enabled()
    assert own_stage.asked[-1].args["command"] == "resume"


def test_an_empty_account_says_what_is_watched(own_stage: Stage, visit: Visit) -> None:
    for number in ("p1", "p2"):
        own_stage.tell("trade_closed", scene.trade_closed(own_stage.now, number))
    page = visit(own_stage).sign_in(charts=False)

    expect(page.get_by_text("No open positions")).to_be_visible()
    expect(page.locator(".part-positions .empty p")).to_contain_text("Watching BTC, ETH and SOL.")
    expect(page.locator(".part-positions .empty p")).to_contain_text("hold ETH, confidence 0.31.")


def test_every_view_opens_from_the_bar_and_by_the_browsers_buttons(
    shared_stage: Stage, visit: Visit
) -> None:
    page = visit(shared_stage).sign_in(charts=False)
    nav = page.get_by_role("navigation", name="Views")
    for view in ("Market", "Signals", "More", "Overview"):
        nav.get_by_role("link", name=view).click()
        expect(nav.locator("[aria-current=page]")).to_have_text(view)
        expect(page.locator("main > *").first).to_be_attached()
    page.go_back()
    expect(nav.locator("[aria-current=page]")).to_have_text("More")


def test_the_count_of_orders_leads_to_them(shared_stage: Stage, visit: Visit) -> None:
    page = visit(shared_stage).sign_in(charts=False)
    page.set_viewport_size({"width": 390, "height": 500})
    page.get_by_role("link", name="Orders 2").click()

    expect(page.get_by_role("button", name="Edit BTC stop")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Orders")).to_be_in_viewport()


def test_two_tabs_read_one_stream(shared_stage: Stage, visit: Visit) -> None:
    visitor = visit(shared_stage)
    streams: list[str] = []
    visitor.context.on(
        "request", lambda r: streams.append(r.url) if r.url.endswith("/stream") else None
    )
    first = visitor.sign_in()
    second = visitor.page()
    second.goto(shared_stage.url)
    second.locator(".conn[data-tone=live]").wait_for()
    shared_stage.say("price", scene.price(shared_stage.now, scene.SOL, 150.5), scene.SOL)

    for page in (first, second):
        expect(page.locator(f".price[title='{scene.SOL}'] .p")).to_have_text("150.50")
    assert len(streams) == 1
