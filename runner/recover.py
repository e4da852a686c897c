"""Brings everything that is not the journal back to where the last commit left it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.errors import ConfigError, LedgerError
from core.ledger import Portfolio
from core.trades import Trade
from runner.alert_desk import AlertDesk
from runner.board import BARS_SHOWN
from runner.signals import signal_of
from runner.tally import Tally
from runner.trader import Trader
from store import history, recovery
from store.alert_rules import list_rules
from store.database import Database
from store.writer import SAMPLES

Saved = Mapping[str, Any]


def portfolio_of(database: Database, account_id: int) -> Portfolio:
    """Return the fold of the stored journal.

    Raises:
        ConfigError: it contradicts itself.
    """
    try:
        return Portfolio.replay(recovery.journal(database, account_id))
    except LedgerError as error:
        raise ConfigError(
            f"the ledger in {database.name} does not add up ({error}) and was left as it is: "
            f"move it away and put the newest file of its backups folder in its place"
        ) from error


def recover(
    trader: Trader, database: Database, account_id: int, saved: Saved | None, *,
    knows_past: bool = True,
) -> None:  # fmt: skip
    """Let *trader* go on where it stood.

    Without *knows_past* its strategies are not told of stored candles yet: `warm` does.

    Raises:
        ConfigError: what was saved beside the ledger cannot be read.
    """
    _recall_anomalies(trader, database, account_id)
    resting = recovery.open_orders(database, account_id)
    trader.broker.recall((saved or {}).get("broker", {}))
    trader.broker.restore(resting)
    trader.booking.resting = {order.id: order for order in resting}
    with trader.council.patience.ticking():
        if knows_past:
            warm(trader, database, account_id, list(trader.board.markets))
        _recall_signals(trader, database, account_id)
    trader.predictions.recall(recovery.open_predictions(database, account_id))
    if saved is None:
        return
    try:
        _load(trader, saved)
    except (KeyError, TypeError, ValueError, msgspec.MsgspecError) as error:
        raise ConfigError(_damaged(database, error)) from error


def recover_alerts(
    desk: AlertDesk, database: Database, account_id: int, saved: Saved | None
) -> None:
    """Bring back people's rules, and what was told already, as of the checkpoint *saved*.

    Raises:
        ConfigError: the account was left by another version of this program, or is damaged.
    """
    desk.rules.recall(list_rules(database, account_id=account_id))
    try:
        if saved is not None and "alerts" in saved:
            desk.watchers.load(saved["alerts"])
    except msgspec.ValidationError as error:
        raise ConfigError(_damaged(database, error)) from error


def _recall_anomalies(trader: Trader, database: Database, account_id: int) -> None:
    samples = recovery.checkpoint(database, account_id, SAMPLES)
    if samples is None:
        return
    try:
        trader.anomalies.detector.load(samples)
    except msgspec.ValidationError as error:
        raise ConfigError(_damaged(database, error)) from error


def _damaged(database: Database, error: Exception) -> str:
    return (
        f"the account in {database.name} was saved by another version, or is damaged "
        f"({type(error).__name__}: {error}): start with --reset-paper, which archives it"
    )


def _load(trader: Trader, saved: Saved) -> None:
    tallies = saved["tallies"]
    for tally in trader.tallies:
        own = tallies.get(tally.strategy or "")
        if own is not None:
            _load_tally(tally, own)
    trader.booking.courses.load(saved["courses"])
    trader.gate.paused_by, trader.gate.paused_at = saved["paused"]
    trader.minute = saved["minute"]
    if "symbols" in saved:  # not in what an older version left
        trader.symbols.load(saved["symbols"])


def _load_tally(tally: Tally, saved: Saved) -> None:
    """Load *saved*; what was transferred since then is a deposit into a running account."""
    now = tally.initial
    tally.load(saved)
    if now != tally.initial:
        tally.deposit(now - tally.initial)


def warm(trader: Trader, database: Database, account_id: int, symbols: Sequence[str]) -> None:
    """Let *trader* know what is stored of the past of *symbols*, in time order.

    Raises:
        StoreError: the database refused.
    """
    asked = trader.council.roster.members.values()
    needs = [member.strategy.warmup_bars for member in asked if member.strategy is not None]
    wanted = max([BARS_SHOWN, *needs])
    histories = [recovery.last_candles(database, account_id, symbol, wanted) for symbol in symbols]
    for bars in histories:
        trader.board.remember(bars)
        trader.anomalies.detector.remember(bars)
    trader.council.warm(histories)


def _recall_signals(trader: Trader, database: Database, account_id: int) -> None:
    """Count the closed trades again, oldest first, and let those who learn hear of them."""
    open_ids = [position.id for position in trader.portfolio.positions.values()]
    rows = recovery.signals_of(database, account_id, open_ids)
    trader.signals.opened = {row.id: signal_of(row) for row in rows}
    for trade in _trades(database, account_id):
        trader.tally.count(trade)
        trader.symbols.count(trade)
        own = trader.sub_tallies.get(trade.strategy)
        if own is not None:
            own.count(trade)
    for strategy in trader.council.asked:
        if hasattr(strategy, "on_trade"):
            for trade, row in recovery.learned(database, account_id, strategy.name):
                trader.council.tell(strategy, trade, None if row is None else signal_of(row))


def _trades(database: Database, account_id: int) -> list[Trade]:
    wanted, found = history.Wanted(limit=1000), list[Trade]()
    while True:
        page = history.trades(database, account_id, wanted)
        found += page.items
        if page.next_cursor is None:
            return found[::-1]
        wanted = history.Wanted(limit=1000, cursor=page.next_cursor)
