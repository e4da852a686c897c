"""One stream: what it is, what it has brought, and what of it is new."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from exchange.real.decode import book_rank, ticker_rank

RATE_OVER_S: Final = 10  # seconds
REMEMBERED: Final = 2_000  # ids of trades
DEAF_AGAIN_MS: Final = 600_000


@dataclass(frozen=True, slots=True)
class Kind:
    """What is normal for a kind of stream.

    ``stale_after_s`` of silence make it stale. ``deaf_after_s`` do so although its connection
    brings other things: then its subscription is lost; None where quiet markets are as silent.
    ``rank`` gives a number that rises from message to message, 0 for one that tells none.
    """

    stale_after_s: float
    deaf_after_s: float | None = None
    rank: Callable[[Mapping[str, Any]], int] | None = None


KINDS: Final = {
    "ticker": Kind(5.0, None, ticker_rank),
    "book": Kind(5.0, 120.0, book_rank),
    "trades": Kind(60.0),
    "candles": Kind(70.0),
    "mark": Kind(5.0, 30.0, ticker_rank),
    "day": Kind(60.0, None, ticker_rank),
    "user": Kind(float("inf")),
}


class StreamHealth(msgspec.Struct, frozen=True):
    """How a stream is; ``state`` is connecting, live, stale, waiting or stopped.

    ``last_at`` is our time of its newest message (ms), None before the first. ``gaps`` were
    mended by a snapshot; ``duplicates`` came twice or too late and were left out.
    """

    name: str
    kind: str
    symbol: str
    state: str
    last_at: int | None
    messages: int
    rate_per_s: float
    reconnects: int
    gaps: int
    duplicates: int
    error: str


@dataclass(slots=True)
class Stream:
    """What is known of one stream.

    Promise: `sift` never lets through what is older than what it let through since `begin`.
    """

    name: str
    kind: str
    symbol: str
    watch: Callable[[], Awaitable[Any]]
    take: Callable[[Any], None]
    resync: Callable[[], Awaitable[None]] | None = None
    state: str = "connecting"
    last_at: int | None = None
    messages: int = 0
    reconnects: int = 0
    gaps: int = 0
    duplicates: int = 0
    spoilt: int = 0  # messages that could not be used
    audits: int = 0  # comparisons of its book
    error: str = ""
    book: str | None = None  # ccxt's symbol of the book that it keeps
    _live_since: int | None = None
    _broken: bool = False
    _rank: int = 0
    _deaf_at: int = 0
    _begun_at: int = 0
    _ids: dict[str, None] = field(default_factory=dict)
    _counts: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=RATE_OVER_S + 1))

    def begin(self) -> None:
        """Wait for the first message of a new connection."""
        self.state, self._live_since, self._rank, self._begun_at = "connecting", None, 0, 0

    def gap(self) -> None:
        """Note that messages were missing."""
        self.gaps += 1
        self.state = "waiting"
        self.error = "messages were missing; a snapshot was taken"

    def fail(self, error: str) -> None:
        """Note that it broke."""
        self.state, self.error, self._broken = "waiting", error, True

    def sift(self, payload: Any, now: int) -> Any:
        """Return what is new of *payload*, or None; every arrival counts as a sign of life."""
        fresh = self._trades(payload) if self.kind == "trades" else self._newer(payload)
        if self._live_since is None:
            self._live_since = now
            self.reconnects += self._broken
            self._broken = False
        self.state, self.last_at = "live", now
        return fresh

    def _newer(self, payload: Any) -> Any:
        rank_of = self._kind.rank
        self.messages += 1
        if rank_of is None or not isinstance(payload, Mapping):
            return payload
        if self.kind == "book":
            self.book = payload.get("symbol")
        rank = rank_of(payload)
        if rank and rank <= self._rank:
            self.duplicates += 1
            return None
        self._rank = rank
        return payload

    def _trades(self, trades: Any) -> list[Any] | None:
        fresh = [trade for trade in trades if self._is_new(trade)]
        self.messages += len(trades)
        self.duplicates += len(trades) - len(fresh)
        return fresh or None

    def _is_new(self, trade: Mapping[str, Any]) -> bool:
        """Return whether a trade was not told before and is not older than the newest."""
        number, at = str(trade.get("id") or ""), int(trade.get("timestamp") or 0)
        rank = int(number) if number.isdecimal() else at
        counts_up = number.isdecimal()
        if rank < self._rank or (counts_up and rank == self._rank):
            return False
        if number and not counts_up:
            if number in self._ids:
                return False
            self._ids[number] = None
            while len(self._ids) > REMEMBERED:
                del self._ids[next(iter(self._ids))]
        self._rank = rank
        return True

    @property
    def _kind(self) -> Kind:
        return KINDS[self.kind]

    def tick(self, now: int) -> None:
        """Count for the rate; called about once a second with our time (ms)."""
        self._counts.append((now, self.messages))
        self._begun_at = self._begun_at or now

    def live_for_s(self, now: int) -> float:
        """Return for how many seconds it has been live."""
        return 0.0 if self._live_since is None else (now - self._live_since) / 1000

    def is_stale(self, now: int) -> bool:
        """Return whether it has been silent for longer than is normal."""
        return self._silent_s(now) > self._kind.stale_after_s

    def is_deaf(self, now: int) -> bool:
        """Return whether its subscription seems lost; True at most every ten minutes."""
        limit_s = self._kind.deaf_after_s
        if limit_s is None or self._silent_s(now) <= limit_s or now - self._deaf_at < DEAF_AGAIN_MS:
            return False
        self._deaf_at = now
        return True

    def _silent_s(self, now: int) -> float:
        """Return for how long nothing came although it should be live."""
        if self.state not in {"live", "connecting"}:
            return 0.0
        since = self.last_at if self._live_since is not None else self._begun_at
        return (now - since) / 1000 if since else 0.0

    def health(self, now: int) -> StreamHealth:
        """Return how it is."""
        state = "stale" if self.state == "live" and self.is_stale(now) else self.state
        rate = 0.0
        if self._counts and now > self._counts[0][0]:
            began, before = self._counts[0]
            rate = (self.messages - before) * 1000 / (now - began)
        return StreamHealth(
            self.name, self.kind, self.symbol, state, self.last_at, self.messages, round(rate, 2),
            self.reconnects, self.gaps, self.duplicates, self.error,
        )  # fmt: skip
