"""How an account's stream is doing: its state, what it has brought, what went wrong."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from exchange.real.stream import StreamHealth

RATE_MS: Final = 10_000


@dataclass(slots=True)
class StreamCounts:
    """Counts of one stream since the start.

    Attributes:
        state: connecting, live, waiting or stopped.
        last_at: our time (ms) of the newest message, None before the first.
        messages: heard.
        reconnects: connections after the first.
        gaps: times something was heard that only REST could tell.
        duplicates: executions and payments that came again.
        error: the newest trouble, in words.
    """

    state: str = "connecting"
    last_at: int | None = None
    messages: int = 0
    reconnects: int = 0
    gaps: int = 0
    duplicates: int = 0
    error: str = ""
    _recent: deque[int] = field(default_factory=lambda: deque(maxlen=1_000))

    def heard(self, now: int) -> None:
        """Count a message that came at our time *now* (ms)."""
        self.last_at = now
        self.messages += 1
        self._recent.append(now)

    def health(self, now: int) -> StreamHealth:
        """Return how the stream is, as the others are told of."""
        recent = sum(at > now - RATE_MS for at in self._recent)
        return StreamHealth(
            name="account", kind="user", symbol="", state=self.state, last_at=self.last_at,
            messages=self.messages, rate_per_s=1000 * recent / RATE_MS, gaps=self.gaps,
            reconnects=self.reconnects, duplicates=self.duplicates, error=self.error,
        )  # fmt: skip
