"""The account a person sees, summed over sub-accounts, with its day and its drawdown.

Every figure here is the fold of the journal plus the marks; the day's opening and the
drawdown's peak are kept across restarts in the checkpoint.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.ledger import Portfolio
from core.market import DAY_MS
from core.metrics import Drawdown, win_rate_pct
from core.trades import Trade
from runner.payloads import Data, num, pct

ZERO = Decimal(0)


class Tally:
    """Counts trades, knows the day's opening and the deepest fall."""

    def __init__(self, portfolio: Portfolio, initial: Decimal, started_at: int) -> None:
        self.portfolio = portfolio
        self.initial = initial
        self.started_at = started_at
        self.wins = self.losses = self.breakevens = 0
        self.day_open_at = started_at
        self.day_open_equity = initial
        self.day_open_balance = initial
        self.drawdown = Drawdown(initial)

    @property
    def closed(self) -> int:
        """Return the number of finished round trips."""
        return self.wins + self.losses + self.breakevens

    def count(self, trade: Trade) -> None:
        """Take a finished round trip: net above zero wins, below loses, else breaks even."""
        if trade.net_pnl > 0:
            self.wins += 1
        elif trade.net_pnl < 0:
            self.losses += 1
        else:
            self.breakevens += 1

    def equity(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return balance plus open positions at *marks*, and let the drawdown see it."""
        equity = self.portfolio.balance + self.portfolio.unrealized_pnl(marks)
        self.drawdown.update(equity)
        return equity

    def roll_day(self, at: int, marks: Mapping[str, Decimal]) -> None:
        """Open a new UTC day when *at* has reached one."""
        day = at - at % DAY_MS
        if day > self.day_open_at:
            self.day_open_at = day
            self.day_open_equity = self.equity(marks)
            self.day_open_balance = self.portfolio.balance

    def pnl_today(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return equity now minus equity at 00:00 UTC."""
        return self.equity(marks) - self.day_open_equity

    def save(self) -> dict[str, Any]:
        """Return what a restart needs, JSON-able."""
        return {
            "day_open_at": self.day_open_at,
            "day_open_equity": str(self.day_open_equity),
            "day_open_balance": str(self.day_open_balance),
            "drawdown": self.drawdown.save(),
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self.day_open_at = saved["day_open_at"]
        self.day_open_equity = Decimal(saved["day_open_equity"])
        self.day_open_balance = Decimal(saved["day_open_balance"])
        self.drawdown = Drawdown.load(saved["drawdown"])

    def account(self, at: int, marks: Mapping[str, Decimal], currency: str) -> Data:
        """Return the payload of the account state."""
        portfolio = self.portfolio
        equity, balance = self.equity(marks), portfolio.balance
        margin = portfolio.margin_used()
        rate = win_rate_pct(self.wins, self.closed)
        return {
            "at": at,
            "currency": currency,
            "initial_balance": num(self.initial),
            "balance": num(balance),
            "equity": num(equity),
            "unrealized_pnl": num(equity - balance),
            "realized_pnl": num(balance - self.initial),
            "realized_pnl_today": num(balance - self.day_open_balance),
            "day_open_equity": num(self.day_open_equity),
            "day_open_at": self.day_open_at,
            "pnl_today": num(equity - self.day_open_equity),
            "pnl_today_pct": pct(equity - self.day_open_equity, self.day_open_equity),
            "roi_pct": pct(equity - self.initial, self.initial),
            "margin_used": num(margin),
            "margin_used_pct": pct(margin, equity),
            "available": num(balance - margin),
            "positions": len(portfolio.positions),
            "closed_trades": self.closed,
            "wins": self.wins,
            "losses": self.losses,
            "breakevens": self.breakevens,
            "win_rate_pct": None if rate.value is None else round(float(rate.value), 4),
            "win_rate_reason": rate.reason,
            "fees": num(portfolio.fees),
            "funding": num(portfolio.funding),
            "max_drawdown_pct": round(float(self.drawdown.max_pct), 4),
            "started_at": self.started_at,
        }
