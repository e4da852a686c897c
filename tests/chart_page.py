"""A page with one chart of the server on it, drawn by the dashboard's own modules."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
import plotly
from playwright.sync_api import Browser, Page

from tests.browser import Exchange, PageServer
from tests.services import PATIENCE_S

LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
START = """async ({ type, height, theme, width }) => {
  document.documentElement.dataset.theme = theme;
  const sheet = (name) => new Promise((onload) => {
    const link = document.createElement("link");
    document.head.append(Object.assign(link, {
      rel: "stylesheet", href: `/css/${name}.css`, onload,
    }));
  });
  await Promise.all(["tokens", "base", "components", "charts"].map(sheet));
  const { serverChart } = await import("/js/charts/server_chart.js");
  window.asked = [];
  window.app = {
    boot: { plotly: "/plotly.min.js" },
    connection: { current: { frozen: false } },
    api: {
      get: async (path, params) => {
        window.asked.push({ path, ...params });
        if (window.failing) throw new Error("no answer");
        return structuredClone(window.figure);
      },
    },
  };
  const card = document.createElement("div");
  card.className = "card";
  card.style = `width: ${width}px; padding: 12px; margin: 0`;
  document.body.replaceChildren(card);
  window.chart = serverChart(app, { type, params: null, height, label: "A chart" });
  card.append(window.chart.el);
}"""
SHOW = """(figure) => {
  window.figure = figure;
  window.shows = (window.shows ?? 0) + 1;
  window.chart.show({ hours: window.shows });
}"""
# the newest figure stands there, and nothing of an older one
IS_DRAWN = """() => {
  const box = document.querySelector(".chart");
  const drawn = box.layout?.meta?.text === figure.layout.meta.text;
  return drawn && box.querySelector(".main-svg") !== null;
}"""


class ChartPage:
    """One chart of some type; ``page`` is where it stands."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def show(self, figure: dict[str, Any]) -> None:
        """Draw a figure and wait until it stands there."""
        self.page.evaluate(SHOW, msgspec.to_builtins(figure))
        if figure["layout"]["meta"]["empty"] is None:
            self.page.wait_for_function(IS_DRAWN)

    def picture(self) -> bytes:
        """Return what is seen, as PNG."""
        return self.page.locator(".card").screenshot(animations="disabled")


@contextmanager
def chart_page(
    browser: Browser, kind: str, *, theme: str = "light", width: int = 560, height: int = 220
) -> Iterator[ChartPage]:
    """Yield a page with a chart of a *kind* that waits for its figure."""
    server = PageServer()
    server.routes["/plotly.min.js"] = _library
    page = browser.new_page(viewport={"width": width, "height": height + 24})
    page.set_default_timeout(PATIENCE_S * 1000)
    try:
        page.goto(server.url)
        page.evaluate(START, {"type": kind, "height": height, "theme": theme, "width": width})
        yield ChartPage(page)
    finally:
        page.close()
        server.close()


def _library(exchange: Exchange) -> None:
    exchange.head(HTTPStatus.OK, {"Content-Type": "text/javascript"})
    exchange.body(LIBRARY.read_bytes())
