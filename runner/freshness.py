"""How old market data is, and the one alert when it becomes too old."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.market import Bar, Book, DayStats, Funding, MarketMessage, MarkPrice, Step, Tick

Kinds = tuple[type[MarketMessage], ...]
ANY: Kinds = (Bar, Tick, Book, MarkPrice, Funding, DayStats)
# What only a market that is heard right now can say; the rest may come from elsewhere.
HEARD: Kinds = (Tick, Book)


@dataclass(slots=True)
class Freshness:
    """Watches the time since the last market message on a clock that never goes back.

    Attributes:
        limit_s: real seconds after which new entries stop.
        seen_s: monotonic seconds of the newest message, None before the first.
        seen_at: engine clock of that message, ms.
        began_s: monotonic seconds of the first message.
        symbols: monotonic seconds of the newest message of each symbol.
        counted: kinds of messages that make prices fresh.
        ended: the tape is over, so silence is no fault.
        counts: messages so far of each symbol.
        refused: messages that made no sense, with the newest in words.
    """

    limit_s: float
    seen_s: float | None = None
    seen_at: int | None = None
    began_s: float | None = None
    symbols: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    counted: Kinds = ANY
    ended: bool = False
    stale: bool = False
    refused: int = 0
    refused_note: str = ""

    def saw_step(self, now_s: float, step: Step) -> None:
        """Take note of what *step* has that makes prices fresh."""
        counts = self.counts
        for message in step.messages:
            counts[message.symbol] = counts.get(message.symbol, 0) + 1
        symbols = {m.symbol for m in step.messages if isinstance(m, self.counted)}
        if symbols:
            self.saw(now_s, step.at, symbols)

    def saw(self, now_s: float, at: int, symbols: Iterable[str]) -> None:
        """Take note of a step of the market with messages of *symbols*."""
        if self.began_s is None:
            self.began_s = now_s
        self.seen_s, self.seen_at = now_s, at
        for symbol in symbols:
            self.symbols[symbol] = now_s

    def refuse(self, note: str) -> None:
        """Count a message that made no sense; *note* says why in words."""
        self.refused += 1
        self.refused_note = note

    def age_ms(self, now_s: float) -> int:
        """Return the milliseconds since the newest message; 0 before the first."""
        return 0 if self.seen_s is None else int((now_s - self.seen_s) * 1000)

    def symbol_age_ms(self, now_s: float, symbol: str) -> int:
        """Return the milliseconds since a message of *symbol*, or since the first of any."""
        seen_s = self.symbols.get(symbol, self.began_s)
        return 0 if seen_s is None else int((now_s - seen_s) * 1000)

    def turned(self, now_s: float) -> bool:
        """Return whether data became stale, or fresh again, since the last call."""
        stale = not self.ended and self.age_ms(now_s) > self.limit_s * 1000
        turned, self.stale = stale != self.stale, stale
        return turned

    def payload(self, at: int) -> dict[str, Any]:
        """Return the payload of the feed state."""
        waiting = "waiting" if self.seen_s is None else "live"
        # To the second: a feed that is well need not be told of with every message.
        seen_at = None if self.seen_at is None else self.seen_at - self.seen_at % 1000
        status = "ended" if self.ended else "stale" if self.stale else waiting
        return {
            "at": at,
            "status": status,
            "last_message_at": seen_at,
            "stale_after_ms": int(self.limit_s * 1000),
            "refused": self.refused,
            "refused_note": self.refused_note,
        }
