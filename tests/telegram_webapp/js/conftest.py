"""A page with nothing on it, into which tests import the dashboard's own modules."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import PageServer, chromium
from tests.services import PATIENCE_S


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with chromium(chromium_path) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[PageServer]:
    running = PageServer()
    yield running
    running.close()


@pytest.fixture
def page(browser: Browser, server: PageServer) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE_S * 1000)
    opened.goto(server.url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Page]:
    """Like `page`, for tests that only compute."""
    server = PageServer()
    opened = browser.new_page()
    opened.set_default_timeout(PATIENCE_S * 1000)
    opened.goto(server.url)
    yield opened
    opened.close()
    server.close()
