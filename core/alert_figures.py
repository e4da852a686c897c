"""The figures that an alert rule can be about: their names, units, and where they stand."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Scope = Literal["account", "strategy", "position", "symbol"]


class Figure(msgspec.Struct, frozen=True):
    """A figure of the account, a strategy, a position or a market.

    ``amount`` and ``share`` are where its value stands in the payload of the state: in quote
    currency (or as a plain number) and in %. A figure may have one of them or both. ``times`` is
    what the payload's value is multiplied with, where it is a fraction.
    """

    name: str
    label: str
    amount: str = ""
    share: str = ""
    is_count: bool = False
    times: int = 1
    others: tuple[str, ...] = ()

    @property
    def units(self) -> str:
        """Return how its level is written, in words."""
        plain = "a plain number" if self.is_count else "an amount in quote currency"
        if self.amount and self.share:
            return f"{plain}, or a number with %"
        return plain if self.amount else "a number with %"


def _table(*figures: Figure) -> Mapping[str, Figure]:
    return {word: figure for figure in figures for word in (figure.name, *figure.others)}


# Figures that the states do not hold are laid beside them under a name with a leading underscore.
ACCOUNT: Final = _table(
    Figure("equity", "Equity", "equity"),
    Figure("balance", "Balance", "balance"),
    Figure("available", "Available", "available"),
    Figure("unrealized_pnl", "Unrealized P&L", "unrealized_pnl", others=("unrealized pnl",)),
    Figure("realized_pnl", "Realized P&L", "realized_pnl", others=("realized pnl",)),
    Figure(
        "daily pnl",
        "P&L of the day",
        "pnl_today",
        "pnl_today_pct",
        others=("daily_pnl", "pnl today", "today pnl", "pnl_today"),
    ),
    Figure("drawdown", "Drawdown", share="_drawdown_pct"),
    Figure("max drawdown", "Largest drawdown", share="max_drawdown_pct", others=("max_drawdown",)),
    Figure("margin", "Margin used", "margin_used", "margin_used_pct", others=("margin_used",)),
    Figure("roi", "Return", share="roi_pct"),
    Figure("win_rate", "Win rate", share="win_rate_pct", others=("win rate", "winrate")),
    Figure("positions", "Open positions", "positions", is_count=True),
    Figure("trades", "Closed trades", "closed_trades", is_count=True),
    Figure("wins", "Wins", "wins", is_count=True),
    Figure("losses", "Losses", "losses", is_count=True),
    Figure("fees", "Fees", "fees"),
    Figure("funding", "Funding so far", "funding"),
)

STRATEGY: Final = _table(
    Figure("equity", "Equity", "equity"),
    Figure("balance", "Balance", "balance"),
    Figure("pnl", "Net P&L", "net_pnl", "roi_pct", others=("net_pnl", "net pnl")),
    Figure("roi", "Return", share="roi_pct"),
    Figure("drawdown", "Drawdown", share="_drawdown_pct"),
    Figure("max drawdown", "Largest drawdown", share="max_drawdown_pct", others=("max_drawdown",)),
    Figure("win_rate", "Win rate", share="win_rate_pct", others=("win rate", "winrate")),
    Figure("positions", "Open positions", "positions", is_count=True),
    Figure("trades", "Closed trades", "closed_trades", is_count=True),
    Figure("wins", "Wins", "wins", is_count=True),
    Figure("losses", "Losses", "losses", is_count=True),
    Figure("model_cost", "Language model cost", "model_cost_today_usd", others=("model cost",)),
)

POSITION: Final = _table(
    Figure("pnl", "P&L", "unrealized_pnl", "roe_pct", others=("unrealized_pnl",)),
    Figure("roe", "ROE", share="roe_pct"),
    Figure("margin", "Margin ratio", share="margin_ratio_pct", others=("margin_ratio",)),
    Figure("liquidation", "Distance to liquidation", share="liquidation_distance_pct"),
    Figure("notional", "Notional", "notional", others=("size",)),
)

SYMBOL: Final = _table(
    Figure("price", "Price", "last"),
    Figure("mark", "Mark price", "mark_price", others=("mark price",)),
    Figure("change", "Change in 24 h", share="change_24h_pct"),
    Figure("funding", "Funding rate", share="funding_rate", times=100),
)

FIGURES: Final[Mapping[Scope, Mapping[str, Figure]]] = {
    "account": ACCOUNT,
    "strategy": STRATEGY,
    "position": POSITION,
    "symbol": SYMBOL,
}


def names(scope: Scope) -> str:
    """Return the names of a scope's figures, for people."""
    return ", ".join(dict.fromkeys(figure.name for figure in FIGURES[scope].values()))
