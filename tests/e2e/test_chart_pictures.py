"""Charts beside pictures of them that somebody looked at and approved.

Letters are hidden: which typeface a machine has is not what is compared. Of the rest a small share
may differ, as browsers smooth lines a little differently. After a wanted change look at the new
pictures and keep them: ``APPROVE=1 make test ARGS="tests/e2e/test_chart_pictures.py"``.
"""

import base64
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from core.market import HOUR_MS, MINUTE_MS
from store.drawn import Tenth
from store.records import AnomalyRow
from telegram_webapp.figures import anomalies, calibration, candles
from telegram_webapp.figures.base import Asked, Figure, Told, figure
from telegram_webapp.figures.lines import filled, line
from telegram_webapp.figures.look import level, money_axis, percent_axis
from tests.chart_page import ChartPage, chart_page

APPROVED = Path(__file__).with_name("approved")
APPROVES = "APPROVE"
START = 472_223 * HOUR_MS
ASKED = Asked(type="equity", since=START, until=START + 6 * HOUR_MS, symbol="BTC/USDT")
MINUTES = 360
# how much a channel must differ so that a person would see it, and of how many pixels
VISIBLE = 64
TOLERANCE_PCT = 0.3
# the share of pixels in percent, worked out by the browser, which reads PNG
DIFFERING_PCT = """async ([one, other, visible]) => {
  const read = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const [a, b] = [await read(one), await read(other)];
  if (a.width !== b.width || a.height !== b.height) return 100;
  let count = 0;
  for (let i = 0; i < a.data.length; i += 4) {
    const far = [0, 1, 2].map((k) => Math.abs(a.data[i + k] - b.data[i + k]));
    if (Math.max(...far) >= visible) count += 1;
  }
  return (400 * count) / a.data.length;
}"""
NO_LETTERS = ".chart text { visibility: hidden }"


def wave(minute: int) -> float:
    return 10_000 + 60 * math.sin(minute / 40) + 15 * math.sin(minute / 7)


def equity(role: str = "accent", lift: float = 0) -> Figure:
    """Return an hour of equity with a gap; the last hour may be lifted."""
    points = [
        (START + n * MINUTE_MS, wave(n) + (lift if n > 300 else 0))
        for n in range(MINUTES)
        if not 150 < n < 200
    ]
    drawn = line(points, role, name="Equity", hover="%{y}", usual_ms=MINUTE_MS)
    return figure(
        ASKED, told(f"equity {role} {lift}"), [drawn], money_axis([value for _, value in points])
    )


def drawdown() -> Figure:
    points = [(START + n * MINUTE_MS, -abs(math.sin(n / 50)) * 3) for n in range(MINUTES)]
    drawn = filled(line(points, "loss", name="Drawdown", hover="%{y}"))
    return figure(ASKED, told("drawdown"), [drawn], {**percent_axis(), "shapes": [level(0)]})


def bars() -> Figure:
    found = []
    for n in range(72):
        opened, closed = wave(n * 5), wave(n * 5 + 5)
        high, low = max(opened, closed) + 6, min(opened, closed) - 6
        found.append((START + n * 5 * MINUTE_MS, opened, high, low, closed, 5.0 + n % 11))
    return candles.figure_of(ASKED, found, [], 5 * MINUTE_MS)


def dots() -> Figure:
    measures = ("return", "volume", "spread", "funding", "book_imbalance")
    found = [
        AnomalyRow(
            id=f"a{n}", at=START + n * 17 * MINUTE_MS, symbol="BTC/USDT", measure=measures[n % 5],
            value=1.0, usual=0.0, deviation=0.1, z=(-1) ** n * (4 + n % 6),
            severity=("mild", "strong", "extreme")[n % 3], title="", detail="", did="",
        )
        for n in range(20)
    ]  # fmt: skip
    return anomalies.figure_of(ASKED, found)


def reliability() -> Figure:
    found = [
        Tenth(number=n, count=10 + 7 * n, said=0.05 + n / 10, rose=(10 + 7 * n) * n // 10,
              squared=2.0) for n in range(10)
    ]  # fmt: skip
    return calibration.figure_of(ASKED, found)


def told(text: str) -> Told:
    return Told(title=text, text=text)


PICTURES: dict[str, Callable[[], Figure]] = {
    "equity": equity, "drawdown": drawdown, "candles": bars, "anomalies": dots,
    "calibration": reliability,
}  # fmt: skip


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[str, ChartPage]]:
    theme: str = request.param
    with chart_page(browser, "equity", theme=theme) as opened:
        opened.page.add_style_tag(content=NO_LETTERS)
        yield theme, opened


def taken(chart: ChartPage, drawn: dict[str, Any]) -> bytes:
    chart.show(drawn)
    return chart.picture()


def differing_pct(chart: ChartPage, one: bytes, other: bytes) -> float:
    """Return the share of pixels that a person would see to be others."""
    texts = [base64.b64encode(picture).decode() for picture in (one, other)]
    found: float = chart.page.evaluate(DIFFERING_PCT, [*texts, VISIBLE])
    return found


def test_charts_look_as_they_were_approved(themed: tuple[str, ChartPage]) -> None:
    theme, chart = themed
    for name, build in PICTURES.items():
        picture = taken(chart, build())
        path = APPROVED / f"{name}_{theme}.png"
        if os.environ.get(APPROVES):
            path.write_bytes(picture)
        assert differing_pct(chart, picture, path.read_bytes()) <= TOLERANCE_PCT, path.name


def test_another_colour_or_other_figures_are_noticed(themed: tuple[str, ChartPage]) -> None:
    theme, chart = themed
    approved = (APPROVED / f"equity_{theme}.png").read_bytes()

    for other in (equity(role="warn"), equity(lift=60)):
        differs = differing_pct(chart, taken(chart, other), approved)
        assert differs > 2 * TOLERANCE_PCT
