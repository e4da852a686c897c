"""What a tally comes to: the account, a sub-account, and the figures that are stored."""

from collections.abc import Mapping
from decimal import Decimal

from core.arithmetic import truncate8
from core.metrics import win_rate_pct
from runner.payloads import Data, num, pct
from runner.roster import Member
from runner.tally import Tally
from store.records import PerformancePoint

Marks = Mapping[str, Decimal]


def account(tally: Tally, at: int, marks: Marks, currency: str) -> Data:
    """Return the payload of the account state."""
    portfolio = tally.portfolio
    equity, balance = tally.equity(marks), tally.balance
    margin = tally.margin_used
    rate = win_rate_pct(tally.wins, tally.closed)
    return {
        "at": at,
        "currency": currency,
        "initial_balance": num(tally.initial),
        "balance": num(balance),
        "equity": num(equity),
        "unrealized_pnl": num(equity - balance),
        "realized_pnl": num(balance - tally.initial),
        "realized_pnl_today": num(balance - tally.day_open_balance),
        "day_open_equity": num(tally.day_open_equity),
        "day_open_at": tally.day_open_at,
        "pnl_today": num(equity - tally.day_open_equity),
        "pnl_today_pct": pct(equity - tally.day_open_equity, tally.day_open_equity),
        "roi_pct": pct(equity - tally.initial, tally.initial),
        "margin_used": num(margin),
        "margin_used_pct": pct(margin, equity),
        "available": num(balance - margin),
        "positions": tally.held,
        "closed_trades": tally.closed,
        "wins": tally.wins,
        "losses": tally.losses,
        "breakevens": tally.breakevens,
        "win_rate_pct": None if rate.value is None else round(float(rate.value), 4),
        "win_rate_reason": rate.reason,
        "fees": num(portfolio.fees),
        "funding": num(portfolio.funding),
        "max_drawdown_pct": round(float(tally.drawdown.max_pct), 4),
        "started_at": tally.started_at,
    }


def point(tally: Tally, at: int, marks: Marks) -> PerformancePoint:
    """Return the headline figures, to be stored."""
    rate = win_rate_pct(tally.wins, tally.closed)
    factor = None if not tally.lost else float(tally.won / -tally.lost)
    return PerformancePoint(
        strategy=tally.strategy or "", at=at, equity=truncate8(tally.equity(marks)),
        balance=tally.balance, closed_trades=tally.closed, wins=tally.wins, losses=tally.losses,
        net_pnl=tally.won + tally.lost,
        win_rate_pct=None if rate.value is None else round(float(rate.value), 4),
        profit_factor=factor, drawdown_pct=round(float(tally.drawdown.max_pct), 4),
    )  # fmt: skip


def sub_account(tally: Tally, at: int, marks: Marks, member: Member) -> Data:
    """Return the payload of the strategy state."""
    equity = tally.equity(marks)
    held = tally.portfolio.positions.values()
    rate = win_rate_pct(tally.wins, tally.closed)
    spent = member.spending
    return {
        "at": at,
        "id": member.name,
        "status": member.status,
        "note": member.note,
        "initial_balance": num(tally.initial),
        "balance": num(tally.balance),
        "equity": num(equity),
        "net_pnl": num(equity - tally.initial),
        "roi_pct": pct(equity - tally.initial, tally.initial) if tally.initial else None,
        "positions": sum(p.strategy == tally.strategy for p in held),
        "closed_trades": tally.closed,
        "wins": tally.wins,
        "losses": tally.losses,
        "breakevens": tally.breakevens,
        "win_rate_pct": None if rate.value is None else round(float(rate.value), 4),
        "max_drawdown_pct": round(float(tally.drawdown.max_pct), 4),
        "model": member.model,
        "model_cost_today_usd": None if spent is None else num(spent.today_usd),
        "model_cost_limit_usd": None if spent is None else num(spent.limit_usd),
    }
