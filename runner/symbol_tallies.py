"""What each symbol came to, as if the account had traded nothing else.

Its equity is what the account began with, plus what the symbol's closed trades made, plus its open
positions at the marks. It is looked at once an hour, so that a fall within one is not seen here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.arithmetic import truncate8
from core.ledger import Portfolio, Position
from core.metrics import Drawdown, win_rate_pct
from core.trades import Trade
from store.records import PerformancePoint

ZERO = Decimal(0)


@dataclass(slots=True)
class SymbolTally:
    """The closed trades of one symbol, and the deepest fall; ``lost`` is negative."""

    drawdown: Drawdown
    closed: int = 0
    wins: int = 0
    losses: int = 0
    won: Decimal = ZERO
    lost: Decimal = ZERO

    def count(self, trade: Trade) -> None:
        """Take a closed trade."""
        self.closed += 1
        if trade.net_pnl > 0:
            self.wins += 1
            self.won += trade.net_pnl
        elif trade.net_pnl < 0:
            self.losses += 1
            self.lost += trade.net_pnl


@dataclass(slots=True)
class SymbolTallies:
    """Those of every symbol that was ever traded; ``initial`` is what the account began with."""

    portfolio: Portfolio
    initial: Decimal
    tallies: dict[str, SymbolTally] = field(default_factory=dict)

    def count(self, trade: Trade) -> None:
        """Take a closed trade."""
        self._of(trade.symbol).count(trade)

    def points(
        self, at: int, initial: Decimal, marks: Mapping[str, Decimal]
    ) -> Iterable[PerformancePoint]:
        """Yield the headline figures of each symbol at *at* (ms).

        Args:
            at: when.
            initial: what the account began with, transfers since then included.
            marks: the price of each symbol.
        """
        self._deposit(initial - self.initial)
        held: dict[str, list[Position]] = {}
        for position in self.portfolio.positions.values():
            self._of(position.symbol)
            held.setdefault(position.symbol, []).append(position)
        for symbol, tally in self.tallies.items():
            yield self._point(symbol, tally, at, held.get(symbol, []), marks)

    def save(self) -> dict[str, Any]:
        """Return what a restart needs beside the trades, JSON-able."""
        falls = {symbol: tally.drawdown.save() for symbol, tally in self.tallies.items()}
        return {"initial": str(self.initial), "falls": falls}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` returned; the trades are counted again."""
        self.initial = Decimal(saved["initial"])
        for symbol, fall in saved["falls"].items():
            self._of(symbol).drawdown = Drawdown.load(fall)

    def _of(self, symbol: str) -> SymbolTally:
        tally = self.tallies.get(symbol)
        if tally is None:
            tally = self.tallies[symbol] = SymbolTally(Drawdown(self.initial))
        return tally

    def _deposit(self, amount: Decimal) -> None:
        if amount:
            self.initial += amount
            for tally in self.tallies.values():
                tally.drawdown.shift(amount)

    def _point(
        self, symbol: str, tally: SymbolTally, at: int, held: list[Position],
        marks: Mapping[str, Decimal],
    ) -> PerformancePoint:  # fmt: skip
        made = tally.won + tally.lost
        balance = self.initial + made + sum((_booked(p) for p in held), ZERO)
        open_pnl = (p.unrealized_pnl(marks.get(symbol, p.entry_price)) for p in held)
        equity = truncate8(balance + sum(open_pnl, ZERO))
        tally.drawdown.update(equity)
        rate = win_rate_pct(tally.wins, tally.closed)
        return PerformancePoint(
            strategy="", symbol=symbol, at=at, equity=equity, balance=balance,
            closed_trades=tally.closed, wins=tally.wins, losses=tally.losses, net_pnl=made,
            win_rate_pct=None if rate.value is None else round(float(rate.value), 4),
            profit_factor=float(tally.won / -tally.lost) if tally.lost else None,
            drawdown_pct=round(float(tally.drawdown.max_pct), 4),
        )  # fmt: skip


def _booked(position: Position) -> Decimal:
    """Return what an open position has made of cash so far."""
    return position.realized_pnl - position.fees + position.funding
