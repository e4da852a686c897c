"""The hub: one encoded frame goes to every open stream."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from core.errors import QuarterdeckError
from core.stream import SNAPSHOT, EventId, Frame
from store.access import Identity
from telegram_webapp.channels import PERIODS_S, Channel, Rate, ThinChannel
from telegram_webapp.mirror import Mirror
from telegram_webapp.subscription import Subscription

HEARTBEAT_S: Final = 15.0
PACE_S: Final = 0.25
RETRY_MS: Final = (500, 5000)

log = logging.getLogger(__name__)


class StreamLimitError(Exception):
    """No further stream may be opened now.

    Attributes:
        whose: ``credential`` if its own cap is reached, ``server`` if everybody's is.
    """

    def __init__(self, whose: str, text: str) -> None:
        super().__init__(text)
        self.whose = whose


class Hub:
    """Every open stream, and what is said to all of them.

    Promise: each stream gets, from its place on, every fact and the newest of each state, at
    the rate it asked for, and a heartbeat every `HEARTBEAT_S` as long as its credential holds.
    """

    def __init__(
        self,
        mirror: Mirror,
        still_valid: Callable[[Identity], bool],
        *,
        max_streams: int,
        streams_per_client: int,
        random: Random | None = None,
    ) -> None:
        """Prepare, without any stream.

        Args:
            mirror: what a new stream begins with.
            still_valid: whether a credential still holds; asked at each heartbeat, once for
                each credential.
            max_streams: cap over all.
            streams_per_client: cap for each credential.
            random: spreads the reconnects after a stop.
        """
        self._mirror = mirror
        self._still_valid = still_valid
        self._max_streams = max_streams
        self._per_client = streams_per_client
        self._random = random or Random()  # noqa: S311 (no secret)
        self._streams: dict[int, Subscription] = {}
        self._live = Channel(Rate.LIVE)
        self._thin = {rate: ThinChannel(rate, mirror) for rate in PERIODS_S}
        self._held: Counter[str] = Counter()
        self._lock = mirror.lock
        self._stopping = threading.Event()
        self._counts: Counter[str] = Counter()

    def allow(self, max_streams: int, streams_per_client: int) -> None:
        """Let so many be opened from now on; nobody's is ended for it."""
        self._max_streams, self._per_client = max_streams, streams_per_client

    def admit(self, identity: Identity) -> None:
        """Check that *identity* may open one more stream.

        Raises:
            StreamLimitError: it has its share already, or all streams are taken.
        """
        if self._held[identity.credential_id] >= self._per_client:
            raise StreamLimitError(
                "credential", f"this credential may have {self._per_client} open streams"
            )
        if len(self._streams) >= self._max_streams or self._stopping.is_set():
            raise StreamLimitError("server", f"this server may have {self._max_streams} streams")

    def open(
        self,
        stream: Subscription,
        place: EventId | None,
        head: bytes = b"",
        rate: Rate = Rate.LIVE,
    ) -> None:
        """Begin a stream at *place*: *head*, a heartbeat, what it missed; then go on at *rate*."""
        with self._lock:
            channel = self._join(rate)
            frames = self._mirror.missed(place)
            afresh = bool(frames) and frames[0].key == SNAPSHOT
            self._counts["snapshots" if afresh else "resumed"] += 1
            self._streams[id(stream)] = stream
            self._held[stream.identity.credential_id] += 1
            stream.opened = time.monotonic()
            stream.offered = len(frames) - channel.events
            channel.streams[id(stream)] = stream
            stream.start(head + self._mirror.heartbeat(stream.identity.role), frames)

    def ended(self, stream: Subscription, why: str, last: bytes = b"") -> None:
        """Forget a stream that left, or end one that must."""
        with self._lock:
            if self._streams.pop(id(stream), None) is None:
                return
            channel = self._channel_of(stream)
            del channel.streams[id(stream)]
            identity = stream.identity
            self._held[identity.credential_id] -= 1
            if not self._held[identity.credential_id]:
                del self._held[identity.credential_id]
            self._counts[why] += 1
            stream.end(last)
            lasted = time.monotonic() - stream.opened
            events = stream.offered + channel.events
        log.info(
            "A stream of %s %s after %.0f s, %d events at rate %s",
            identity.subject, why, lasted, events, channel.rate,
        )  # fmt: skip

    def broadcast(self, frames: Sequence[Frame]) -> None:
        """Send the next frames, already in the mirror, to every stream."""
        with self._lock:
            self._counts["frames"] += len(frames)
            self._tell(self._live, frames)
            for channel in self._thin.values():
                if channel.streams:
                    self._tell(channel, channel.hear(frames))

    def pace(self) -> None:
        """Tell the thin streams what changed, if it is their time."""
        with self._lock:
            for channel in self._thin.values():
                if channel.streams:
                    self._tell(channel, channel.due())

    def announce(self) -> None:
        """Send everybody a heartbeat now: the engine went away or came back."""
        with self._lock:
            beats: dict[str, bytes] = {}
            for stream in list(self._streams.values()):
                role = stream.identity.role
                if role not in beats:
                    beats[role] = self._mirror.heartbeat(role)
                stream.beat(beats[role])

    def heartbeat(self) -> None:
        """End the streams whose credential holds no more, and send a heartbeat to the rest."""
        with self._lock:
            credentials = {s.identity.credential_id: s.identity for s in self._streams.values()}
        # Asked outside the lock: the answer may take a read of the database.
        revoked = {key for key, one in credentials.items() if not self._holds(one)}
        for stream in list(self._streams.values()):
            if stream.identity.credential_id in revoked:
                self.ended(stream, "revoked")
        self.announce()

    def start(self) -> None:
        """Begin to send heartbeats, and to thin streams what changed."""
        for act, period_s in ((self.heartbeat, HEARTBEAT_S), (self.pace, PACE_S)):
            name = act.__name__
            threading.Thread(
                target=self._repeat, args=(act, period_s), name=name, daemon=True
            ).start()

    def stop(self) -> None:
        """End every stream, each told to come back after a time of its own."""
        self._stopping.set()
        for stream in list(self._streams.values()):
            retry = b"retry: %d\n\n" % self._random.randint(*RETRY_MS)
            self.ended(stream, "stopped", retry)

    def stats(self) -> dict[str, int]:
        """Return counters: clients, those of each rate, frames, deliveries, beginnings and ends."""
        names = (
            "frames", "delivered", "replaced", "snapshots", "resumed",
            "left", "cut", "revoked", "stopped",
        )  # fmt: skip
        rates = {channel.rate.value: len(channel.streams) for channel in self._channels()}
        counts = {name: self._counts[name] for name in names}
        return {"clients": len(self._streams)} | rates | counts

    def _channels(self) -> list[Channel]:
        return [self._live, *self._thin.values()]

    def _channel_of(self, stream: Subscription) -> Channel:
        return next(channel for channel in self._channels() if id(stream) in channel.streams)

    def _join(self, rate: Rate) -> Channel:
        """Return the channel of *rate*, its streams brought to where a new one will begin."""
        channel = self._thin.get(rate)
        if channel is None:
            return self._live
        if channel.streams:
            self._tell(channel, channel.flush())
        else:
            channel.begin()
        return channel

    def _tell(self, channel: Channel, frames: Sequence[Frame]) -> None:
        if frames:
            self._counts["delivered"] += len(frames) * len(channel.streams)
            self._counts["replaced"] += channel.deliver(frames)

    def _holds(self, identity: Identity) -> bool:
        try:
            return self._still_valid(identity)
        except QuarterdeckError as error:
            # It held a heartbeat ago; a database that is busy must not end every stream.
            log.warning("The credential of %s could not be checked: %s", identity.subject, error)
            return True

    def _repeat(self, act: Callable[[], None], period_s: float) -> None:
        while not self._stopping.wait(period_s):
            try:
                act()
            except Exception:
                log.exception("%s of the streams failed", act.__name__)
