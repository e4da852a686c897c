"""A trader that trades nothing: market and real account are followed, no strategy is asked."""

from collections.abc import Callable
from typing import Final

from typing_extensions import override

from core.ledger import ZERO, Portfolio
from exchange.base import MarketFeed
from exchange.real.watch_broker import WatchBroker
from infra.settings import Settings
from runner.board import Board
from runner.council import Council
from runner.limits import risk_limits
from runner.patience import Patience
from runner.real_account import RealAccount
from runner.real_tally import RealTally
from runner.record import Record
from runner.roster import Roster
from runner.tally import Tally
from runner.trader import Trader
from store import recovery
from store.accounts import Account
from store.database import Database
from strategy.registry import known_strategies

NOT_ASKED: Final = "Not asked: this deck only watches the account."


class WatchingTrader(Trader):
    """Takes the market's steps and samples the real equity, while it is known.

    ``knows`` says whether the account is followed now.
    """

    knows: Callable[[], bool]

    @override
    def _sample(self, minute: int) -> None:
        if self.record.quiet:  # nobody knows what it was worth then
            self.minute = minute
        elif self.knows():
            super()._sample(minute)


def watching_trader(
    settings: Settings, feed: MarketFeed, of: tuple[Database, Account], real: RealAccount
) -> Trader:
    """Return a trader without strategies, on a broker that refuses everything."""
    database, account = of
    portfolio, record = Portfolio(), Record(recovery.next_fact_number(database, account.id))
    roster = Roster.of([], known_strategies(), [])
    for member in roster.members.values():
        member.note = NOT_ASKED
    tally = RealTally(real.view, account.created_at)
    real.stream.listen(tally.hear)
    trader = WatchingTrader(
        board=Board(feed.instruments), portfolio=portfolio, broker=WatchBroker(),
        council=Council(roster, portfolio, record, Patience(settings.strategy_timeout_s)),
        limits=risk_limits(settings, 1.0), tally=tally, record=record,
        sub_tallies={name: _nothing(portfolio, account, name) for name in roster.members},
    )  # fmt: skip
    trader.knows = lambda: real.stream.state == "live"
    return trader


def _nothing(portfolio: Portfolio, account: Account, name: str) -> Tally:
    return Tally(portfolio, ZERO, account.created_at, name)
