"""Puts one engine together from the settings: account, feed, broker, strategies, readers."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import ConfigError, LedgerError
from core.ledger import Entry, EntryKind, Portfolio
from core.stream import Frame
from exchange.paper.broker import PaperBroker
from infra.settings import Settings
from runner.board import BARS_SHOWN, Board
from runner.commands import CommandDesk
from runner.engine import Engine
from runner.freshness import Freshness
from runner.ledger_check import LedgerCheck
from runner.limits import risk_limits, stale_after_s
from runner.markets import Course, Tape, set_course
from runner.publisher import Publisher
from runner.pulse import Pulse
from runner.rebuild import rebuild, wishes_done
from runner.record import Record
from runner.state_file import StateFile
from runner.status import Status
from runner.tally import Tally
from runner.trader import Trader
from store import history, recovery
from store.accounts import Account, archive_account, find_or_create_account
from store.database import Database
from store.writer import Batch, Writer
from strategy.base import Strategy
from strategy.registry import make_strategy
from utils.clock import Clock


@dataclass(slots=True)
class Wired:
    """An engine ready to run, and where it stood when it last stopped."""

    engine: Engine
    pulse: Pulse
    database: Database
    course: Course
    saved: Mapping[str, Any] | None

    @property
    def restarted(self) -> bool:
        """Return whether this account has traded before."""
        return self.saved is not None

    def close(self) -> None:
        """Let go of the ledger's thread and the database."""
        self.engine.ledger.close()
        self.database.close()


def wire(
    settings: Settings, tape: Tape, clock: Clock, send: Callable[[Sequence[Frame]], None]
) -> Wired:
    """Open the ledger, rebuild what it says, and connect everything to it.

    Raises:
        ConfigError: a database, file or setting that a person must mend.
        StoreError: the database cannot be reached.
    """
    database = Database(settings.database)
    database.migrate()
    account = _open_account(database, tape.feed.market_id, settings, clock.now())
    saved = recovery.checkpoint(database, account.id)
    trader = _trader(settings, tape, database, account)
    _recover(trader, database, account.id, saved)
    course = set_course(tape, saved, settings, clock)
    clock = course.clock
    publisher = Publisher(secrets.token_hex(4), clock, send)
    publisher.state = rebuild(database, account.id, publisher.state, trader)
    desk = CommandDesk(trader, clock.monotonic, tape.feed.badge)
    desk.recall(wishes_done(database, account.id))
    engine = Engine(
        feed=tape.feed, trader=trader, writer=Writer(database, account.id), publisher=publisher,
        clock=clock, status=_status(tape, course, clock.now()),
        freshness=Freshness(stale_after_s(settings, tape.speed)), desk=desk,
    )  # fmt: skip
    check = LedgerCheck(database, account.id, trader.portfolio)
    pulse = Pulse(engine, StateFile(settings.state_path), check, 1 / settings.publish_hz)
    return Wired(engine, pulse, database, course, saved)


def _open_account(database: Database, market_id: str, settings: Settings, now: int) -> Account:
    account = find_or_create_account(database, market_id, settings.balance, now)
    if settings.reset_paper:
        archive_account(database, account.id, now)
        account = find_or_create_account(database, market_id, settings.balance, now)
    return account


def _status(tape: Tape, course: Course, now: int) -> Status:
    return Status(
        market=tape.feed.kind, badge=tape.feed.badge, market_id=tape.feed.market_id,
        currency="USDT", started_at=now, speed=tape.speed, note=tape.note,
        status="warming_up" if course.plays_past else "running",
    )  # fmt: skip


def _trader(settings: Settings, tape: Tape, database: Database, account: Account) -> Trader:
    instruments = tape.feed.instruments
    strategies = [make_strategy(name) for name in settings.strategies]
    if next(recovery.journal(database, account.id), None) is None:
        deposits = _deposits(strategies, account, tape.feed.next_at)
        Writer(database, account.id).commit(Batch(journal=deposits))
    portfolio = _portfolio(database, account.id)
    started = next(recovery.journal(database, account.id)).at
    return Trader(
        board=Board(instruments),
        portfolio=portfolio,
        broker=PaperBroker(instruments, portfolio, slippage_bps=settings.slippage_bps),
        strategies=strategies,
        limits=risk_limits(settings, tape.speed),
        tally=Tally(portfolio, portfolio.deposits, started),
        record=Record(recovery.next_fact_number(database, account.id)),
    )


def _portfolio(database: Database, account_id: int) -> Portfolio:
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


def _deposits(strategies: Sequence[Strategy], account: Account, at: int) -> list[Entry]:
    """Return the transfers that share the account's balance among the strategies."""
    share = (account.initial_balance / len(strategies)).quantize(Decimal("0.01"))
    first = account.initial_balance - share * (len(strategies) - 1)
    return [
        Entry(
            at=at, kind=EntryKind.TRANSFER, strategy=strategy.name,
            amount=share if number else first, source="transfer", source_id=strategy.name,
        )
        for number, strategy in enumerate(strategies)
    ]  # fmt: skip


def _recover(
    trader: Trader, database: Database, account_id: int, saved: Mapping[str, Any] | None
) -> None:
    """Bring everything that is not the journal back to where the last commit left it."""
    resting = recovery.open_orders(database, account_id)
    trader.broker.restore(resting)
    trader.booking.resting = {order.id: order for order in resting}
    _count_trades(trader.tally, database, account_id)
    wanted = max(BARS_SHOWN, *(strategy.warmup_bars for strategy in trader.strategies))
    histories = [
        recovery.last_candles(database, account_id, symbol, wanted)
        for symbol in trader.board.markets
    ]
    for bars in histories:
        trader.board.remember(bars)
    trader.council.warm(histories)
    if saved is not None:
        trader.tally.load(saved["tally"])
        trader.booking.excursions.load(saved["excursions"])
        trader.gate.paused_by, trader.gate.paused_at = saved["paused"]
        trader.minute = saved["minute"]


def _count_trades(tally: Tally, database: Database, account_id: int) -> None:
    wanted = history.Wanted(limit=1000)
    while True:
        page = history.trades(database, account_id, wanted)
        for trade in page.items:
            tally.count(trade)
        if page.next_cursor is None:
            return
        wanted = history.Wanted(limit=1000, cursor=page.next_cursor)
