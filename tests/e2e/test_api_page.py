"""The page that tells of the API: readable on a phone and a desk, by day and by night."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import Visitor
from tests.e2e.stage import Stage

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll('summary, nav a, header a')]
    .filter((it) => it.getBoundingClientRect().height < 44).map((it) => it.textContent)"""


@pytest.mark.parametrize(
    ("width", "height", "colours"), [(320, 640, "dark"), (390, 844, "light"), (1440, 900, "dark")]
)
def test_the_page_of_the_api(
    shared_stage: Stage, browser: Browser, width: int, height: int, colours: str
) -> None:
    """It needs no script, and nobody must be signed in."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if colours == "dark" else "light",
        java_script_enabled=True,
    )
    visitor = Visitor(context, shared_stage)
    page = visitor.page()
    page.goto(f"{shared_stage.url}api/docs")
    page.locator("#get_trades > summary").click()
    page.get_by_text('curl -s "$DECK/api/trades"').wait_for()

    assert not page.evaluate(WIDER)
    assert page.evaluate(SMALL) == []
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
    assert visitor.complaints == []
    _picture(page, f"api-{width}-{colours}")
    context.close()


def _picture(page: Page, name: str) -> None:
    """Keep a picture for whoever wants to look, where PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")
