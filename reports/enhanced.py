"""The report: one page that opens without a server, with everything the account came to."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from core import words
from core.errors import ConfigError
from reports import figures, listings
from reports.gathered import Gathered, gather
from reports.metric_history import write_metric_history
from store.accounts import Account, all_accounts, current_account
from store.database import Database
from utils.files import atomic_write, make_private_folder

HERE: Final = Path(__file__).parent
TOKENS: Final = HERE.parent / "telegram_webapp" / "css" / "tokens.css"
HISTORY_NAME: Final = "dashboard_history.json"
HEADLINES: Final = (
    "net_pnl", "roi", "win_rate", "profit_factor", "expectancy", "expectancy_r",
    "avg_return", "payoff_ratio",
    "max_drawdown_pct", "max_drawdown", "max_drawdown_duration", "sharpe", "sortino", "calmar",
    "cagr", "volatility", "recovery_factor", "sqn", "total_trades", "avg_win", "avg_loss",
    "best_trade", "worst_trade", "longest_winning_streak", "longest_losing_streak",
    "avg_duration", "exposure", "turnover", "gross_pnl", "fees", "funding", "slippage",
)  # fmt: skip
COLOURED: Final = {"net_pnl", "gross_pnl", "funding", "expectancy", "best_trade", "worst_trade"}

Data = Mapping[str, Any]


def write_report(database: Database, account_id: int | None, path: Path, now: int) -> None:
    """Write the report of an account to *path*, and the history of its figures beside it.

    Args:
        database: where the account is.
        account_id: its number; the engine's if None.
        path: replaced as a whole; its folder is made.
        now: wall time, ms: when it is written.

    Raises:
        ConfigError: there is no such account, or the folder cannot be made.
        OSError: the file cannot be written.
        StoreError: the database refused.
    """
    found = gather(database, _account(database, account_id), now)
    page = _page(found, now)
    try:
        make_private_folder(path.parent)
    except OSError as error:
        raise ConfigError(f"folder {path.parent} cannot be used: {error}") from error
    atomic_write(path, page.encode())
    write_metric_history(database, found.account.id, path.with_name(HISTORY_NAME), now)


def _account(database: Database, account_id: int | None) -> Account:
    if account_id is None:
        account = current_account(database)
    else:
        account = next((a for a in all_accounts(database) if a.id == account_id), None)
    if account is not None:
        return account
    if account_id is not None:
        raise ConfigError(f"there is no account {account_id}")
    raise ConfigError("there is no account yet: start the engine once")


def _page(found: Gathered, now: int) -> str:
    loader = FileSystemLoader(HERE)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("report.html").render(
        title=f"Quarterdeck report, {found.account.market_id}"[:120],
        badge=found.badge,
        span=found.span_text,
        written=listings.moment(now),
        basis=found.basis,
        figures=list(_figures(found.summary)),
        blocks=list(_blocks(found)),
        tables=list(listings.tables(found)),
        foot="Every figure is after fees and funding unless it says otherwise.",
        tokens=Markup(TOKENS.read_text(encoding="utf-8")),  # noqa: S704 - our own file
        plotly=Markup(get_plotlyjs()),  # noqa: S704 - the installed package's
    )


def _figures(summary: Data) -> Iterator[Data]:
    for name in HEADLINES:
        measure, definition = summary["measures"][name], summary["definitions"][name]
        value = measure["value"]
        text = words.figure(name, value, definition["unit"])
        yield {
            "label": definition["label"],
            "text": text,
            "tone": words.tone(value) if name in COLOURED else "",
            "basis": measure["reason"] or measure["basis"],
            "formula": definition["formula"],
            "source": definition["source"],
        }


def _blocks(found: Gathered) -> Iterator[Data]:
    summary = found.summary
    if summary["equity"]:
        yield _block("equity", "Equity and drawdown", figures.equity(summary))
        yield _block("daily", "Returns", figures.daily(summary), "By UTC day, or month when long.")
    if summary["counts"]["trades"]:
        yield _block("trades", "Results of trades", figures.distribution(summary))
        for name, title in (
            ("by_symbol", "By symbol"), ("by_hour", "By hour of the close, UTC"),
            ("by_weekday", "By weekday of the close"), ("by_side", "Long and short"),
            ("by_exit", "By exit"), ("by_strategy", "By strategy"),
        ):  # fmt: skip
            note = "Net P&L; the number over each bar is its trades."
            yield {**_block(name, title, figures.group(summary[name]), note), "half": True}
    for number, pair in enumerate(found.comparisons):
        note = f"{pair.verdict['title']}. {pair.verdict['text']}"
        drawn = figures.curves(pair.curves) if any(points for _, points in pair.curves) else None
        yield _block(f"pair{number}", f"{pair.names[0]} and {pair.names[1]}", drawn, note)
    for number, (trade, bars) in enumerate(found.drawn_trades):
        title = f"{trade['symbol']} {trade['side']}, {words.change(trade['net_pnl'])}"
        note = "; ".join(trade["reasons"]) or trade["exit_reason"]
        yield _block(f"trade{number}", title, figures.candles(bars, trade), note)


def _block(name: str, title: str, figure: Any, note: str = "") -> Data:
    # JSON in a script cannot end it: every "</" is written "<\\/"
    drawn = None if figure is None else Markup(figure.to_json().replace("</", "<\\/"))  # noqa: S704
    return {"id": f"figure-{name}", "title": title, "note": note, "figure": drawn, "half": False}
