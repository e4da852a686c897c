"""A browser before a stage; a page that complains in its console fails its test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from store.access import Role
from tests.browser import chromium
from tests.e2e import telegram_client
from tests.e2e.stage import Stage, stage
from tests.e2e.telegram_client import BRIDGE, Client, let_script
from tests.services import PATIENCE_S

CHARTS = "/plotly.min.js"
PHONE = {"width": 390, "height": 844}


class Visitor:
    """Somebody at a browser; ``expected`` names what its console may complain of."""

    def __init__(self, context: BrowserContext, stage: Stage) -> None:
        self.context = context
        self.stage = stage
        self.expected: list[str] = []
        self.complaints: list[str] = []
        self._left_out = ""

    def page(self, *, charts: bool = True) -> Page:
        """Open a blank page whose complaints are noted.

        Without *charts* their library does not load, which takes longer than all the rest: for
        tests of something else.
        """
        page = self.context.new_page()
        if not charts:
            network = self.context.new_cdp_session(page)
            network.send("Network.enable")
            network.send("Network.setBlockedURLs", {"urls": [f"*{CHARTS}"]})
            self._left_out = CHARTS
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.set_default_timeout(PATIENCE_S * 1000)
        return page

    def sign_in(self, role: Role = Role.OWNER, path: str = "", *, charts: bool = True) -> Page:
        """Open the dashboard with a one-time link and wait until it is live."""
        page = self.page(charts=charts)
        page.goto(self.stage.link(role, path))
        page.locator(".conn[data-tone=live]").wait_for()
        return page

    def _on_console(self, message: ConsoleMessage) -> None:
        said = f"{message.text} {message.location.get('url', '')}"
        expected = [*self.expected, self._left_out] if self._left_out else self.expected
        if message.type in {"error", "warning"} and not any(e in said for e in expected):
            self.complaints.append(said)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with chromium(chromium_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage for tests that leave it as they found it."""
    with stage(tmp_path_factory.mktemp("stage")) as built:
        yield built


@pytest.fixture
def own_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that a test may break."""
    with stage(tmp_path_factory.mktemp("own")) as built:
        yield built


@contextmanager
def one_page(browser: Browser, to: Stage, path: str = "") -> Iterator[Page]:
    """Lend a page at *path* to tests that look at it, or put back what they change."""
    context = browser.new_context(viewport=PHONE, color_scheme="dark")  # type: ignore[arg-type]
    visitor = Visitor(context, to)
    yield visitor.sign_in(path=path)
    context.close()
    assert visitor.complaints == []


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[Stage], Visitor]]:
    """Let somebody with a phone come to a stage."""
    visitors: list[Visitor] = []

    def come(to: Stage) -> Visitor:
        context = browser.new_context(viewport=PHONE, color_scheme="dark")  # type: ignore[arg-type]
        visitors.append(Visitor(context, to))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.context.close()
        assert visitor.complaints == []


Visit = Callable[[Stage], Visitor]
Open = Callable[..., Client]


@pytest.fixture(scope="module")
def deck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that knows its bot and two people."""
    settings = {
        "TELEGRAM_BOT_TOKEN": telegram_client.TOKEN,
        "TELEGRAM_USERS": "424242:owner,424243:viewer",
    }
    with stage(tmp_path_factory.mktemp("telegram"), **settings) as built:
        yield built


@pytest.fixture
def client(deck: Stage, visit: Visit) -> Open:
    """Open the page in a client: its visitor, its script, its bridge."""

    def make(
        *, script: bool = True, charts: bool = False, complaints: tuple[str, ...] = (), **how: str
    ) -> Client:
        visitor = visit(deck)
        visitor.expected = list(complaints)
        if script:
            let_script(visitor.context)
        visitor.context.add_init_script(BRIDGE)
        return Client(visitor.page(charts=charts), deck, **how)

    return make
