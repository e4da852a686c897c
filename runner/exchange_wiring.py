"""Everything of one start that has to do with an exchange: opened, prepared, watched, closed."""

import asyncio
import gc
import logging
from collections.abc import Coroutine
from random import Random
from typing import Any, Final

from exchange.real import choice
from exchange.real.client import ExchangeClient, VenueHealth
from exchange.real.errors import ExchangeError
from exchange.real.feed import ExchangeFeed
from exchange.real.names import ours
from exchange.real.stream import StreamHealth
from exchange.real.streams import Streams
from exchange.real.venue import Venue
from infra.settings import Settings
from runner.chores import beside
from runner.engine import Engine
from runner.exchange_states import ExchangeStates, Place, markets
from runner.real_account import RealAccount
from runner.recording import Recording
from utils.backoff import Backoff
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

REACH_S: Final = 5.0
AGAIN_S: Final = 60.0  # between two looks whether an exchange has come within reach
BASE_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 30.0
BEAT_S: Final = 1.0


class Outpost:
    """Our side of an exchange, whether it is in use, waited for or wished for.

    Attributes:
        feed: its market, None while the simulator stands in for it.
        client: the way to it, None until it was reached.
        account: the real account there, None when the broker is paper.
        streams: what follows the market, None until `follow`.
        recording: writes down what is heard, when that is wished.
        why: what keeps us from it, in one sentence; empty when nothing does.
        note: what should be known of the choice of this market, in one sentence; may be empty.
        back: is set when the engine is to begin anew, because the exchange is wished for.
    """

    def __init__(
        self, settings: Settings, clock: Clock, feed: ExchangeFeed | None = None, why: str = ""
    ) -> None:
        """Prepare; *why* says why the simulator stands in, when it does."""
        self.settings = settings
        self.feed = feed
        self.client: ExchangeClient | None = None
        self.account: RealAccount | None = None
        self.streams: Streams | None = None
        self.recording = Recording(settings, clock)
        self.back = asyncio.Event()
        self.why = why
        self.note = "" if feed is not None else why
        self._clock = clock

    @property
    def venue(self) -> Venue:
        """Return which exchange it is."""
        return venue_of(self.settings)

    @property
    def mode(self) -> str:
        """Return who carries orders out: paper, watch, testnet or live."""
        return self.settings.broker

    @property
    def place(self) -> Place:
        """Return what the page is told of it."""
        exchange = self.settings.exchange
        if self.feed is None:
            return Place(exchange, "simulated", retry=exchange)
        return Place(exchange, self.mode)

    # ------------------------------------------------------------ reaching it

    async def reach(self) -> None:
        """Connect, and take the rules of our symbols.

        Raises:
            ConfigError: the exchange has not all of them.
            ExchangeError: it cannot be used now.
        """
        if self.feed is None:
            return
        if self.client is None:
            self.client = await choice.reach(self.venue, self._clock, REACH_S)
        await self.recording.begin(self.client, self.feed.instruments)
        await self.feed.open(self.client)

    async def reach_patiently(self, engine: Engine) -> None:
        """Connect, however long it takes; what stands in the way is said."""
        backoff = Backoff(BASE_WAIT_S, LONGEST_WAIT_S, Random())  # noqa: S311 - jitter
        told = False
        while True:
            name = choice.name_of(self.settings.exchange)
            try:
                await self.reach()
            except ExchangeError as error:
                wait_s = 1 + backoff.next()
                why = choice.why_not(error)
                note = f"Waiting for {name}: {why}. New entries are stopped until it answers."
            else:
                self.why = ""
                if told:
                    await engine.alert("info", "exchange_back", f"{name} answers")
                return
            if not told:
                told = True
                await engine.alert("warn", "exchange_away", f"{name} cannot be used", note)
            self.why = note
            await engine.turn("running", note)
            await self._clock.sleep(wait_s)

    # ------------------------------------------------------------ while it runs

    def follow(self, rng: Random | None = None) -> None:
        """Begin to follow the market."""
        if self.feed is not None and self.client is not None and self.streams is None:
            self.streams = Streams(self.client, rng or Random())  # noqa: S311 - jitter
            self.feed.follow(self.streams)
            gc.freeze()  # looking for garbage in ccxt and the history would hold messages up

    def chores(self, engine: Engine) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on beside trading."""
        states = ExchangeStates(
            engine.publisher, self.place, self._stream_health, self._venue_health, self.why
        )
        engine.questions["connection"] = states.now
        engine.questions["markets"] = lambda args: markets(self.symbols(), args)
        works = [beside(engine, "The exchange's states", self._tell(states, engine))]
        if self.feed is None:
            works.append(beside(engine, "Looking for the exchange", self._look(engine)))
        feed = self.feed
        if feed is not None and self.settings.record:
            mind = self.recording.mind(engine, lambda: list(feed.instruments))
            works.append(beside(engine, "The recording", mind))
        if self.account is not None:
            works.append(beside(engine, "The account at the exchange", self.account.follow()))
            works.append(beside(engine, "The account's state", self.account.tell(engine)))
        return works

    def symbols(self) -> list[str]:
        """Return the symbols that the exchange has, ours by name; none before it was reached."""
        if self.client is None:
            return []
        found = self.client.api.markets.values()
        return sorted({ours(one["symbol"]) for one in found if _is_tradable(one)})

    async def _tell(self, states: ExchangeStates, engine: Engine) -> None:
        while True:
            states.note = self.why
            states.tell()
            await self._tell_notices(engine)
            await self._clock.sleep(BEAT_S)

    async def _tell_notices(self, engine: Engine) -> None:
        while self.feed is not None and self.feed.notices:
            detail = self.feed.notices.pop(0)
            await engine.alert("warn", "funding_differs", "Funding was settled otherwise", detail)

    async def _look(self, engine: Engine) -> None:
        """Say when the exchange, which the simulator stands in for, has come within reach."""
        name, first = choice.name_of(self.settings.exchange), self.why
        near = f"{name} answers again: try it. The simulated account stays as it is."
        while True:
            await self._clock.sleep(AGAIN_S)
            try:
                client = await choice.reach(self.venue, self._clock, REACH_S)
            except ExchangeError as error:
                log.debug("%s is still out of reach: %s", name, error)
                self.why = first
                continue
            await client.close()
            if self.why != near:
                await engine.alert("info", "exchange_near", f"{name} is within reach", near)
            self.why = near

    def _stream_health(self) -> list[StreamHealth]:
        found = [] if self.streams is None else self.streams.health()
        return found if self.account is None else [*found, self.account.health()]

    def _venue_health(self) -> VenueHealth | None:
        return None if self.client is None else self.client.health()

    async def close(self) -> None:
        """Let go of the exchange; no task is left."""
        self.recording.close()
        if self.feed is not None:
            await self.feed.close()
        if self.streams is not None:
            await self.streams.close()
        if self.account is not None:
            await self.account.close()
        elif self.client is not None:
            await self.client.close()


def venue_of(settings: Settings) -> Venue:
    """Return the exchange that *settings* ask for."""
    testnet = settings.broker == "testnet"
    return Venue(settings.exchange, testnet=testnet, url=settings.exchange_url)


def _is_tradable(market: dict[str, Any]) -> bool:
    if market.get("active") is False:
        return False
    return bool(market.get("linear") and market.get("swap")) or bool(market.get("spot"))
