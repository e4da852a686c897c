"""One contract's book: what others offer at each price, and the accounts' own resting orders.

Prices are whole ticks and quantities whole steps. Every change takes the next update id; a diff
holds the changes since the last one with U, u and pu as USDT-M futures tell them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.exchange.venue.contracts import Contract


class Resting(Protocol):
    """An order that rests in the book."""

    ticks: int
    buys: bool

    @property
    def left(self) -> int:
        """Return the steps that are not filled yet."""
        ...


@dataclass(slots=True)
class Hit:
    """A part of a match: *steps* at *ticks*, against *order* or, where it is None, others."""

    ticks: int
    steps: int
    order: Any = None
    trade_id: int = 0


@dataclass
class Side:
    """The bids or the asks."""

    buys: bool
    others: dict[int, int] = field(default_factory=dict)
    own: dict[int, list[Any]] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)

    def shown(self, ticks: int) -> int:
        """Return all steps offered at *ticks*."""
        own: int = sum(one.left for one in self.own.get(ticks, ()))
        return self.others.get(ticks, 0) + own

    def best(self) -> int | None:
        """Return the best price with an offer."""
        prices = self.others.keys() | self.own.keys()
        if not prices:
            return None
        return max(prices) if self.buys else min(prices)

    def prices(self) -> list[int]:
        """Return all prices, best first."""
        return sorted(self.others.keys() | self.own.keys(), reverse=self.buys)


class Book:
    """Both sides and the update ids; *next_id* is shared by all contracts."""

    def __init__(self, contract: Contract, next_id: Callable[[], int]) -> None:
        self.contract = contract
        self.bids = Side(buys=True)
        self.asks = Side(buys=False)
        self._next_id = next_id
        self.last_id = next_id()
        self._told_id = self.last_id
        self._first_id: int | None = None

    def side(self, *, buys: bool) -> Side:
        """Return the bids, or the asks."""
        return self.bids if buys else self.asks

    def touch(self, side: Side, ticks: int) -> None:
        """Note that the level *ticks* changed."""
        self.last_id = self._next_id()
        if self._first_id is None:
            self._first_id = self.last_id
        side.touched.add(ticks)

    def offer(self, side: Side, ticks: int, steps: int) -> None:
        """Let others offer *steps* at *ticks*; none takes the level away."""
        if steps > 0:
            side.others[ticks] = steps
        elif side.others.pop(ticks, None) is None:
            return
        self.touch(side, ticks)

    def rest(self, order: Resting) -> None:
        """Put *order* behind what is offered at its price."""
        side = self.side(buys=order.buys)
        side.own.setdefault(order.ticks, []).append(order)
        self.touch(side, order.ticks)

    def remove(self, order: Resting) -> None:
        """Take *order* out, if it rests here."""
        side = self.side(buys=order.buys)
        queue = side.own.get(order.ticks, [])
        if order in queue:
            queue.remove(order)
            if not queue:
                del side.own[order.ticks]
            self.touch(side, order.ticks)

    def hit(self, *, buys: bool, limit: int | None, steps: int | None) -> Hit | None:
        """Return the next part of a match of up to *steps*, no worse than *limit*, or None.

        Others' offers at a price go before the accounts' orders. What others offered is taken
        away here; a hit order stays: the caller fills or removes it before the next hit.
        """
        side = self.side(buys=not buys)
        ticks = side.best()
        if ticks is None or steps == 0:
            return None
        if limit is not None and (ticks > limit if buys else ticks < limit):
            return None
        others = side.others.get(ticks, 0)
        if others:
            taken = others if steps is None else min(others, steps)
            self.offer(side, ticks, others - taken)
            return Hit(ticks, taken)
        order = side.own[ticks][0]
        return Hit(ticks, order.left if steps is None else min(order.left, steps), order)

    def diff(self) -> dict[str, Any] | None:
        """Return the changes since the last diff, without event times, or None."""
        if self._first_id is None:
            return None
        told = {
            "s": self.contract.id, "U": self._first_id, "u": self.last_id, "pu": self._told_id,
            "b": self._levels(self.bids, sorted(self.bids.touched, reverse=True)),
            "a": self._levels(self.asks, sorted(self.asks.touched)),
        }  # fmt: skip
        self.bids.touched.clear()
        self.asks.touched.clear()
        self._first_id, self._told_id = None, self.last_id
        return told

    def snapshot(self, limit: int = 1000) -> dict[str, Any]:
        """Return the best *limit* levels of both sides, without times."""
        return {
            "lastUpdateId": self.last_id,
            "bids": self._levels(self.bids, self.bids.prices()[:limit]),
            "asks": self._levels(self.asks, self.asks.prices()[:limit]),
        }

    def _levels(self, side: Side, prices: list[int]) -> list[list[str]]:
        price, qty = self.contract.price, self.contract.qty
        return [[str(price(ticks)), str(qty(side.shown(ticks)))] for ticks in prices]
