"""The two contracts of this folder: a feed yields, a broker submits and reports."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Protocol

from core.market import Instrument, MarketMessage, Step
from core.orders import Order, Report
from utils.clock import Clock


class MarketFeed(Protocol):
    """A market as steps in rising time.

    Attributes:
        kind: ``simulated`` or ``replay``.
        badge: what the page must show about reality, such as ``SIMULATED`` or ``REPLAY 60×``.
        market_id: identity of the tape; an account trades on one tape.
        instruments: the contracts it has, by symbol.

    Promise: the same tape and checkpoint give the same bars, however they are played.
    """

    kind: str
    badge: str
    market_id: str
    instruments: Mapping[str, Instrument]

    @property
    def next_at(self) -> int:
        """Return the engine time (ms) at which the next minute of the tape begins."""
        ...

    def resume(self, checkpoint: Mapping[str, Any] | None, now: int) -> None:
        """Continue after the step that *checkpoint* was taken at; None begins the tape.

        *now* is the engine time (ms): nothing is yielded as of a time before it. Funding that
        fell due within the minute that is resumed may come again; its own time tells it.
        """
        ...

    def past(self, until: int | None) -> Iterator[Step]:
        """Yield steps as fast as they are taken, before *until* (ms) or to the tape's end."""
        ...

    def live(self, clock: Clock) -> AsyncIterator[Step]:
        """Yield steps when *clock* reaches them, until the tape ends."""
        ...

    def checkpoint(self) -> dict[str, Any]:
        """Return where the last step that was taken stands, JSON-able and small."""
        ...

    def progress(self) -> float | None:
        """Return the share of the tape played, 0 to 1, or None when it has no end."""
        ...


class Broker(Protocol):
    """Takes orders and reports what becomes of them.

    Attributes:
        answers_later: whether what was taken is carried out elsewhere, and told later.

    Promise: `drain` tells everything, in order, once; a refused call changed nothing.
    """

    answers_later: bool

    def submit(self, order: Order) -> None:
        """Take an order.

        Raises:
            OrderRejected: nothing was traded.
        """
        ...

    def cancel(self, order_id: str, reason: str) -> None:
        """Take a resting order back.

        Raises:
            OrderRejected: it is not open.
        """
        ...

    def move(self, order_id: str, price: Decimal) -> None:
        """Give a resting order another limit or trigger price.

        Raises:
            OrderRejected: it is not open, or the price is not allowed.
        """
        ...

    def on_message(self, message: MarketMessage) -> None:
        """Match resting orders and positions against the newest of the market."""
        ...

    def drain(self) -> list[Report]:
        """Return the reports since the last call, oldest first."""
        ...

    def open_orders(self) -> list[Order]:
        """Return the resting orders, oldest first."""
        ...

    def restore(self, orders: Iterable[Order]) -> None:
        """Take back the orders that rested when the engine stopped."""
        ...

    def committed(self) -> None:
        """Take note that what was drained is stored: what waits to be sent may go."""
        ...

    def save(self) -> dict[str, Any]:
        """Return what `recall` needs beside the resting orders, JSON-able and small."""
        ...

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Take back what `save` returned at the last commit, before `restore`."""
        ...
