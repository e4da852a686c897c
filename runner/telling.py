"""Which states a step or fact touches, and in what order readers hear of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from core.ledger import Position
from core.market import Bar, DayStats, MarketMessage, Step
from runner import figures, payloads
from runner.freshness import Freshness
from runner.payloads import Data
from runner.publisher import Publisher
from runner.status import Status
from runner.trader import Trader

_PLAIN = frozenset({"alert_acknowledged", "candle_closed", "equity_point", "signal_raised"})


@dataclass(slots=True)
class Telling:
    """Hands facts and touched states to the publisher.

    Promise: after a fact about money, the account and the positions it moved follow at once;
    values are read when they are sent, so a late state shows what is true by then.
    """

    publisher: Publisher
    trader: Trader
    status: Status
    freshness: Freshness

    def touch_step(self, step: Step) -> None:
        """Mark what a market step changes: prices, positions in them, the account."""
        symbols = list(dict.fromkeys(message.symbol for message in step.messages))
        for symbol in symbols:
            market = self.trader.board.markets[symbol]
            self.publisher.touch("price", symbol, partial(payloads.price, market))
        if any(isinstance(m, Bar) or self._is_first_day(m) for m in step.messages):
            self._touch_slow(symbols)
        for position in self.trader.portfolio.positions.values():
            if position.symbol in symbols:
                self._touch_position(position)
                # at once with the account, which is the sum of its strategies
                name = position.strategy
                self.publisher.touch("strategy", name, partial(self._strategy, name))
        self.publisher.touch("account", "", self._account)
        self.publisher.touch("feed", "", self._feed)

    def touch_all(self) -> None:
        """Mark everything."""
        symbols = list(self.trader.board.markets)
        for symbol in symbols:
            market = self.trader.board.markets[symbol]
            self.publisher.touch("price", symbol, partial(payloads.price, market))
        self._touch_slow(symbols)
        for position in self.trader.portfolio.positions.values():
            self._touch_position(position)
        self.publisher.touch("account", "", self._account)
        self.publisher.touch("feed", "", self._feed)
        self.publisher.touch("engine", "", self._engine)

    def everything(self) -> None:
        """Mark everything and send what differs."""
        self.touch_all()
        self.publisher.flush()

    def say_status(self) -> None:
        """Send the engine's own status at once, and nothing that may not be committed yet."""
        self.publisher.say("engine", self._engine)
        if self.publisher.quiet:
            self.publisher.send_snapshot()

    def tell(self, events: Sequence[tuple[str, Data]]) -> None:
        """Emit committed facts in order; when money may have moved, its states follow at once."""
        for kind, data in events:
            self.publisher.fact(kind, data)
        if any(kind not in _PLAIN for kind, _ in events):
            for position in self.trader.portfolio.positions.values():
                self._touch_position(position)
            self.publisher.touch("account", "", self._account)
            self.publisher.touch("engine", "", self._engine)
            for name in self.trader.council.roster.members:
                self.publisher.touch("strategy", name, partial(self._strategy, name))
            self.publisher.flush()
        self.publisher.deliver()

    def _is_first_day(self, message: MarketMessage) -> bool:
        """Return whether the exchange says the 24 h figures that were added up until now."""
        if not isinstance(message, DayStats):
            return False
        told = self.publisher.state["stats"].get(message.symbol, {})
        return bool(told.get("day_told_by") != "exchange")

    def _touch_slow(self, symbols: Sequence[str]) -> None:
        for symbol in symbols:
            market = self.trader.board.markets[symbol]
            self.publisher.touch("stats", symbol, partial(payloads.stats, market))
        for name in self.trader.council.roster.members:
            self.publisher.touch("strategy", name, partial(self._strategy, name))

    def _touch_position(self, position: Position) -> None:
        build = partial(self._position, position.strategy, position.symbol, position.id)
        self.publisher.touch("position", position.id, build)

    def _position(self, strategy: str, symbol: str, position_id: str) -> Data | None:
        position = self.trader.portfolio.position(strategy, symbol)
        if position is None or position.id != position_id:
            return None
        market = self.trader.board.markets[symbol]
        orders = self.trader.booking.resting.values()
        return payloads.position(position, market, orders, market.at)

    def _strategy(self, name: str) -> Data:
        trader = self.trader
        member = trader.council.roster.members[name]
        tally = trader.sub_tallies[name]
        return figures.sub_account(tally, self.publisher.clock.now(), trader.board.marks, member)

    def _account(self) -> Data:
        at = self.publisher.clock.now()
        trader = self.trader
        return figures.account(trader.tally, at, trader.board.marks, self.status.currency)

    def _feed(self) -> Data:
        return self.freshness.payload(self.publisher.clock.now())

    def _engine(self) -> Data:
        gate = self.trader.gate
        return self.status.payload(self.publisher.clock.now(), gate.paused_by, gate.paused_at)
