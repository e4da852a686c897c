"""Everything the report shows, read once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from core.ledger import Portfolio, Position
from core.market import MINUTE_MS
from core.performance import Scope, plain, summarize
from core.trades import Trade
from reports.comparisons import Curve, Pair, compare_all
from store import recovery, series
from store.accounts import Account
from store.database import Database
from store.learning import LiveScore, TheoryTally, live_scores, model_scores, theory_tallies
from store.records import ModelScore, SignalRow
from store.results import closed_trades, read_curve

DRAWN: Final = 8
LISTED: Final = 100
SIGNALS: Final = 1000
CURVE_POINTS: Final = 2000
CANDLES_AROUND: Final = 60
INTERVALS: Final = (1, 5, 15, 60, 240, 1440)  # minutes
BADGES: Final = {"simulated": "SIMULATED", "replay": "REPLAY", "stored": "BACKTEST"}
HUNDRED: Final = Decimal(100)
END: Final = 2**53 - 1  # of all time: the market's may be ahead of the machine's

Data = Mapping[str, Any]
Drawn = tuple[Data, Sequence[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """One account: its figures, comparisons, positions, trades and signals."""

    account: Account
    summary: Data
    trades: Sequence[Trade]
    positions: Sequence[tuple[Position, float | None]]
    signals: Sequence[SignalRow]
    comparisons: Sequence[Pair]
    drawn_trades: Sequence[Drawn]
    theories: Sequence[TheoryTally]
    live: Sequence[LiveScore]
    models: Sequence[ModelScore]

    @property
    def badge(self) -> str:
        """Return what the page must say about reality."""
        kind = self.account.market_id.partition(":")[0]
        return BADGES.get(kind, kind.upper())

    @property
    def span_text(self) -> str:
        """Say from when to when."""
        scope = self.summary["scope"]
        begun, ended = (
            datetime.fromtimestamp(scope[name] / 1000, UTC).strftime("%Y-%m-%d")
            for name in ("since", "until")
        )
        return f"From {begun} to {ended}"

    @property
    def basis(self) -> str:
        """Say what the figures rest on."""
        counts = self.summary["counts"]
        if not counts["trades"]:
            return "Awaiting closed trades."
        told = [(counts[name], word) for name, word in
                (("wins", "won"), ("losses", "lost"), ("breakevens", "even"))]  # fmt: skip
        parts = ", ".join(f"{count} {word}" for count, word in told)
        return f"{counts['trades']} closed trades: {parts}, over {counts['days']} whole days."

    @property
    def listed_trades(self) -> Sequence[Trade]:
        """Return the newest trades, newest first."""
        return self.trades[::-1][:LISTED]

    @property
    def decisions(self) -> Sequence[tuple[str, int]]:
        """Return how often each decision was taken, with its gate, most often first."""
        words = (f"{s.decision}, {s.gate}" if s.gate else s.decision for s in self.signals)
        return Counter(words).most_common()


def gather(database: Database, account: Account, now: int) -> Gathered:
    """Read the account.

    Raises:
        StoreError: the database refused.
    """
    trades = closed_trades(database, account.id)
    portfolio = Portfolio.replay(recovery.journal(database, account.id))
    return Gathered(
        account=account,
        summary=_summary(database, account, trades, portfolio, now),
        trades=trades,
        positions=_positions(database, account.id, portfolio),
        signals=recovery.latest_signals(database, account.id, SIGNALS),
        comparisons=compare_all(trades, _curves(database, account.id, portfolio)),
        drawn_trades=_drawn(database, account.id, trades),
        theories=theory_tallies(database, account.id),
        live=live_scores(database, account.id),
        models=model_scores(database, account.id),
    )


def _summary(
    database: Database, account: Account, trades: Sequence[Trade], portfolio: Portfolio, now: int
) -> Data:
    curve = read_curve(database, account.id, "all", END)
    ended = max(
        [at for at, _ in curve.points[-1:]] + [t.closed_at for t in trades[-1:]], default=now
    )
    return plain(
        summarize(
            trades, curve.points, Scope(since=curve.since, until=max(ended, curve.since)),
            initial=curve.initial, transfers=curve.transfers,
            open_since=[p.opened_at for p in portfolio.positions.values()],
            deepest_pct=_deepest(database, account.id),
        )
    )  # fmt: skip


def _deepest(database: Database, account_id: int) -> Decimal:
    """Return the deepest fall the engine saw, in %, as of the last whole hour."""
    last = series.performance(database, account_id, newest=1)
    return Decimal(str(last[-1].drawdown_pct)) if last else Decimal(0)


def _positions(
    database: Database, account_id: int, portfolio: Portfolio
) -> list[tuple[Position, float | None]]:
    found = []
    for position in portfolio.positions.values():
        bars = recovery.last_candles(database, account_id, position.symbol, 1)
        found.append((position, float(bars[-1].close) if bars else None))
    return found


def _curves(database: Database, account_id: int, portfolio: Portfolio) -> dict[str, Curve]:
    """Return each sub-account's return since its first transfer, in %."""
    curves: dict[str, Curve] = {}
    for name, invested in portfolio.transferred.items():
        points = series.equity(database, account_id, max_points=CURVE_POINTS, strategy=name)
        held = [p for p in points if p.equity]  # before its first transfer there is nothing
        curves[name] = [(p.at, float(HUNDRED * (p.equity / invested - 1))) for p in held]
    return curves


def _drawn(database: Database, account_id: int, trades: Sequence[Trade]) -> list[Drawn]:
    """Return the newest trades with the candles around them, where these are stored."""
    found: list[Drawn] = []
    newest = trades[::-1][:DRAWN]
    rows = recovery.signals_of(database, account_id, [trade.id for trade in newest])
    signals = {row.id: row for row in rows}
    for trade in newest:
        every_ms = _interval(trade.closed_at - trade.opened_at)
        room = max((trade.closed_at - trade.opened_at) // 2, 15 * every_ms)
        since, until = trade.opened_at - room, trade.closed_at + room
        bars = series.candles(database, account_id, trade.symbol, since, until, every_ms)
        if bars:
            found.append((_words_of(trade, signals.get(trade.id)), bars))
    return found


def _interval(held_ms: int) -> int:
    """Return the shortest candle that shows a trade in at most `CANDLES_AROUND` of them."""
    minutes = (m for m in INTERVALS if held_ms < m * MINUTE_MS * CANDLES_AROUND)
    return next(minutes, INTERVALS[-1]) * MINUTE_MS


def _words_of(trade: Trade, signal: SignalRow | None) -> Data:
    return {
        "symbol": trade.symbol, "side": trade.side.value, "net_pnl": float(trade.net_pnl),
        "exit_reason": trade.exit_reason.value, "opened_at": trade.opened_at,
        "closed_at": trade.closed_at, "entry_price": float(trade.entry_price),
        "exit_price": float(trade.exit_price),
        "stop_price": None if not signal or not signal.stop_price else float(signal.stop_price),
        "target_price": None
        if not signal or not signal.target_price
        else float(signal.target_price),
        "reasons": signal.detail["reasons"] if signal else [],
    }  # fmt: skip
