"""The report: whole in one file, right, and safe to open."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from core.errors import ConfigError
from reports.enhanced import write_report
from reports.metric_history import POINTS
from reports.summary import summary_lines
from runner.demo import make_demo
from store.accounts import current_account
from store.database import Database
from store.imported import add_points, imported_account
from store.results import closed_trades
from store.writer import EquityPoint
from tests.runner.engines import settings

NOW = 1_795_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Database]:
    """The report of two simulated days, and the ledger it tells of."""
    folder = tmp_path_factory.mktemp("report")
    wanted = settings(folder, strategies=["trend", "full_math"])
    make_demo(wanted, 2)
    database = Database(wanted.database)
    write_report(database, None, wanted.report_path, NOW)
    return wanted.report_path, database


def test_it_opens_offline_without_an_error_and_asks_nobody(
    written: tuple[Path, Database], chromium_path: str
) -> None:
    path, _ = written
    asked, errors = list[str](), list[str]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        page.get_by_role("heading", name="Equity and drawdown").scroll_into_view_if_needed()
        page.wait_for_selector(".js-plotly-plot .main-svg")
        wide = page.evaluate("document.documentElement.scrollWidth")
        said = page.inner_text("main")
        browser.close()

    assert errors == []
    assert asked == [path.as_uri()]
    assert wide == 390
    assert "SIMULATED" in said
    assert "All times are UTC" in said
    assert "full_math" in said


def test_its_figures_are_those_of_the_ledger(written: tuple[Path, Database]) -> None:
    path, database = written
    account = current_account(database)
    assert account is not None
    trades = closed_trades(database, account.id)

    text = path.read_text(encoding="utf-8")

    net = sum(float(trade.net_pnl) for trade in trades)
    won = sum(trade.net_pnl > 0 for trade in trades)
    sign = "+" if net > 0 else "−"
    assert f"{sign}${abs(net):,.2f}" in text
    assert f"{len(trades)} closed trades: {won} won" in text
    lines = list(summary_lines(database, account.id, NOW))
    assert any(line.startswith("Closed trades") and f" {len(trades)} " in line for line in lines)


def test_what_needs_more_days_says_so_instead_of_a_number(
    written: tuple[Path, Database],
) -> None:
    text = written[0].read_text(encoding="utf-8")

    assert "needs 30 days, has " in text
    assert "NaN" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert "Infinity" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_every_drawing_in_it_is_a_plotly_figure(written: tuple[Path, Database]) -> None:
    text = written[0].read_text(encoding="utf-8")

    drawings = re.findall(r'<script type="application/json" id="[\w-]+">(.*?)</script>', text)
    assert len(drawings) >= 4
    for drawing in drawings:
        figure: dict[str, Any] = json.loads(drawing)
        assert figure["data"]
        assert "layout" in figure


def test_the_history_of_its_figures_is_beside_it_and_bounded(
    written: tuple[Path, Database],
) -> None:
    history = json.loads(written[0].with_name("dashboard_history.json").read_text("utf-8"))

    points = history["points"]
    assert 0 < len(points) <= POINTS
    assert [p["at"] for p in points] == sorted(p["at"] for p in points)
    assert {"at", "equity", "balance", "closed_trades", "win_rate_pct"} <= points[-1].keys()


def test_imported_history_has_a_report_too_and_its_name_harms_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/quarterdeck.db")
    database.migrate()
    label = "</script><script>alert(1)</script>"
    account = imported_account(database, label, Decimal(1000), 1)
    points = [EquityPoint(NOW + n * HOUR_MS, Decimal(1000 + n), Decimal(1)) for n in range(900)]
    add_points(database, account.id, points)

    write_report(database, account.id, tmp_path / "report.html", NOW)

    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "IMPORTED" in text
    assert label not in text
    assert "Awaiting closed trades" in text
    history = json.loads((tmp_path / "dashboard_history.json").read_text("utf-8"))
    assert len(history["points"]) <= POINTS
    assert history["points"][-1]["equity"] == 1899


def test_without_an_account_it_says_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/quarterdeck.db")
    database.migrate()

    with pytest.raises(ConfigError, match="start the engine once"):
        write_report(database, None, tmp_path / "report.html", NOW)
    with pytest.raises(ConfigError, match="there is no account 9"):
        write_report(database, 9, tmp_path / "report.html", NOW)
