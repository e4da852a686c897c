"""How long the market's messages take on their way into and through the engine."""

from dataclasses import dataclass, field
from typing import Any, Final

from core.market import Book, Step, Tick
from infra.vitals.hops import hop
from utils.spread import Spread

TIMED: Final = (Tick, Book)  # what bears the exchange's own time and is sent at once


@dataclass(slots=True)
class Trip:
    """Two hops of a message: from the exchange's stamp to us, and from there to the bus.

    Attributes:
        arrival: the stamp to its receipt, by two clocks of which ours is put right by the other.
        through: receipt to the bus, by one clock: traded on, committed, told.
        is_from_exchange: whether stamps are of another machine at all.
    """

    is_from_exchange: bool
    arrival: Spread = field(default_factory=Spread)
    through: Spread = field(default_factory=Spread)

    def arrived(self, step: Step, now: int) -> None:
        """Take note of *step* at engine time *now* (ms)."""
        if self.is_from_exchange:
            stamps = [one.at for one in step.messages if isinstance(one, TIMED)]
            if stamps:
                self.arrival.add(now - max(stamps))

    def hops(self) -> list[dict[str, Any]]:
        """Return both as the page is told of them."""
        silent = "Nothing came within the last minute."
        simulated = "Market data comes from this machine, not from an exchange."
        return [
            hop(
                "exchange_engine", "Exchange to engine", self.arrival,
                silent if self.is_from_exchange else simulated,
            ),
            hop("engine_bus", "Engine to bus, with the commit", self.through, silent),
        ]  # fmt: skip
