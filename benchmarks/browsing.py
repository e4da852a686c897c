"""A Chromium on a phone's screen, for measurements."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, ViewportSize

from tests.browser import chromium
from tests.services import find_chromium

PHONE: Final = ViewportSize(width=390, height=844)


@contextmanager
def browser() -> Iterator[Browser]:
    """Lend a browser.

    Raises:
        FileNotFoundError: there is none.
    """
    path = find_chromium()
    if path is None:
        raise FileNotFoundError("no Chromium is here: run `make test` once, which installs one")
    with chromium(path) as opened:
        yield opened
