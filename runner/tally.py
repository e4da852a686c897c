"""The account a person sees, summed over sub-accounts, with its day and its drawdown.

Every figure here is the fold of the journal plus the marks; the day's opening and the
drawdown's peak are kept across restarts in the checkpoint.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.ledger import Portfolio
from core.market import DAY_MS
from core.metrics import Drawdown
from core.trades import Trade

ZERO = Decimal(0)


class Tally:
    """Counts trades, knows the day's opening and the deepest fall.

    Of the whole account, or of one ``strategy``'s sub-account. ``won`` and ``lost`` are the sums
    of net results (lost is negative).
    """

    def __init__(
        self, portfolio: Portfolio, initial: Decimal, started_at: int, strategy: str | None = None
    ) -> None:
        self.portfolio = portfolio
        self.strategy = strategy
        self.initial = initial
        self.won = self.lost = ZERO
        self.started_at = started_at
        self.last_trade_at = started_at
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
        self.last_trade_at = trade.closed_at
        if trade.net_pnl > 0:
            self.wins += 1
            self.won += trade.net_pnl
        elif trade.net_pnl < 0:
            self.losses += 1
            self.lost += trade.net_pnl
        else:
            self.breakevens += 1

    @property
    def balance(self) -> Decimal:
        """Return the cash."""
        if self.strategy is None:
            return self.portfolio.balance
        return self.portfolio.cash.get(self.strategy, ZERO)

    @property
    def margin_used(self) -> Decimal:
        """Return the initial margin of open positions."""
        return self.portfolio.margin_used(self.strategy)

    @property
    def held(self) -> int:
        """Return the number of open positions."""
        positions = self.portfolio.positions.values()
        return sum(self.strategy in {None, position.strategy} for position in positions)

    def equity(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return balance plus open positions at *marks*, and let the drawdown see it."""
        equity = self.balance + self.portfolio.unrealized_pnl(marks, self.strategy)
        self.drawdown.update(equity)
        return equity

    def deposit(self, amount: Decimal) -> None:
        """Take a transfer into the running account: it is no gain and ends no fall."""
        self.initial += amount
        self.day_open_equity += amount
        self.day_open_balance += amount
        self.drawdown.shift(amount)

    def roll_day(self, at: int, marks: Mapping[str, Decimal]) -> None:
        """Open a new UTC day when *at* has reached one."""
        day = at - at % DAY_MS
        if day > self.day_open_at:
            self.day_open_at = day
            self.day_open_equity = self.equity(marks)
            self.day_open_balance = self.balance

    def pnl_today(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return equity now minus equity at 00:00 UTC."""
        return self.equity(marks) - self.day_open_equity

    def save(self) -> dict[str, Any]:
        """Return what a restart needs, JSON-able."""
        return {
            "initial": str(self.initial),
            "day_open_at": self.day_open_at,
            "day_open_equity": str(self.day_open_equity),
            "day_open_balance": str(self.day_open_balance),
            "drawdown": self.drawdown.save(),
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        self.initial = Decimal(saved["initial"])
        self.day_open_at = saved["day_open_at"]
        self.day_open_equity = Decimal(saved["day_open_equity"])
        self.day_open_balance = Decimal(saved["day_open_balance"])
        self.drawdown = Drawdown.load(saved["drawdown"])
