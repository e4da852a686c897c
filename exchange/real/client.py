"""The one door to an exchange: ccxt opened, pointed, guarded and timed."""

import asyncio
import copy
import decimal
import logging
import re
from contextlib import suppress
from importlib import import_module
from random import Random
from types import MappingProxyType
from typing import Any, Final, Self

import msgspec

from core.errors import ConfigError
from exchange.real.connections import Connections
from exchange.real.errors import (
    CLOCK_CODE,
    ExchangeError,
    Maintenance,
    Unreachable,
    translated,
)
from exchange.real.guard import URGENT, WEIGHT_LIMIT, Guard
from exchange.real.keys import Keys
from exchange.real.skew import Skew
from exchange.real.taps import Tap
from exchange.real.venue import Venue
from utils.backoff import Backoff
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

SKEW_EVERY_S: Final = 180.0
ATTEMPTS: Final = 3  # of a question
BASE_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 8.0
TIMEOUT_MS: Final = 10_000
_NOTHING: Final = MappingProxyType[str, Any]({})
READS: Final = re.compile(r"fetch|load|[a-z]*(?:public|private|sapi)(?:v\d)?get")

# What is Binance's own: the ids of ccxt that share its ways, and how to use few connections.
BINANCE: Final = ("binance", "binanceusdm", "binancecoinm")
BINANCE_OPTIONS: Final = {
    "fetchCurrencies": False,  # else keys make it ask the wallet's side for every coin
    "streamLimits": dict.fromkeys(("spot", "margin", "linear", "inverse"), 2),
    "ws": {"cost": 3},  # at most 7 subscriptions a second and connection: Binance allows 10
}


class VenueHealth(msgspec.Struct, frozen=True):
    """How the exchange is, for the page; ``note`` says what is wrong, in one sentence."""

    exchange: str
    reachable: bool
    skew_ms: int | None
    round_trip_ms: int | None
    used_weight: int
    weight_limit: int | None
    banned_until: int | None
    connections: int
    garbled: int
    note: str


class ExchangeClient:
    """An exchange as ccxt speaks with it.

    Promise: nothing is sent while the exchange wants silence; what goes wrong is told as an
    `ExchangeError`; only questions are asked again. ccxt's arithmetic cannot touch ours.

    Attributes:
        api: the ccxt.pro exchange. Await its REST methods through `call`; streams watch it.
        venue: which it is.
        clock: ours; it must run by itself, for the difference of the clocks is measured anew
            every few minutes.
        connections: its websocket connections.
    """

    def __init__(self, venue: Venue, clock: Clock, api: Any, connections: Connections) -> None:
        """Take what `open` has made."""
        self.venue = venue
        self.clock = clock
        self.api = api
        self.connections = connections
        self._rng = Random()  # noqa: S311 - jitter
        self._measuring = asyncio.Lock()
        self._timing = asyncio.create_task(self._keep_time(), name="clock of the exchange")

    @classmethod
    async def open(cls, venue: Venue, clock: Clock, keys: Keys | None = None) -> Self:
        """Return a client that has not asked anything yet; `close` it.

        Raises:
            ConfigError: ccxt knows no such exchange, or it has no testnet.
        """
        # ccxt takes a second or two to import: others go on meanwhile
        wire = await asyncio.to_thread(import_module, "exchange.real.wire")
        is_binance = venue.id in BINANCE
        guard = Guard(clock, WEIGHT_LIMIT if is_binance else None)
        connections = Connections(clock, guard, Skew(clock))
        config: dict[str, Any] = {"enableRateLimit": True, "timeout": TIMEOUT_MS}
        if is_binance:
            config["options"] = copy.deepcopy(BINANCE_OPTIONS)
        if keys is not None:
            config |= {"apiKey": keys.key, "secret": keys.secret}
        api = wire.tapped(venue.id, config, connections)
        try:
            wire.point(api, venue, demo=is_binance)
        except ConfigError:
            await api.close()
            raise
        return cls(venue, clock, api, connections)

    async def call(self, method: str, *args: Any, **kw: Any) -> Any:
        """Return the answer of ccxt's *method*, such as ``fetch_ohlcv``.

        A question is asked up to three times; what may change something is sent once.

        Raises:
            ExchangeError: it was not answered; the class says what that means.
        """
        if READS.match(method.lower().replace("_", "")) is None:
            return await self._send(method, args, kw, writes=True)
        backoff = Backoff(BASE_WAIT_S, LONGEST_WAIT_S, self._rng)
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._send(method, args, kw)
            except ExchangeError as error:
                if not isinstance(error, (Unreachable, Maintenance)) and error.code != CLOCK_CODE:
                    raise
            await self.clock.sleep(backoff.next())
        return await self._send(method, args, kw)

    async def _send(
        self, method: str, args: Any = (), kw: Any = _NOTHING, *, writes: bool = False
    ) -> Any:
        """Send one request, in a decimal context of its own: ccxt leaves its rounding behind.

        Raises:
            ExchangeError: it was not answered.
        """
        urgent = URGENT.set(writes)
        try:
            with decimal.localcontext():
                answer = await getattr(self.api, method)(*args, **kw)
        except Exception as error:  # noqa: BLE001 - ccxt raises what it likes
            found = translated(error, writes=writes, now=self.clock.now())
        else:
            return answer
        finally:
            URGENT.reset(urgent)
        if found.code == CLOCK_CODE and method != "fetch_time":
            with suppress(ExchangeError):
                await self.measure_skew()
        raise found  # without ccxt's own error: its text has signatures and listen keys

    async def measure_skew(self) -> None:
        """Measure the difference of the clocks, and correct signed requests by it.

        Raises:
            ExchangeError: the exchange does not answer; the old difference stays.
        """
        if not self.api.has.get("fetchTime"):
            return
        skew = self.connections.skew
        async with self._measuring:
            pause_s = 0.0 if self.connections.guard.limit else self.api.rateLimit / 1000
            await skew.measure(lambda: self._send("fetch_time"), pause_s)
            self.connections.guard.skew_ms = skew.ms or 0
        if "timeDifference" in self.api.options:
            # ccxt subtracts this from the machine's clock, which need not be ours
            ahead = self.api.milliseconds() - self.clock.now()
            self.api.options["timeDifference"] = ahead - (skew.ms or 0)

    async def _keep_time(self) -> None:
        while True:
            await self.clock.sleep(SKEW_EVERY_S)
            if self.skew_ms is not None:
                with suppress(ExchangeError):
                    await self.measure_skew()

    def to_local(self, at: int | None) -> int:
        """Return our time for the exchange's *at* (ms), never later than now; None is now."""
        return self.connections.skew.to_local(at)

    @property
    def taps(self) -> list[Tap]:
        """Return who listens on the wire; add to it, remove from it."""
        return self.connections.taps

    @property
    def skew_ms(self) -> int | None:
        """Return the exchange's clock minus ours, None before it was measured."""
        return self.connections.skew.ms

    @property
    def round_trip_ms(self) -> int | None:
        """Return how long a question and its answer took when the clocks were compared."""
        return self.connections.skew.round_trip_ms

    @property
    def used_weight(self) -> int:
        """Return the weight used in the running minute, as the exchange said last."""
        return self.connections.guard.used()

    @property
    def banned_until(self) -> int | None:
        """Return our time before which nothing is sent, None when all is well."""
        return self.connections.guard.banned_until

    def health(self) -> VenueHealth:
        """Return how the exchange is."""
        guard = self.connections.guard
        return VenueHealth(
            exchange=self.venue.id,
            reachable=bool(self.connections.reachable),
            skew_ms=self.skew_ms,
            round_trip_ms=self.round_trip_ms,
            used_weight=guard.used(),
            weight_limit=guard.limit,
            banned_until=guard.banned_until,
            connections=len(self.api.clients or {}),
            garbled=self.connections.garbled.total(),
            note=self.connections.trouble,
        )

    async def close(self) -> None:
        """Close every connection; no task is left."""
        self._timing.cancel()
        with suppress(asyncio.CancelledError):
            await self._timing
        await self.api.close()
