"""A chart of the server on the page: themed, looked into, carried on, and never a mute box."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from core.market import HOUR_MS, MINUTE_MS
from telegram_webapp.figures.base import Asked, Told, figure, nothing
from telegram_webapp.figures.lines import line
from telegram_webapp.figures.look import money_axis
from tests.chart_page import ChartPage, chart_page

START = 472_223 * HOUR_MS
END = START + 2 * HOUR_MS
ASKED = Asked(type="equity", since=START, until=END)
# what the drawing has, as Plotly holds it
DRAWN = """() => { const box = document.querySelector(".chart");
  return { color: box.data[0].line.color, x: box.data[0].x.length, range: box.layout.xaxis.range,
    drag: box.layout.dragmode, label: box.getAttribute("aria-label") }; }"""


def equity(count: int = 120) -> dict[str, Any]:
    points = [(START + n * MINUTE_MS, 10_000.0 + n % 17) for n in range(count)]
    drawn = line(points, "accent", name="Equity", hover="%{y}", meta={"live": "equity"})
    told = Told(title="Equity", text="Equity rose.", at=points[-1][0])
    return figure(ASKED, told, [drawn], money_axis([value for _, value in points]))


@pytest.fixture
def chart(browser: Browser) -> Iterator[ChartPage]:
    with chart_page(browser, "equity", width=1200) as opened:
        yield opened


def test_a_figure_is_drawn_in_the_colours_of_the_theme_and_told_in_words(chart: ChartPage) -> None:
    chart.show(equity())
    light = chart.page.evaluate(DRAWN)
    chart.page.evaluate("""() => {
      document.documentElement.dataset.theme = "dark";
      window.chart.update(new Set(["theme"]));
    }""")
    chart.page.wait_for_function(f"() => ({DRAWN})().color !== '{light['color']}'")

    assert light["color"] == "rgba(36,86,211,1)"
    assert light["label"] == "A chart. Equity rose."
    assert light["drag"] == "zoom"
    assert chart.page.evaluate(DRAWN)["color"] == "rgba(122,165,255,1)"


def test_what_nobody_vouches_for_turns_grey(chart: ChartPage) -> None:
    chart.show(equity())

    chart.page.evaluate("""() => {
      window.app.connection.current.frozen = true;
      window.chart.update(new Set(["connection"]));
    }""")

    chart.page.wait_for_function(f"() => ({DRAWN})().color === 'rgba(86,99,119,1)'")


def test_new_points_are_added_without_a_new_drawing_and_the_chart_moves_on(
    chart: ChartPage,
) -> None:
    chart.show(equity())
    before = chart.page.evaluate(DRAWN)
    chart.page.evaluate(
        """async ([at, step]) => {
          window.drawings = [0, 0];
          const [react, extend] = [Plotly.react, Plotly.extendTraces];
          Plotly.react = (...all) => { window.drawings[0] += 1; return react(...all); };
          Plotly.extendTraces = (...all) => { window.drawings[1] += 1; return extend(...all); };
          window.begun = performance.now();
          for (let n = 0; n < 20; n += 1) {
            window.chart.append("equity", { x: [at + n * step], y: [10_050 + n] });
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          window.chart.append("nothing of that name", { x: [at], y: [1] });
        }""",
        [END, MINUTE_MS],
    )
    chart.page.wait_for_function(f"() => ({DRAWN})().x === 140")

    after = chart.page.evaluate(DRAWN)
    whole, added, took_ms = chart.page.evaluate("[...drawings, performance.now() - begun]")
    assert whole == 0
    assert 1 <= added <= took_ms / 250 + 1
    assert after["range"][1] == END + 19 * MINUTE_MS
    assert after["range"][1] - after["range"][0] == before["range"][1] - before["range"][0]


def test_a_drag_asks_for_finer_data_of_what_is_seen_and_reset_goes_back(chart: ChartPage) -> None:
    chart.show(equity())
    area = chart.page.locator(".nsewdrag").bounding_box()
    assert area is not None
    mouse = chart.page.mouse
    mouse.move(area["x"] + area["width"] / 4, area["y"] + 50)
    mouse.down()
    mouse.move(area["x"] + area["width"] / 2, area["y"] + 60, steps=5)
    mouse.up()
    chart.page.wait_for_function("() => window.asked.length === 2")
    zoomed = chart.page.evaluate("window.asked[1]")
    chart.page.get_by_role("button", name="Reset").click()
    chart.page.wait_for_function("() => window.asked.length === 3")

    assert zoomed["hours"] is None
    assert zoomed["since"] == pytest.approx(START + HOUR_MS / 2, abs=2 * MINUTE_MS)
    assert zoomed["until"] == pytest.approx(START + HOUR_MS, abs=2 * MINUTE_MS)
    assert 300 <= zoomed["points"] <= 2000
    assert chart.page.evaluate("window.asked[2]").get("since") is None
    assert not chart.page.get_by_role("button", name="Reset").is_visible()


def test_an_empty_chart_says_why_and_the_box_keeps_its_height(chart: ChartPage) -> None:
    height = chart.page.locator(".server-chart").bounding_box()
    chart.show(nothing(ASKED, "Equity", "No point of equity in this time."))

    words = chart.page.locator(".server-chart .plot-words:visible")
    words.get_by_text("No point of equity in this time.").wait_for()
    assert chart.page.locator(".server-chart").bounding_box() == height
    chart.show(equity())
    assert words.count() == 0


def test_a_failure_is_said_and_an_older_drawing_stays_with_its_age(chart: ChartPage) -> None:
    chart.page.evaluate("window.failing = true; window.chart.show({ hours: 9 })")
    chart.page.get_by_text("The chart did not load. It is asked for again.").wait_for()
    chart.page.evaluate("window.failing = false")
    chart.show(equity())
    chart.page.evaluate("window.failing = true; window.chart.reload()")

    chart.page.get_by_text("As of 00:59 UTC").wait_for()
    assert chart.page.locator(".chart .main-svg").first.is_visible()


def test_nothing_is_drawn_while_the_page_is_hidden(chart: ChartPage) -> None:
    chart.show(equity())
    drawn = chart.page.evaluate("""async () => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      window.count = 0;
      document.querySelector(".chart").on("plotly_afterplot", () => { window.count += 1; });
      window.chart.append("equity", { x: [Date.now()], y: [1] });
      window.chart.update(new Set(["theme"]));
      await new Promise((resolve) => setTimeout(resolve, 400));
      const seen = window.count;
      delete document.hidden;
      window.chart.update(new Set(["time"]));
      return seen;
    }""")

    assert drawn == 0
    chart.page.wait_for_function("() => window.count > 0")
