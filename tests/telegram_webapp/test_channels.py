import itertools
import json
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from core.changes import apply_changes
from core.dashboard import EVENT_TYPES, State, apply, empty_state
from core.stream import EventId, Frame
from infra.bus.base import Welcome
from runner.publisher import Publisher
from store.access import Identity, Role
from telegram_webapp.channels import WHOLE_AGAIN_S, Rate
from telegram_webapp.hub import Hub
from telegram_webapp.mirror import Mirror
from tests.histories import Event, histories, strict
from tests.services import PATIENCE_S
from utils.clock import SetClock

ANNA = Identity(subject="anna", role=Role.VIEWER, via="key", credential_id="key-1")
RATES = st.sampled_from(list(Rate))


class Reader:
    """A client that folds what it is sent and knows where it stands."""

    identity = ANNA
    opened = 0.0
    offered = 0

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.state: State = empty_state()
        self.place: EventId | None = None
        self.facts: list[str] = []
        self.kinds: list[str] = []
        self.bytes = 0

    def start(self, head: bytes, frames: Sequence[Frame]) -> None:
        self.deliver(frames, head + b"".join([frame.frame for frame in frames]))

    def deliver(self, frames: Sequence[Frame], joined: bytes) -> int:
        self.bytes += len(joined)
        for frame in frames:
            self.take(frame.frame)
        return 0

    def beat(self, heartbeat: bytes) -> None:
        self.bytes += len(heartbeat)

    def end(self, last: bytes) -> None:
        pass

    def take(self, frame: bytes) -> None:
        event_id, event_type, text = frame.decode().split("\n")[:3]
        data = json.loads(text[6:])
        place, kind = EventId.parse(event_id[4:]), event_type[7:]
        assert place
        if kind == "changes":
            assert self.place
            assert place.seq - data["n"] == self.place.seq  # made from what this reader has
            self.state = apply_changes(self.state, data)
            self.facts += [fact[1][0] for fact in data.get("facts", [])]
        else:
            self.state = apply(self.state, kind, data)
            self.facts += [data["fact_id"]] if "fact_id" in data else []
        self.kinds.append(kind)
        self.place = place


class Rig:
    """A hub over the mirror of a publisher, without any I/O, on a clock that is set."""

    def __init__(self) -> None:
        self.clock = SetClock(0)
        self.mirror = Mirror(self.clock)
        self.hub = Hub(self.mirror, lambda _: True, max_streams=99, streams_per_client=99)
        self.frames: list[Frame] = []
        self.numbers = itertools.count()
        self.facts: list[str] = []
        self.start_engine("e1")

    def start_engine(self, epoch: str) -> None:
        self.publisher = Publisher(epoch, self.clock, self.frames.extend)
        self.mirror.begin(Welcome(epoch, 0, 0, resumed=False), self.publisher.snapshot())
        self.hub.broadcast(self.mirror.missed(None))

    def tell(self, batch: Sequence[Event]) -> None:
        """Emit events as the engine does, and carry them here in one piece."""
        for event_type, data in batch:
            kind = EVENT_TYPES.get(event_type, {}).get("kind")
            if kind == "fact":
                fact_id = f"f{next(self.numbers)}"
                self.facts.append(fact_id)
                self.publisher.fact(event_type, {**data, "fact_id": fact_id})
            elif kind:
                key = str(data.get(EVENT_TYPES[event_type].get("key", ""), ""))
                self.publisher.touch(event_type, key, lambda data=data: data)  # type: ignore[misc]
                self.publisher.flush()
        self.carry()

    def carry(self) -> None:
        self.publisher.deliver()
        frames, self.frames[:] = self.frames[:], []
        for frame in frames:
            assert self.mirror.take(frame)
        self.hub.broadcast(frames)

    def join(self, reader: Reader) -> Reader:
        self.hub.open(reader, reader.place, rate=reader.rate)
        return reader

    def wait(self, seconds: float) -> None:
        self.clock.at += int(seconds * 1000)
        self.hub.pace()


def price(last: float, symbol: str = "BTC/USDT") -> Event:
    data = {**dict.fromkeys(EVENT_TYPES["price"]["fields"], 7.5), "at": 1, "symbol": symbol}
    return "price", {**data, "last": last}


def point() -> Event:
    return "equity_point", {"fact_id": "", "at": 1, "equity": 1.0, "balance": 1.0}


def leave(rig: Rig, reader: Reader) -> Reader:
    rig.hub.ended(reader, "left")
    return reader


def act(rig: Rig, readers: list[Reader], away: list[Reader], data: st.DataObject) -> None:
    """Do one of the things that readers do."""
    match data.draw(st.sampled_from(["wait", "join", "drop", "resume", "switch"])):
        case "wait":
            rig.wait(data.draw(st.sampled_from([0.5, 2.0, 5.0])))
        case "join":
            reader = rig.join(Reader(data.draw(RATES)))
            reader.facts = list(rig.facts)
            readers.append(reader)
        case "drop" if readers:
            away.append(leave(rig, readers.pop()))
        case "resume" if away:
            readers.append(rig.join(away.pop()))
        case "switch" if readers:
            leave(rig, readers[0]).rate = data.draw(RATES)
            rig.join(readers[0])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whoever_joins_drops_resumes_or_changes_the_rate_has_the_state_and_every_fact(
    data: st.DataObject,
) -> None:
    rig = Rig()
    readers = [rig.join(Reader(rate)) for rate in Rate]
    away: list[Reader] = []
    for _ in range(data.draw(st.integers(1, 6))):
        rig.tell(data.draw(histories(max_size=3)))
        act(rig, readers, away, data)
        assert all(reader.facts == rig.facts for reader in readers)
    rig.wait(99)

    for reader in readers:
        assert strict(reader.state) == strict(rig.publisher.state)


def test_a_thin_stream_is_told_at_its_rate_and_then_only_what_changed() -> None:
    rig = Rig()
    rig.tell([price(99.0)])
    live, balanced, saver = (rig.join(Reader(rate)) for rate in Rate)
    begun = [reader.bytes for reader in (live, balanced, saver)]
    for number in range(40):
        rig.tell([price(100.0 + number)])
        rig.wait(0.255)
    took = [r.bytes - b for r, b in zip((live, balanced, saver), begun, strict=True)]

    assert live.kinds.count("price") == 40
    assert (balanced.kinds.count("changes"), saver.kinds.count("changes")) == (3, 2)
    assert took[0] > 20 * took[1] > 20 * took[2]


def test_a_fact_goes_out_at_once_in_one_event_with_its_consequences() -> None:
    rig = Rig()
    reader = rig.join(Reader(Rate.SAVER))
    rig.tell([price(1.5)])
    rig.tell([point(), price(2.5)])

    assert reader.kinds == ["snapshot", "changes"]
    assert len(reader.state["equity"]) == 1
    assert reader.state["prices"]["BTC/USDT"]["last"] == 2.5


def test_after_a_fact_the_wait_begins_anew() -> None:
    rig = Rig()
    reader = rig.join(Reader(Rate.SAVER))
    rig.wait(4)
    rig.tell([point(), price(1.5)])
    rig.tell([price(2.5)])
    rig.wait(4)
    assert reader.kinds == ["snapshot", "changes"]

    rig.wait(1)
    assert reader.kinds == ["snapshot", "changes", "changes"]


def test_one_encoding_serves_all_of_a_rate() -> None:
    rig = Rig()
    sent: list[bytes] = []

    class Keeper(Reader):
        @override
        def take(self, frame: bytes) -> None:
            sent.append(frame)

    rig.join(Keeper(Rate.SAVER))
    rig.join(Keeper(Rate.SAVER))
    rig.tell([price(1.5)])
    rig.wait(PATIENCE_S)

    assert sent[-1] is sent[-2]


def test_nothing_is_told_when_nothing_happened() -> None:
    rig = Rig()
    reader = rig.join(Reader(Rate.BALANCED))
    for _ in range(9):
        rig.wait(PATIENCE_S)

    assert reader.kinds == ["snapshot"]


def test_another_engine_is_told_of_at_once_and_whole() -> None:
    rig = Rig()
    rig.tell([point()])
    reader = rig.join(Reader(Rate.SAVER))
    rig.start_engine("e2")

    assert reader.kinds == ["snapshot", "snapshot"]
    assert reader.place == EventId("e2", 0)


def test_history_that_is_played_flat_out_is_told_seldom() -> None:
    rig = Rig()
    reader = rig.join(Reader(Rate.BALANCED))
    for _ in range(30):
        rig.publisher.send_snapshot()
        rig.carry()
        rig.wait(1)

    assert reader.kinds.count("snapshot") == 1 + 30 // WHOLE_AGAIN_S


def test_a_stream_that_begins_before_anything_is_known_gets_the_whole_later() -> None:
    rig = Rig()
    mirror = Mirror(rig.clock)
    hub = Hub(mirror, lambda _: True, max_streams=9, streams_per_client=9)
    reader = Reader(Rate.SAVER)
    hub.open(reader, None, rate=reader.rate)
    mirror.begin(Welcome("e1", 0, 0, resumed=False), rig.publisher.snapshot())
    hub.broadcast(mirror.missed(None))

    assert reader.kinds == ["snapshot"]
