"""One contract's market: the walk drives it, others' orders fill the book, trades come of both."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final

from tests.exchange.venue import tellings
from tests.exchange.venue.book import Book, Hit, Side
from tests.exchange.venue.contracts import Contract
from tests.exchange.venue.funding import FundingBook, next_time
from tests.exchange.venue.history import MINUTE_MS, Candle, History
from tests.exchange.venue.hub import Hub
from tests.exchange.venue.walk import Walk, mix

_EIGHT: Final = Decimal("0.00000001")
_LEVELS: Final = 30


@dataclass
class Activity:
    """How busy the others are: what they do in every step, for each contract."""

    levels: int = 30  # offers on each side of the book
    changes: int = 6  # of them that change in a step
    trades: float = 0.7  # mean number of trades, beside those of moves
    jitter: float = 0.00002  # how far the price shakes about the walk
    still: bool = False  # nobody does anything
    turns: bool = False  # in each step another contract is busy, as where each has its own crowd


class Pair:
    """The market of one contract. *on_hit(order, hit)* fills an account's resting order."""

    def __init__(
        self, contract: Contract, seed: int, next_id: Callable[[], int], hub: Hub, now: int
    ) -> None:
        own_seed = mix(seed * 7919 + int.from_bytes(contract.id.encode(), "big"))
        self.contract = contract
        self.name = contract.id.lower()  # as streams call it
        self.hub = hub
        self.random = Random(own_seed)
        self.walk = Walk(own_seed, float(contract.start_price))
        self.history = History(contract, self.walk, own_seed)
        self.book = Book(contract, next_id)
        self.funding = FundingBook(own_seed)
        self.next_funding = next_time(now)
        self.trade_id = now // 10
        self.last = self.mid = round(self.walk.at(now) / float(contract.tick))
        self.last_qty = 1
        self.mark = self.index = self.exact_price(self.mid)
        self.on_hit: Callable[[Any, Hit, int], None] = lambda _order, _hit, _now: None
        self._jitter = 0.0
        self._best: tuple[Any, ...] = ()
        self._grid = max(1, round(self.mid * 1e-5))
        self.candle(now)

    def exact_price(self, ticks: int) -> Decimal:
        """Return *ticks* as a price with eight decimals."""
        return self.contract.price(ticks).quantize(_EIGHT)

    def candle(self, now: int) -> Candle:
        """Return the candle of the minute *now* is in."""
        minute = now // MINUTE_MS * MINUTE_MS
        lived = self.history.lived
        if minute not in lived:
            lived[minute] = self.history.candles(MINUTE_MS, minute, 1, now)[0]
        return lived[minute]

    def go_to(self, price: Decimal | float | str, now: int) -> None:
        """Move the market to *price* at once, through every order on the way; the walk follows."""
        ticks = round(Decimal(str(price)) / self.contract.tick)
        self.walk.shift(now, ticks * float(self.contract.tick) / self.walk.at(now))
        self._jitter = 0.0
        self._move(ticks, _LEVELS, now)
        self.value(now)

    def restock(self, now: int) -> None:
        """Let others offer again where the market is."""
        self._move(self.mid, _LEVELS, now)

    def step(self, now: int, activity: Activity) -> None:
        """Let the others act once at *now*."""
        self.candle(now)
        if activity.still:
            return
        self._jitter = 0.9 * self._jitter + self.random.gauss(0, activity.jitter)
        ticks = round(self.walk.at(now) * (1 + self._jitter) / float(self.contract.tick))
        self._move(ticks, activity.levels, now)
        for _ in range(activity.changes):
            self._change(activity.levels)
        whole = int(activity.trades)
        for _ in range(whole + (self.random.random() < activity.trades - whole)):
            self._trade(now)

    def value(self, now: int) -> None:
        """Set index and mark price from the middle of the book."""
        middle = self.contract.tick * (2 * self.mid + 1) / 2
        self.index = (middle * Decimal("0.9999")).quantize(_EIGHT)
        premium = Decimal(mix(now // 60_000) % 100).scaleb(-6)
        self.mark = (self.index * (1 + premium)).quantize(_EIGHT)

    def print(self, ticks: int, steps: int, *, buyer_takes: bool, now: int) -> int:
        """Put a trade on the tape and return its id."""
        self.trade_id += 1
        self.last, self.last_qty = ticks, steps
        self.candle(now).add(ticks, steps, self.trade_id, buyer_takes=buyer_takes)
        trade = (self.contract, self.trade_id, ticks, steps)
        self.hub.publish(
            f"{self.name}@trade", lambda: tellings.trade(*trade, now, buyer_takes=buyer_takes)
        )
        self.hub.publish(
            f"{self.name}@aggTrade",
            lambda: tellings.agg_trade(*trade, now, buyer_takes=buyer_takes),
        )
        return self.trade_id

    def tell_book(self, now: int) -> None:
        """Publish what changed in the book since the last time."""
        best = self._bests()
        diff = self.book.diff()
        if diff is None:
            return
        diff = {"e": "depthUpdate", "E": now, "T": now - 1, **diff}
        for speed in ("", "@0ms", "@100ms", "@250ms", "@500ms"):
            self.hub.publish(f"{self.name}@depth{speed}", lambda: diff)
            for levels in (5, 10, 20):
                make = partial(tellings.partial, self.book, levels, diff)
                self.hub.publish(f"{self.name}@depth{levels}{speed}", make)
        if best != self._best:
            self._best = best
            self.hub.publish(f"{self.name}@bookTicker", lambda: tellings.best(self.book, now))

    def _bests(self) -> tuple[Any, ...]:
        found = []
        for side in (self.book.bids, self.book.asks):
            ticks = side.best()
            found.append((ticks, 0 if ticks is None else side.shown(ticks)))
        return tuple(found)

    def _move(self, ticks: int, levels: int, now: int) -> None:
        self.mid = ticks
        self._sweep(buys=True, limit=ticks, now=now)
        self._sweep(buys=False, limit=ticks + 1, now=now)
        if abs(self.last - ticks) > 2 * self._grid:  # beyond the book: it trades there, too
            rises = ticks > self.last
            self.print(ticks + rises, 1, buyer_takes=rises, now=now)
        self._stock(self.book.bids, ticks, -1, levels)
        self._stock(self.book.asks, ticks + 1, 1, levels)

    def _sweep(self, *, buys: bool, limit: int, now: int) -> None:
        while hit := self.book.hit(buys=buys, limit=limit, steps=None):
            self._take(hit, buys=buys, now=now)

    def _take(self, hit: Hit, *, buys: bool, now: int) -> None:
        if hit.order is None:
            self.print(hit.ticks, hit.steps, buyer_takes=buys, now=now)
        else:
            self.on_hit(hit.order, hit, now)

    def _stock(self, side: Side, best: int, away: int, levels: int) -> None:
        if best not in side.others:
            self.book.offer(side, best, self._size())
        first = (best // self._grid + (away > 0)) * self._grid
        wanted = range(first, first + away * levels * self._grid, away * self._grid)
        for ticks in wanted:
            if ticks not in side.others:
                self.book.offer(side, ticks, self._size())
        far = first + away * 3 * levels * self._grid
        for ticks in [one for one in side.others if (one - far) * away > 0]:
            self.book.offer(side, ticks, 0)

    def _size(self) -> int:
        """Return a number of steps worth some thousands."""
        worth = float(self.contract.tick * self.contract.step) * self.mid
        return max(1, round(self.random.lognormvariate(8.5, 1.0) / worth))

    def _change(self, levels: int) -> None:
        side = self.random.choice((self.book.bids, self.book.asks))
        prices = list(side.others)
        ticks = prices[self.random.randrange(min(len(prices), levels))]
        self.book.offer(side, ticks, self._size())

    def _trade(self, now: int) -> None:
        buys = self.random.random() < 0.5
        hit = self.book.hit(buys=buys, limit=None, steps=max(1, self._size() // 8))
        if hit is not None:
            self._take(hit, buys=buys, now=now)
