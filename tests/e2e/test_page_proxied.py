"""The page behind a reverse proxy that ends TLS and serves it below a path."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import scene
from tests.e2e.conftest import PHONE, Visitor
from tests.e2e.stage import Stage, stage
from tests.reverse_proxy import Habits, ReverseProxy
from tests.telegram_webapp.rig import until

# what one page asks by itself, which can carry a header; a browser asks for its parts
BY_SCRIPT = b"\nsec-fetch-dest: empty"
SKIP = b"\nngrok-skip-browser-warning:"


@pytest.fixture(scope="module")
def proxy() -> Iterator[ReverseProxy]:
    says = {"X-Forwarded-Proto": "https"}
    with ReverseProxy(9, Habits(mount="/bot1", says=says), tls=True) as built:
        yield built


@pytest.fixture(scope="module")
def proxied(proxy: ReverseProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    variables = {"PUBLIC_URL": proxy.url, "TRUSTED_PROXIES": "127.0.0.1"}
    with stage(tmp_path_factory.mktemp("proxied"), **variables) as built:
        proxy.upstream = built.port
        yield built


@pytest.fixture
def visitor(browser: Browser, proxied: Stage, proxy: ReverseProxy) -> Iterator[Visitor]:
    """Somebody outside, who believes the proxy's certificate."""
    proxy.heads.clear()
    context = browser.new_context(viewport=PHONE, ignore_https_errors=True)  # type: ignore[arg-type]
    came = Visitor(context, proxied)
    yield came
    context.close()
    assert came.complaints == []


def is_live(page: Page) -> None:
    expect(page.locator(".conn .word")).to_have_text("Live")


def behave(proxy: ReverseProxy, proxied: Stage, how: str) -> None:
    proxy.habits.strips = how != "as it is"
    proxy.habits.says = {"X-Forwarded-Proto": "https"}
    if how == "stripped and told":
        # a Host of its own, as nginx sends unless told otherwise
        proxy.habits.host = f"127.0.0.1:{proxied.port}"
        host = f"localhost:{proxy.port}"
        proxy.habits.says |= {"X-Forwarded-Prefix": "/bot1", "X-Forwarded-Host": host}


@pytest.mark.parametrize("how", ["stripped", "as it is", "stripped and told"])
def test_everything_works_below_a_path(
    visitor: Visitor, proxied: Stage, proxy: ReverseProxy, how: str
) -> None:
    behave(proxy, proxied, how)
    page = visitor.page()

    page.goto(proxied.link(path="trades", url=proxy.url))
    is_live(page)
    assert page.url == f"{proxy.url}trades"
    expect(page.get_by_role("heading", name="Trades")).to_be_visible()

    price = 60000.0 + len(how)
    page.goto(proxy.url)
    is_live(page)
    proxied.say("price", scene.price(proxied.now, scene.BTC, price), scene.BTC)
    expect(page.locator(f".price[title='{scene.BTC}'] .p")).to_have_text(f"{price:,.1f}")
    expect(page.locator(".equity svg, .equity canvas").first).to_be_visible()

    page.get_by_role("link", name="More").click()
    assert page.url == f"{proxy.url}more"
    page.reload()
    is_live(page)

    with page.expect_response("**/bot1/static/**/plotly.min.js") as charts:
        page.goto(f"{proxy.url}market")
    assert charts.value.ok

    cookies = visitor.context.cookies()
    assert [(one.get("path"), one.get("secure")) for one in cookies] == [("/bot1/", True)]
    paths = {head.split(b" ", 2)[1] for head in proxy.heads}
    assert all(path.startswith(b"/bot1/") for path in paths)
    asked = [head.lower() for head in proxy.heads if BY_SCRIPT in head.lower()]
    assert asked
    assert all(SKIP in head for head in asked)


def test_a_wish_from_there_is_ours_and_one_from_elsewhere_is_not(
    visitor: Visitor, proxied: Stage, proxy: ReverseProxy
) -> None:
    page = visitor.page()
    page.goto(proxied.link(url=proxy.url))
    is_live(page)
    proxied.asked.clear()
    page.get_by_role("button", name="Close BTC/USDT long").click()
    page.get_by_role("button", name="Close 0.042 BTC").click()
    until(lambda: [request.name for request in proxied.asked], lambda names: "confirm" in names)

    visitor.expected = ["CORS", "ERR_FAILED", "403", "Content Security"]
    elsewhere = visitor.page()
    elsewhere.goto(proxied.url)
    elsewhere.evaluate(
        """(url) => fetch(url + "api/commands", {method: "POST", mode: "no-cors",
             credentials: "include", body: "{}"}).catch(() => {})""",
        proxy.url,
    )
    assert [request.name for request in proxied.asked].count("confirm") == 1


def test_a_link_that_came_over_plain_http_from_the_internet_is_refused_in_words(
    visitor: Visitor, proxied: Stage, proxy: ReverseProxy
) -> None:
    """As the server sees it: what TLS there is ends before a proxy that says so of none."""
    before = proxy.habits
    says = {"X-Forwarded-For": "8.8.4.4", "X-Forwarded-Proto": "http"}
    proxy.habits = replace(before, says=says, appends_client=False)
    visitor.expected = ["403"]
    page = visitor.page()
    page.goto(proxied.link(url=proxy.url))

    expect(page.get_by_role("heading", name="Not over plain http")).to_be_visible()
    proxy.habits = before


def test_a_stream_that_breaks_off_is_resumed_through_the_proxy(
    visitor: Visitor, proxied: Stage, proxy: ReverseProxy
) -> None:
    page = visitor.page()
    page.goto(proxied.link(url=proxy.url))
    is_live(page)

    visitor.expected = ["ERR_", "502", "404"]
    proxy.upstream, good = 9, proxy.upstream
    proxied.kill_web()
    expect(page.locator(".conn .word")).to_have_text("Reconnecting")
    proxied.web = proxied.start_web()
    proxy.upstream = good

    is_live(page)
    proxied.say("price", scene.price(proxied.now, scene.BTC, 61234.5), scene.BTC)
    expect(page.locator(f".price[title='{scene.BTC}'] .p")).to_have_text("61,234.5")


def test_the_path_without_its_slash_leads_to_the_page(
    visitor: Visitor, proxy: ReverseProxy
) -> None:
    proxy.habits.mount, mount = "", proxy.habits.mount
    page = visitor.page()
    page.goto(f"https://localhost:{proxy.port}{mount}")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    proxy.habits.mount = mount

    assert re.fullmatch(r"https://localhost:\d+/bot1/", page.url)
