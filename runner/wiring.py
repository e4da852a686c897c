"""Puts one engine together from the settings: account, feed, broker, strategies, readers."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from core.anomaly_watch import Detector
from core.ledger import ZERO, Portfolio
from core.stream import Frame
from exchange.base import Broker
from exchange.paper.broker import PaperBroker
from exchange.real.feed import ExchangeFeed
from infra.setting_groups import Group
from infra.settings import Settings
from runner.alert_desk import AlertDesk
from runner.board import Board
from runner.commands import CommandDesk
from runner.council import Council
from runner.deposits import give_deposits
from runner.depth import Depth
from runner.engine import Engine
from runner.exchange_wiring import Outpost
from runner.freshness import ANY, HEARD, Freshness
from runner.ledger_check import LedgerCheck
from runner.limits import alert_limits, anomaly_limits, risk_limits, stale_after_s
from runner.markets import Course, Tape, set_course
from runner.patience import Patience
from runner.publisher import Publisher
from runner.pulse import Pulse
from runner.real_account import RealAccount, account_market
from runner.rebuild import rebuild, wishes_done
from runner.record import Record
from runner.recover import portfolio_of, recover, recover_alerts
from runner.roster import Roster, recruit
from runner.sieve import tell_refused_rows
from runner.state_file import StateFile
from runner.status import Status
from runner.tally import Tally
from runner.trader import Trader
from runner.watching import watching_trader
from store import recovery
from store.accounts import Account, archive_account, find_or_create_account
from store.alert_rules import move_rules
from store.database import Database
from store.writer import Writer
from strategy.registry import known_strategies
from utils.clock import Clock

CURRENCY: Final = "USDT"


@dataclass(frozen=True, slots=True)
class Manner:
    """How carefully an engine keeps what it does.

    ``sampled_every`` minutes the curves get a point. A backtest, which can be played again, need
    not wait for the disk nor keep candles that are kept elsewhere.
    """

    durable: bool = True
    keeps_candles: bool = True
    sampled_every: int = 1


FOR_GOOD: Final = Manner()


@dataclass(slots=True)
class Wired:
    """An engine ready to run, and where it stood when it last stopped."""

    engine: Engine
    pulse: Pulse
    database: Database
    course: Course
    saved: Mapping[str, Any] | None
    real: RealAccount | None = None
    outpost: Outpost | None = None
    note: str = ""

    @property
    def restarted(self) -> bool:
        """Return whether this account has traded before."""
        return self.saved is not None

    def close(self) -> None:
        """Let go of the ledger's thread and the database."""
        self.engine.ledger.close()
        self.database.close()


def wire(
    settings: Settings,
    tape: Tape,
    clock: Clock,
    send: Callable[[Sequence[Frame]], None],
    manner: Manner = FOR_GOOD,
    real: RealAccount | None = None,
) -> Wired:
    """Open the ledger, rebuild what it says, and connect everything to it.

    With a *real* account its books are kept, and its broker trades or refuses.

    Raises:
        ConfigError: a database, file or setting that a person must mend.
        StoreError: the database cannot be reached.
    """
    database = Database(settings.database)
    database.migrate()
    account = _open_account(database, tape.feed.market_id, settings, clock.now(), real)
    saved = recovery.checkpoint(database, account.id)
    if isinstance(tape.feed, ExchangeFeed):
        tape.feed.desks.keep(saved and saved["feed"], _held_symbols(database, account.id))
    trader = _trader(settings, tape, (database, account), saved, real, clock)
    trader.record.keeps_candles = manner.keeps_candles
    trader.record.about = {"badge": tape.feed.badge, "currency": CURRENCY}
    trader.sampled_every = manner.sampled_every
    trader.anomalies.detector = Detector(anomaly_limits(settings))
    # On an exchange what is missing of the past is fetched first.
    knows_past = not isinstance(tape.feed, ExchangeFeed)
    recover(trader, database, account.id, saved, knows_past=knows_past)
    course = set_course(tape, saved, settings, clock)
    clock = course.clock
    publisher = Publisher(secrets.token_hex(4), clock, send)
    publisher.state = rebuild(database, account.id, publisher.state, trader)
    desk = CommandDesk(trader, clock.monotonic, tape.feed.badge)
    desk.recall(wishes_done(database, account.id))
    desk.only_watches = real is not None and real.mode == "watch"
    engine = Engine(
        feed=tape.feed, trader=trader, publisher=publisher,
        writer=Writer(database, account.id, durable=manner.durable),
        clock=clock, status=_status(tape, course, clock.now()),
        freshness=_freshness(settings, tape), desk=desk,
        alerts=AlertDesk(trader, publisher, alert_limits(settings), CURRENCY),
    )  # fmt: skip
    engine.questions["depth"] = Depth(trader, tape.feed.kind).answer
    recover_alerts(engine.alerts, database, account.id, saved)
    told_at = clock.now() if saved is None else None
    tell_refused_rows(tape.feed, engine.freshness, trader.record, told_at)
    check = LedgerCheck(database, account.id, trader.portfolio)
    pulse = Pulse(engine, StateFile(settings.state_path), check, 1 / settings.publish_hz)
    return Wired(engine, pulse, database, course, saved, real, tape.outpost, tape.note)


def _open_account(
    database: Database, market_id: str, settings: Settings, now: int, real: RealAccount | None
) -> Account:
    balance = settings.balance if real is None else real.view.margin_balance
    if real is not None and real.trades:
        from runner.live_wiring import live_market  # noqa: PLC0415 - not even loaded to watch

        balance = min(settings.balance, real.view.wallet_balance)
        market_id = live_market(real, market_id)
    else:
        market_id = account_market("paper" if real is None else real.mode, market_id)
    account = find_or_create_account(database, market_id, balance, now)
    if settings.reset_paper and real is None:
        archive_account(database, account.id, now)
        old, account = account, find_or_create_account(database, market_id, balance, now)
        move_rules(database, old.id, account.id)
    return account


def _held_symbols(database: Database, account_id: int) -> list[str]:
    """Return the symbols that must go on to be followed: something is open in them."""
    positions = portfolio_of(database, account_id).positions
    orders = recovery.open_orders(database, account_id)
    return [*(symbol for _, symbol in positions), *(order.symbol for order in orders)]


def _freshness(settings: Settings, tape: Tape) -> Freshness:
    counted = HEARD if tape.feed.kind == "exchange" else ANY
    return Freshness(stale_after_s(settings, tape.speed, tape.feed.kind), counted=counted)


def _status(tape: Tape, course: Course, now: int) -> Status:
    return Status(
        market=tape.feed.kind, badge=tape.feed.badge, market_id=tape.feed.market_id,
        currency=CURRENCY, started_at=now, speed=tape.speed, note=tape.note,
        status="warming_up" if course.plays_past else "running",
        broker="paper" if tape.outpost is None else tape.outpost.mode,
    )  # fmt: skip


def _trader(
    settings: Settings,
    tape: Tape,
    of: tuple[Database, Account],
    saved: Mapping[str, Any] | None,
    real: RealAccount | None,
    clock: Clock,
) -> Trader:
    if real is not None and real.mode == "watch":
        return watching_trader(settings, tape.feed, of, real)
    database, account = of
    instruments = tape.feed.instruments
    strategies, broken = recruit(settings.strategies, partial(_options, settings))
    portfolio = portfolio_of(database, account.id)
    began = saved["at"] if saved else tape.feed.next_at
    give_deposits(Writer(database, account.id), portfolio, strategies, account, began)
    started = next(recovery.journal(database, account.id)).at
    roster = Roster.of(strategies, known_strategies(), list(portfolio.cash))
    record = Record(recovery.next_fact_number(database, account.id))
    for name, why in broken.items():
        roster.fail(name, why)
        record.alert(began, "error", "strategy_failed", f"Strategy {name} failed", why)
    council = Council(roster, portfolio, record, Patience(settings.strategy_timeout_s))
    return Trader(
        board=Board(instruments),
        portfolio=portfolio,
        broker=_broker(
            settings, tape, of, portfolio, live=real is not None and real.trades, clock=clock
        ),
        council=council,
        limits=risk_limits(settings, tape.speed, tape.feed.kind),
        tally=Tally(portfolio, portfolio.deposits, started),
        sub_tallies={
            name: Tally(portfolio, portfolio.transferred.get(name, ZERO), started, name)
            for name in roster.members
        },
        record=record,
    )


def _broker(
    settings: Settings,
    tape: Tape,
    of: tuple[Database, Account],
    portfolio: Portfolio,
    *,
    live: bool,
    clock: Clock,
) -> Broker:
    instruments = tape.feed.instruments
    if not live:
        return PaperBroker(instruments, portfolio, slippage_bps=settings.slippage_bps)
    from runner.live_wiring import live_broker, with_paper  # noqa: PLC0415 - as above

    own = tape.clock or clock
    broker = live_broker(settings, tape.feed, of, portfolio, own)
    return with_paper(settings, tape.feed, broker, own)


def _options(settings: Settings, name: str) -> dict[str, Any]:
    """Return the settings' group that bears a strategy's name."""
    group = getattr(settings, name, None)
    return dict(group) if isinstance(group, Group) else {}
