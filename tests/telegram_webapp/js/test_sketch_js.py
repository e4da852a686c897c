"""A chart on a phone before it is touched: a sketch, in the places that Plotly gives things."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import PageServer
from tests.telegram_webapp.js.test_plot_js import library

START = """async () => {
  window.matchMedia = (query) => ({ matches: query.includes("coarse"), addEventListener() {} });
  const { Plot } = await import("/js/charts/plot.js");
  document.body.innerHTML = "<div id=box style='width:300px;height:150px;position:relative'></div>";
  const line = (color) => ({ color, width: 2 });
  const axis = { tickvals: [10, 20], ticktext: ["ten", "twenty"], fixedrange: true };
  window.figure = {
    plain: true,
    data: [
      { type: "scatter", mode: "lines", x: [0, 50, 100], y: [10, 25, 20], line: line("#00f") },
      { type: "scatter", mode: "markers", x: [100], y: [20],
        marker: { size: 9, color: "#f00", line: { width: 0, color: "#f00" } } },
    ],
    layout: {
      margin: { l: 0, r: 40, t: 8, b: 20 }, showlegend: false, font: { family: "serif", size: 11 },
      xaxis: { ...axis, range: [0, 110] }, yaxis: { ...axis, range: [0, 30], side: "right" },
    },
  };
  window.plot = new Plot(box, { boot: { plotly: "/plotly.min.js" } }, () => figure);
  plot.now();
}"""
HAS_PLOTLY = "() => document.querySelector('#box .main-svg') !== null"
# where the end of the line is marked, px from the box's corner
PLACE = """(selector) => {
  const mark = document.querySelector(selector).getBoundingClientRect();
  const corner = box.getBoundingClientRect();
  return [mark.x + mark.width / 2 - corner.x, mark.y + mark.height / 2 - corner.y];
}"""


@pytest.fixture
def asked(server: PageServer) -> list[str]:
    """The requests for Plotly."""
    requests: list[str] = []

    def tell(exchange: Any) -> None:
        requests.append("plotly")
        library(exchange)

    server.routes["/plotly.min.js"] = tell
    return requests


@pytest.fixture
def sketched(page: Page, asked: list[str]) -> Page:  # noqa: ARG001 - it answers
    page.evaluate(START)
    return page


def test_a_sketch_is_there_at_once_without_the_library(sketched: Page, asked: list[str]) -> None:
    assert sketched.locator("#box svg.sketch path").count() == 1
    assert sketched.locator("#box svg.sketch text").all_text_contents() == [
        "ten", "twenty", "ten", "twenty",
    ]  # fmt: skip
    assert sketched.locator("#box.waiting").count() == 0
    assert not asked


def test_a_touch_brings_the_chart_to_the_same_place(sketched: Page, asked: list[str]) -> None:
    before = sketched.evaluate(PLACE, "#box svg.sketch circle")
    sketched.evaluate("dispatchEvent(new Event('pointerdown'))")
    sketched.wait_for_function(HAS_PLOTLY)

    assert sketched.locator("#box svg.sketch").count() == 0
    assert sketched.evaluate(PLACE, "#box .scatterlayer .trace:last-of-type .points path") == (
        pytest.approx(before, abs=1)
    )
    assert asked == ["plotly"]


def test_a_sketch_follows_what_changes(sketched: Page) -> None:
    before = sketched.locator("#box svg.sketch path").get_attribute("d")
    sketched.evaluate("figure.data[0].y = [10, 12, 14]; plot.now()")

    assert sketched.locator("#box svg.sketch path").get_attribute("d") != before
    assert sketched.locator("#box svg.sketch").count() == 1


def test_a_chart_that_left_asks_for_nothing_when_touched(sketched: Page, asked: list[str]) -> None:
    sketched.evaluate("plot.stop(); dispatchEvent(new Event('pointerdown'))")
    sketched.evaluate("new Promise((resolve) => requestIdleCallback(resolve))")

    assert not asked
