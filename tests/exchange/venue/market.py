"""The market of all contracts: a step at a time by hand, or by itself at a rate."""

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from itertools import count

from tests.exchange.venue import tellings
from tests.exchange.venue.clock import VenueClock
from tests.exchange.venue.contracts import contract
from tests.exchange.venue.funding import INTERVAL_MS
from tests.exchange.venue.history import MINUTE_MS, interval_ms, kline_event
from tests.exchange.venue.hub import Hub
from tests.exchange.venue.pair import Activity, Pair


class Market:
    """All pairs, by contract id; *rate_hz* 0 means that only `step` moves it."""

    def __init__(
        self, symbols: Iterable[str], seed: int, clock: VenueClock, hub: Hub, rate_hz: float
    ) -> None:
        self.clock = clock
        self.hub = hub
        self.rate_hz = rate_hz
        self.activity = Activity()
        self.after_step: list[Callable[[int], None]] = []
        self.on_funding: list[Callable[[Pair, int, Decimal, Decimal], None]] = []
        self._ids = count(5_123_107_832_006)
        self._seed = seed
        self.now = clock.now
        self.pairs: dict[str, Pair] = {}
        for symbol in symbols:
            self.add(symbol)
        self._minute = self.now() // MINUTE_MS
        self._second = 0
        self._turn = 0
        self._told: dict[int, int] = {}

    def __getitem__(self, symbol: str) -> Pair:
        """Return the pair *symbol*, written as ``BTCUSDT``, ``BTC/USDT`` or ``BTC/USDT:USDT``."""
        return self.pairs[symbol.partition(":")[0].replace("/", "").upper()]

    def add(self, symbol: str) -> Pair:
        """List another contract."""
        symbol = symbol.partition(":")[0].replace("/", "")
        pair = Pair(contract(symbol), self._seed, lambda: next(self._ids), self.hub, self.now())
        self.pairs[symbol] = pair
        pair.step(self.now(), self.activity)
        pair.value(self.now())
        pair.book.diff()
        return pair

    def go_to(self, symbol: str, price: Decimal | float | str) -> None:
        """Move *symbol* to *price* at once, and let everything follow from it."""
        self[symbol].go_to(price, self.now())
        self._finish(self.now())

    def step(self, steps: int = 1, *, ms: int = 0) -> None:
        """Let the market live *steps* times, each *ms* later than the one before."""
        for _ in range(steps):
            self.clock.advance(ms)
            now = self.now()
            self._roll_minutes(now)
            for pair in self._busy():
                pair.step(now, self.activity)
            self._finish(now)

    def _busy(self) -> list[Pair]:
        pairs = list(self.pairs.values())
        if not self.activity.turns:
            return pairs
        self._turn = (self._turn + 1) % len(pairs)
        return [pairs[self._turn]]

    async def run(self) -> None:
        """Live on, `rate_hz` steps a second of real time."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self.rate_hz:
                self.step()
            due = max(due + 1 / (self.rate_hz or 20), loop.time() - 1)
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _finish(self, now: int) -> None:
        new_second = now // 1000 != self._second or not self.rate_hz
        self._second = now // 1000
        for place, pair in enumerate(self.pairs.values()):
            if new_second:
                pair.value(now)
                self._tell_mark(pair, now)
            if self._is_due(place, now) if self.activity.turns else new_second:
                self._tell_slow(pair, now)
            pair.tell_book(now)
            self._settle_funding(pair, now)
        if new_second:
            self._tell_all(now)
        for listener in self.after_step:
            listener(now)

    def _is_due(self, place: int, now: int) -> bool:
        """Tell whether the contract at *place* has its turn, and told nothing for a second."""
        if place != self._turn or now - self._told.get(place, 0) < 1000:
            return False
        self._told[place] = now
        return True

    def _tell_mark(self, pair: Pair, now: int) -> None:
        for speed in ("", "@1s"):
            self.hub.publish(f"{pair.name}@markPrice{speed}", lambda: tellings.mark(pair, now))

    def _tell_slow(self, pair: Pair, now: int) -> None:
        publish = self.hub.publish
        publish(f"{pair.name}@miniTicker", lambda: tellings.mini_ticker(pair, now))
        publish(f"{pair.name}@ticker", lambda: tellings.ticker(pair, now))
        for text in self.hub.intervals(pair.name):
            start = now // interval_ms(text) * interval_ms(text)
            self._tell_candle(pair, text, start, closed=False)

    def _tell_all(self, now: int) -> None:
        pairs = self.pairs.values()
        for speed in ("", "@1s"):
            self.hub.publish(
                f"!markPrice@arr{speed}", lambda: [tellings.mark(one, now) for one in pairs]
            )
        self.hub.publish(
            "!miniTicker@arr", lambda: [tellings.mini_ticker(one, now) for one in pairs]
        )
        self.hub.publish("!ticker@arr", lambda: [tellings.ticker(one, now) for one in pairs])

    def _tell_candle(self, pair: Pair, text: str, start: int, *, closed: bool) -> None:
        now = self.now()
        for candle in pair.history.candles(interval_ms(text), start, 1, now):
            make = partial(kline_event, pair.contract, candle, text, now, closed=closed)
            self.hub.publish(f"{pair.name}@kline_{text}", make)

    def _roll_minutes(self, now: int) -> None:
        minute = now // MINUTE_MS
        for closing in range(max(self._minute, minute - 1500), minute):
            end = (closing + 1) * MINUTE_MS
            for pair in self.pairs.values():
                for text in self.hub.intervals(pair.name):
                    if end % interval_ms(text) == 0:
                        self._tell_candle(pair, text, end - interval_ms(text), closed=True)
        self._minute = minute

    def _settle_funding(self, pair: Pair, now: int) -> None:
        while now >= pair.next_funding:
            at = pair.next_funding
            rate = pair.funding.rate(at)
            pair.funding.settled[at] = (rate, pair.mark)
            pair.next_funding = at + INTERVAL_MS
            for listener in self.on_funding:
                listener(pair, at, rate, pair.mark)
