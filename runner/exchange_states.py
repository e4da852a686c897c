"""What the page is told of the exchange: its streams, and how it answers.

`ExchangeStates.tell` is asked about once a second and touches only what one would look for: a
stream that works says nothing new, whatever its messages. Exact ages and counts are in
`ExchangeStates.now`, for who asks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from runner.payloads import Data
from runner.publisher import Publisher

CALM_S: Final = 3.0  # between two tellings of one state, unless it is another one
REFRESHED_S: Final = 60.0
SKEW_STEP_MS: Final = 50
TRIP_STEP_MS: Final = 100
WEIGHT_STEP: Final = 0.1  # of the limit
MARKETS_SHOWN: Final = 50


class StreamHealth(Protocol):
    """How a stream is, as ``exchange.real.streams`` says it."""

    @property
    def name(self) -> str: ...  # noqa: D102 - the fields of the event `stream`
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def symbol(self) -> str: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def last_at(self) -> int | None: ...  # noqa: D102
    @property
    def messages(self) -> int: ...  # noqa: D102
    @property
    def rate_per_s(self) -> float: ...  # noqa: D102
    @property
    def reconnects(self) -> int: ...  # noqa: D102
    @property
    def gaps(self) -> int: ...  # noqa: D102
    @property
    def duplicates(self) -> int: ...  # noqa: D102
    @property
    def error(self) -> str: ...  # noqa: D102


class VenueHealth(Protocol):
    """How the exchange answers, as ``exchange.real.client`` says it."""

    @property
    def reachable(self) -> bool: ...  # noqa: D102 - the fields of the event `venue`
    @property
    def skew_ms(self) -> int | None: ...  # noqa: D102
    @property
    def round_trip_ms(self) -> int | None: ...  # noqa: D102
    @property
    def used_weight(self) -> int: ...  # noqa: D102
    @property
    def weight_limit(self) -> int | None: ...  # noqa: D102
    @property
    def banned_until(self) -> int | None: ...  # noqa: D102
    @property
    def note(self) -> str: ...  # noqa: D102
    @property
    def connections(self) -> int: ...  # noqa: D102
    @property
    def garbled(self) -> int: ...  # noqa: D102


def stream(health: StreamHealth, at: int) -> Data:
    """Return the payload of a stream state."""
    return {
        "at": at,
        "name": health.name,
        "kind": health.kind,
        "symbol": health.symbol,
        "state": str(health.state),
        "last_at": None if health.last_at is None else health.last_at // 1000 * 1000,
        "rate_per_s": two_digits(health.rate_per_s),
        "messages": health.messages,
        "reconnects": health.reconnects,
        "gaps": health.gaps,
        "duplicates": health.duplicates,
        "error": health.error,
    }


def stopped(told: Data, at: int) -> Data:
    """Return the payload of a stream that is not there any more, from what was *told* of it."""
    return {**told, "at": at, "state": "stopped", "rate_per_s": 0.0}


@dataclass(frozen=True, slots=True)
class Place:
    """Which exchange it is, and what we do there: paper, watch, testnet, live or simulated.

    ``retry`` names the exchange that a wish would try again, None when there is nothing to retry.
    """

    exchange: str
    mode: str
    retry: str | None = None


def venue(place: Place, health: VenueHealth | None, at: int, note: str = "") -> Data:
    """Return the payload of a venue state; *health* is None when there is no exchange now."""
    return {
        "at": at,
        "exchange": place.exchange,
        "mode": place.mode,
        "reachable": health is not None and health.reachable,
        "skew_ms": None if health is None else health.skew_ms,
        "round_trip_ms": None if health is None else health.round_trip_ms,
        "used_weight": 0 if health is None else health.used_weight,
        "weight_limit": None if health is None else health.weight_limit,
        "banned_until": None if health is None else health.banned_until,
        "note": note or ("" if health is None else health.note),
        "retry": place.retry,
        "connections": 0 if health is None else health.connections,
        "garbled": 0 if health is None else health.garbled,
    }


@dataclass(slots=True)
class ExchangeStates:
    """Tells the streams and the exchange to the readers.

    Promise: a change of a stream's state or trouble is told within a second, its rate once it is
    another one, all the rest once a minute; a stream that is gone is told stopped, once.

    Attributes:
        publisher: whose states they become.
        place: which exchange; may be replaced while it runs.
        streams: how each stream is now.
        health: how the exchange answers now, None without one.
        note: one sentence about the exchange, beside its own; may be replaced.
    """

    publisher: Publisher
    place: Place
    streams: Callable[[], Sequence[StreamHealth]] = tuple
    health: Callable[[], VenueHealth | None] = lambda: None
    note: str = ""
    _told: dict[str, tuple[float, Data]] = field(default_factory=dict)

    def tell(self) -> None:
        """Touch the states that one would want to see anew."""
        at, now_s = self.publisher.clock.now(), self.publisher.clock.monotonic()
        there = {health.name: stream(health, at) for health in self.streams()}
        for name, data in there.items():
            self._touch("stream", name, data, now_s)
        for key, (_, told) in list(self._told.items()):
            if key and key not in there and told["state"] != "stopped":
                self._touch("stream", key, stopped(told, at), now_s)
        self._touch("venue", "", venue(self.place, self.health(), at, self.note), now_s)

    def now(self, _args: Mapping[str, Any] | None = None) -> Data:
        """Return the exchange and its streams as they are at this moment: `Engine.questions`."""
        at = self.publisher.clock.now()
        streams = [stream(h, at) | {"last_at": h.last_at} for h in self.streams()]
        return {
            "at": at,
            "venue": venue(self.place, self.health(), at, self.note),
            "streams": streams,
        }

    def _touch(self, event_type: str, name: str, data: Data, now_s: float) -> None:
        told_s, told = self._told.get(name, (0.0, None))
        if told is not None and not _is_due(told, data, now_s - told_s):
            return
        self._told[name] = now_s, data
        self.publisher.touch(event_type, name, partial(dict, data))


def markets(symbols: Iterable[str], args: Mapping[str, Any]) -> Data:
    """Return the *symbols* that hold ``search``, those that begin with it first.

    ``limit`` is how many, up to `MARKETS_SHOWN`: one of `Engine.questions`.
    """
    word = str(args.get("search", "")).upper().replace("/", "")
    limit = min(int(args.get("limit", MARKETS_SHOWN)), MARKETS_SHOWN)
    found = [symbol for symbol in symbols if word in symbol.replace("/", "")]
    found.sort(key=lambda symbol: (not symbol.startswith(word), len(symbol), symbol))
    return {"symbols": found[:limit]}


def two_digits(value: float) -> float:
    """Return *value* rounded to two significant digits, below 1 to one decimal."""
    if value < 1:
        return round(value, 1)
    return float(f"{value:.2g}")


def _is_due(told: Data, data: Data, since_s: float) -> bool:
    if any(told[name] != data[name] for name in _LOUD if name in data):
        return True
    if since_s >= REFRESHED_S:
        return True
    return since_s >= CALM_S and (
        any(told[name] != data[name] for name in _COUNTS if name in data)
        or any(_moved(told.get(name), data.get(name), step) for name, step in _STEPS.items())
        or _is_other_rate(told.get("rate_per_s", 0), data.get("rate_per_s", 0))
        or _is_other_share(told, data)
    )


_LOUD: Final = (
    "state", "error", "exchange", "mode", "reachable", "banned_until", "note", "retry",
)  # fmt: skip
_COUNTS: Final = ("reconnects", "gaps", "duplicates", "weight_limit", "connections", "garbled")
_STEPS: Final = {"skew_ms": SKEW_STEP_MS, "round_trip_ms": TRIP_STEP_MS}


def _moved(old: int | None, new: int | None, step: int) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) >= step


def _is_other_rate(old: float, new: float) -> bool:
    """Return whether a rate has halved or doubled."""
    low, high = sorted((old, new))
    return high >= max(2 * low, 0.2)


def _is_other_share(told: Data, data: Data) -> bool:
    limit = data.get("weight_limit") or 0
    return limit > 0 and abs(data["used_weight"] - told["used_weight"]) >= WEIGHT_STEP * limit
