"""Which market this start trades on: the exchange when it answers, else what stands in for it."""

import logging
from typing import Final

from core.errors import ConfigError
from exchange.real import choice
from exchange.real.errors import ExchangeError
from exchange.real.feed import ExchangeFeed
from infra.settings import Settings
from runner.exchange_wiring import Outpost, venue_of
from runner.markets import Tape, choose_tape
from runner.real_account import RealAccount
from runner.recover import portfolio_of
from store import recovery
from store.accounts import all_accounts
from store.database import Database
from utils.clock import Clock, ShiftedClock

log: Final = logging.getLogger(__name__)


async def open_tape(settings: Settings, clock: Clock) -> Tape:
    """Return the market that *settings* ask for; with ``auto`` the exchange if it answers in time.

    Raises:
        ConfigError: something that a person must mend first.
        ExchangeError: the account at the exchange cannot be read now.
    """
    match settings.market_kind:
        case "auto":
            return await _exchange_or_simulator(settings, clock)
        case "exchange" if settings.broker == "paper":
            return await _exchange(_outpost(settings, clock))
        case "exchange":
            return await _with_account(settings, clock)
        case _:
            return choose_tape(settings, clock.now())


async def _exchange_or_simulator(settings: Settings, clock: Clock) -> Tape:
    outpost, name = _outpost(settings, clock), choice.name_of(settings.exchange)
    log.info("Looking for %s", name)
    try:
        await outpost.reach()
    except ExchangeError as error:
        why = choice.why_not(error)
        held = _held(settings, choice.market_of(outpost.venue))
        if held:
            outpost.why = (
                f"Waiting for {name}: {why}. {held} open there, so the simulator does not stand in."
            )
            return _tape(outpost)
        await outpost.close()
    else:
        return _tape(outpost, _left_behind(settings))
    note = f"The market is simulated, because {name} cannot be used: {why}."
    log.warning("%s", note)
    tape = choose_tape(settings, clock.now())
    tape.note, tape.outpost = note, Outpost(settings, clock, why=note)
    return tape


async def _exchange(outpost: Outpost) -> Tape:
    name = choice.name_of(outpost.venue.id)
    try:
        await outpost.reach()
    except ExchangeError as error:
        outpost.why = f"Waiting for {name}: {choice.why_not(error)}."
        log.warning("%s", outpost.why)
    except BaseException:
        await outpost.close()
        raise
    return _tape(outpost)


async def _with_account(settings: Settings, clock: Clock) -> Tape:
    outpost = _outpost(settings, clock)
    try:
        outpost.account = await RealAccount.open(settings, clock)
        outpost.client = outpost.account.client
        if outpost.account.trades:
            from runner.live_wiring import check_live  # noqa: PLC0415 - not even loaded to watch

            await check_live(outpost.account)
        await outpost.reach()
    except BaseException:
        await outpost.close()
        raise
    return _tape(outpost)


def _outpost(settings: Settings, clock: Clock) -> Outpost:
    feed = ExchangeFeed(
        choice.market_of(venue_of(settings)), choice.badge_of(settings.exchange, settings.broker),
        settings.symbols, ShiftedClock(clock),
    )  # fmt: skip
    return Outpost(settings, clock, feed)


def _tape(outpost: Outpost, note: str = "") -> Tape:
    if outpost.feed is None:
        raise ConfigError("there is no market to trade on")
    outpost.note = note
    return Tape(outpost.feed, 1.0, note or outpost.why, outpost.feed.clock, outpost)


def _held(settings: Settings, market: str, *, prefix: bool = False) -> str:
    """Return in words what is open on *market*, or on those that begin so; empty when nothing."""
    database = Database(settings.database)
    try:
        database.migrate()
        living = [a for a in all_accounts(database) if a.archived_at is None]
        mine = [
            a for a in living
            if a.market_id == market or (prefix and a.market_id.startswith(market))
        ]  # fmt: skip
        positions = sum(len(portfolio_of(database, a.id).positions) for a in mine)
        orders = sum(len(recovery.open_orders(database, a.id)) for a in mine)
    finally:
        database.close()
    if not positions and not orders:
        return ""
    number, noun = (positions, "position") if positions else (orders, "order")
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def _left_behind(settings: Settings) -> str:
    """Return a sentence about what is open on the simulated market, which stands still now."""
    held = _held(settings, f"simulated:{settings.seed}:", prefix=True)
    if not held:
        return ""
    return f"{held} open on the simulated market, which stands still: MARKET=sim goes back to it."
