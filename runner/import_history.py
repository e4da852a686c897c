"""``python update_dashboard_data.py``: import history from CSV, or make a demonstration."""

import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import ConfigError, QuarterdeckError
from imports import equity, trades
from imports.moments import Moments
from imports.outcome import Outcome
from imports.sheet import read_sheet
from infra.settings import Settings, load_settings
from runner.demo import make_demo
from store.database import Database
from store.imported import (
    PREFIX,
    add_points,
    add_trades,
    imported_account,
    stored_points,
    stored_results,
)
from utils.clock import SystemClock

EXIT_REFUSED: Final = 1
EXIT_MEND: Final = 2
DESCRIPTION: Final = (
    "Bring history from CSV files into an account of its own, which the page shows beside the "
    "engine's; or make a demonstration history by running the engine over a simulated market."
)


def main(argv: Sequence[str]) -> int:
    """Do what *argv* asks for; return 0, 1 when rows were refused, 2 when nothing could be done."""
    given = _parser().parse_args(argv)
    words = vars(given)
    try:
        settings = load_settings({k: v for k, v in words.items() if k in Settings.model_fields})
        if "demo" in words:
            make_demo(settings, words["demo"])
            return 0
        return _import(settings, given)
    except QuarterdeckError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_MEND


def _import(settings: Settings, given: Namespace) -> int:
    words = vars(given)
    files = [Path(words[name]) for name in ("equity", "trades") if name in words]
    if not files:
        raise ConfigError("name a file with --equity or --trades, or make history with --demo")
    moments = _zone(words)
    database = Database(settings.database)
    database.migrate()
    label = words.get("label") or files[0].stem
    outcomes = []
    if "equity" in words:
        outcomes.append(_import_equity(database, Path(words["equity"]), label, moments))
    if "trades" in words:
        outcomes.append(_import_trades(database, Path(words["trades"]), label, moments))
    database.close()
    for outcome in outcomes:
        for line in outcome.lines():
            sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"It is shown on the page as the account {PREFIX}{label}.\n")
    return EXIT_REFUSED if any(outcome.refused for outcome in outcomes) else 0


def _import_equity(database: Database, path: Path, label: str, zone: ZoneInfo) -> Outcome:
    outcome = Outcome(path.name)
    sheet = read_sheet(path, equity.NAMES, equity.REQUIRED)
    rows = equity.read_points(sheet, Moments(zone), outcome)
    first = rows[0][1].equity if rows else Decimal(0)
    account = imported_account(database, label, first, SystemClock().now())
    held = stored_points(database, account.id)
    new = []
    for line, point in rows:
        before = held.get(point.at)
        if before is None:
            new.append(point)
        elif before == point.equity:
            outcome.known += 1
        else:
            outcome.refuse(
                line, f"{before} is stored for that time already, this is {point.equity}"
            )
    add_points(database, account.id, new)
    outcome.stored = len(new)
    return outcome


def _import_trades(database: Database, path: Path, label: str, zone: ZoneInfo) -> Outcome:
    outcome = Outcome(path.name)
    sheet = read_sheet(path, trades.NAMES, trades.REQUIRED)
    rows = trades.read_trades(sheet, Moments(zone), outcome)
    account = imported_account(database, label, Decimal(0), SystemClock().now())
    held = stored_results(database, account.id)
    new = []
    for line, trade in rows:
        before = held.get(trade.id)
        if before is None:
            new.append(trade)
        elif before == trade.net_pnl:
            outcome.known += 1
        else:
            text = f"trade {trade.id} is stored already with a result of {before}"
            outcome.refuse(line, f"{text}, this is {trade.net_pnl}")
    add_trades(database, account.id, new)
    outcome.stored = len(new)
    return outcome


def _zone(words: dict[str, Any]) -> ZoneInfo:
    """Return the zone of times that name none.

    Raises:
        ConfigError: there is no such zone.
    """
    name = words.get("zone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"--zone must be a zone like UTC or Europe/Berlin, was {name!r}"
        ) from None


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="update_dashboard_data.py", description=DESCRIPTION, argument_default=SUPPRESS,
        allow_abbrev=False,
    )  # fmt: skip
    add = parser.add_argument
    add("--equity", metavar="CSV", help="a file of time and equity, such as equity_15m.csv")
    add("--trades", metavar="CSV", help="a file of closed trades")
    add("--label", metavar="NAME", help="of the account; the first file's name unless given")
    add("--zone", metavar="ZONE", help="of times without an offset; UTC unless given")
    add("--demo", type=int, metavar="DAYS", help="run the engine over that many simulated days")
    add("--data-dir", metavar="FOLDER", help="where the account lives")
    return parser
