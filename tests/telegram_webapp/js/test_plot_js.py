"""One drawing: the library comes late, redraws are few, none while nobody looks."""

from http import HTTPStatus
from pathlib import Path

import plotly
import pytest
from playwright.sync_api import Page

from tests.browser import Exchange, PageServer

LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
START = """async () => {
  const { Plot } = await import("/js/charts/plot.js");
  document.body.innerHTML = "<div id=box style='width:300px;height:150px'></div>";
  const box = document.getElementById("box");
  const app = { boot: { plotly: "/plotly.min.js" } };
  window.asked = 0;
  window.plot = new Plot(box, app, () => {
    window.asked += 1;
    return { data: [{ x: [1, 2], y: [window.asked, 2] }], layout: {} };
  });
  plot.now();
}"""
IS_DRAWN = "() => document.querySelector('#box .main-svg') !== null"


def library(exchange: Exchange) -> None:
    exchange.head(HTTPStatus.OK, {"Content-Type": "text/javascript"})
    exchange.body(LIBRARY.read_bytes())


def missing(exchange: Exchange) -> None:
    exchange.head(HTTPStatus.NOT_FOUND, {"Content-Length": "0"})


@pytest.fixture
def drawn(page: Page, server: PageServer) -> Page:
    server.routes["/plotly.min.js"] = library
    page.evaluate(START)
    page.wait_for_function(IS_DRAWN)
    return page


def test_many_changes_are_drawn_four_times_a_second(drawn: Page) -> None:
    count = """async () => {
      window.asked = 0;
      const begin = performance.now();
      while (performance.now() - begin < 1000) {
        plot.ask();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return [asked, performance.now() - begin];
    }"""
    drawings, took_ms = drawn.evaluate(count)

    assert 2 <= drawings <= took_ms / 250 + 1


def test_nothing_is_drawn_while_hidden_or_without_a_size(drawn: Page) -> None:
    hidden = """() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      window.asked = 0;
      plot.now();
      delete document.hidden;
      document.getElementById("box").style.display = "none";
      plot.now();
      return asked;
    }"""
    assert drawn.evaluate(hidden) == 0


def test_a_box_that_grows_is_filled(drawn: Page) -> None:
    drawn.evaluate("document.getElementById('box').style.width = '500px'")

    drawn.wait_for_function("() => document.querySelector('#box .main-svg').clientWidth === 500")


def test_a_library_that_does_not_come_is_said_and_harms_nothing(
    page: Page, server: PageServer
) -> None:
    server.routes["/plotly.min.js"] = missing
    page.evaluate(START)

    page.get_by_text("The chart did not load. The figures are not affected.").wait_for()
