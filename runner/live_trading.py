"""Real trading beside the engine: books what the exchange says, and compares every minute."""

import asyncio
import contextlib
import logging
from decimal import Decimal
from typing import Final

import msgspec

from core.errors import QuarterdeckError
from core.ledger import Entry, EntryKind
from core.risk import Refusal
from exchange.real.account import RealOrder, RealPosition
from exchange.real.binance_orders import BinanceOrders
from exchange.real.errors import ExchangeError
from exchange.real.live_broker import LiveBroker
from exchange.real.money import part_id
from exchange.real.requests import Moved, Note, Refused, Said
from exchange.real.sender import Sender
from runner.deposits import shares
from runner.engine import Engine
from runner.real_account import RealAccount

log: Final = logging.getLogger(__name__)

EVERY_S: Final = 60.0
SOON_S: Final = 2.0
LATER_S: Final = 10.0
QUIET_S: Final = 0.2
ROUNDS: Final = 3
ZERO: Final = Decimal(0)


class LiveTrading:
    """Keeps engine, live broker and account in step as long as its works run.

    Promise: what the exchange says is booked between two steps of the engine and committed like
    everything else; a comparison that fails is told and tried again.
    """

    def __init__(
        self,
        engine: Engine,
        broker: LiveBroker,
        real: RealAccount,
        door: BinanceOrders,
        sender: Sender,
    ) -> None:
        self._engine = engine
        self._broker = broker
        self._real = real
        self._door = door
        self._news = asyncio.Event()
        self._failed = self._hurried = 0
        broker.wake = self._news.set
        broker.poke = sender.poke
        real.stream.listen(broker.heard)
        real.stream.follow(*broker.shop.instruments)
        real.ours = self._is_ours

    def _is_ours(self, found: RealOrder | RealPosition) -> bool:
        if isinstance(found, RealOrder):
            return self._broker.is_ours(found.client_id)
        shop = self._broker.shop
        held = any(p.symbol == found.symbol for p in shop.portfolio.positions.values())
        return held and not shop.foreign.get(found.symbol)

    # ------------------------------------------------------------ booking

    async def book(self) -> None:
        """Book what the broker reports, whenever it does."""
        clock = self._engine.clock
        while True:
            await self._news.wait()
            while self._engine.trader.record.quiet:  # the past is played: nobody would be told
                await clock.sleep(QUIET_S)
            self._news.clear()
            await self._engine.between_steps(self._absorb)

    def _absorb(self, at: int) -> None:
        self._engine.trader.absorb()
        for note in self._broker.notes():
            self._take(note, at)

    def _take(self, note: Note, at: int) -> None:
        trader = self._engine.trader
        match note:
            case Said():
                trader.record.alert(at, note.level, note.code, note.title, note.detail)
            case Refused():
                refusal = Refusal(note.gate, note.value, note.limit, note.reason)
                trader.refuse(note.order, refusal, at)
            case Moved():
                self._move(note, at)

    def _move(self, note: Moved, at: int) -> None:
        """Book money that came or went, to whom it belongs or to all alike."""
        trader = self._engine.trader
        names = [note.strategy] if note.strategy else sorted(trader.portfolio.transferred)
        for name, amount in shares(names, note.amount).items():
            entry = Entry(
                at=note.at, kind=EntryKind.TRANSFER, strategy=name, amount=amount,
                source="transfer", source_id=part_id(note.id, name),
            )  # fmt: skip
            if trader.portfolio.knows(entry.source, entry.source_id):
                continue
            trader.record.journal.append(entry)
            trader.portfolio.apply(entry)
            own = trader.sub_tallies.get(name)
            for tally in (trader.tally, own):
                if tally is not None:
                    tally.deposit(amount)
        way = "came into" if note.amount > 0 else "left"
        title = f"{abs(note.amount):.2f} {way} the account at the exchange"
        trader.record.alert(at, "info", "real_transfer", title, note.what.capitalize())

    # ------------------------------------------------------------ comparing

    async def compare(self) -> None:
        """Compare with the exchange now, every minute, and sooner when something is unclear."""
        while True:
            try:
                await self._compare_once()
            except QuarterdeckError as error:
                await self._not_compared(error)
            else:
                self._failed = 0
            await self._until_due()

    async def _until_due(self) -> None:
        """Wait a minute, or less when something is due; a whole account is costly to ask for."""
        clock, reconciler = self._engine.clock, self._broker.reconciler
        waited, least = 0.0, SOON_S if self._hurried < ROUNDS else LATER_S
        while waited < EVERY_S:
            await clock.sleep(SOON_S)
            waited += SOON_S
            if waited >= least and (reconciler.is_due or reconciler.money.is_due):
                self._hurried += 1
                return
        self._hurried = 0

    async def _not_compared(self, error: QuarterdeckError) -> None:
        log.warning("The account could not be compared: %s", error)
        self._failed += 1
        if self._failed == ROUNDS:
            title = "The account at the exchange cannot be compared with ours"
            await self._engine.alert("warn", "not_compared", title, str(error))

    async def _compare_once(self) -> None:
        """Compare, asking for executions where something differs, then take what money moved.

        Raises:
            QuarterdeckError: the exchange did not answer, or nonsense.
        """
        broker, real = self._broker, self._real
        reconciler, explained = broker.reconciler, set[str]()
        reconciler.skew_ms = real.reader.now() - self._engine.clock.now()
        for _ in range(ROUNDS):
            asked_at = self._engine.clock.now()
            snapshot = await real.reader.snapshot()
            await self._booked()
            ours = msgspec.structs.replace(snapshot, asked_at=asked_at)
            wanted = reconciler.compare(ours, explained)
            await self._booked()
            if not wanted:
                break
            for symbol in sorted(wanted - explained):
                await self._explain(symbol)
                explained.add(symbol)
        await self._take_money()
        real.differences = [
            {"subject": d.subject, "ours": d.ours, "theirs": d.theirs, "detail": d.detail}
            for d in reconciler.differences
        ]
        real.checked_at = reconciler.compared_at or None
        broker.poke()

    async def _explain(self, symbol: str) -> None:
        """Take the executions in *symbol*; those of orders we do not know with their orders."""
        reconciler = self._broker.reconciler
        trades = await self._real.reader.trades(symbol, reconciler.since)
        for trade in reconciler.traded(symbol, trades):
            order = await self._door.lookup(symbol, trade.order_id)
            reconciler.attribute(trade, order)
        await self._booked()

    async def _take_money(self) -> None:
        broker = self._broker
        money = broker.reconciler.money
        if self._real.view.modes.bnb_fees:
            with contextlib.suppress(ExchangeError):  # the last one will do
                broker.shop.bnb = await self._door.bnb_price()
        if money.since:
            money.take(await self._door.income(money.since))
        await self._booked()

    async def _booked(self) -> None:
        """Have what was reported booked before it is compared."""
        if self._broker.shop.reports or self._broker.shop.notes:
            if self._engine.trader.record.quiet:
                return
            await self._engine.between_steps(self._absorb)
