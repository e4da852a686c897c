"""The headline figures in words, for a terminal."""

from collections.abc import Iterator
from typing import Final

from core import words
from reports.gathered import gather
from store.accounts import all_accounts
from store.database import Database

SHOWN: Final = (
    "total_trades", "net_pnl", "roi", "win_rate", "profit_factor", "expectancy", "fees", "funding",
    "max_drawdown_pct", "sharpe", "sortino", "exposure",
)  # fmt: skip


def summary_lines(database: Database, account_id: int, now: int) -> Iterator[str]:
    """Yield one line a figure: its name, value, and what it rests on or why there is none.

    Raises:
        StoreError: the database refused.
    """
    account = next(a for a in all_accounts(database) if a.id == account_id)
    summary = gather(database, account, now).summary
    for name in SHOWN:
        measure, definition = summary["measures"][name], summary["definitions"][name]
        text = words.figure(name, measure["value"], definition["unit"])
        yield f"{definition['label']:<14} {text:>14}   {measure['reason'] or measure['basis']}"
