from typing import Any

import msgspec
import pytest

from core.errors import BusError
from core.stream import SNAPSHOT, EventId, Frame, sse_frame
from infra.bus.base import Welcome
from infra.state_file import SnapshotData
from runner.publisher import Publisher
from telegram_webapp.mirror import Mirror
from utils.clock import SetClock


class Source:
    """An engine's publisher whose frames go nowhere but here."""

    def __init__(self, epoch: str = "e1") -> None:
        self.clock = SetClock(1000)
        self.frames: list[Frame] = []
        self.publisher = Publisher(epoch, self.clock, self.frames.extend)

    def point(self) -> Frame:
        data = {"fact_id": "f", "at": self.clock.now(), "equity": 1.0, "balance": 1.0}
        self.publisher.fact("equity_point", data)
        self.publisher.deliver()
        return self.frames[-1]

    def welcome(self) -> Welcome:
        ring = self.publisher.ring
        return Welcome(ring.epoch, ring.seq, ring.floor, resumed=False)


def data_of(frame: Frame) -> Any:
    return msgspec.json.decode(frame.frame.split(b"data: ")[1])


@pytest.fixture
def source() -> Source:
    made = Source()
    made.point()
    made.point()
    return made


@pytest.fixture
def clock() -> SetClock:
    return SetClock(5000)


@pytest.fixture
def mirror(source: Source, clock: SetClock) -> Mirror:
    made = Mirror(clock)
    made.begin(source.welcome(), source.publisher.snapshot())
    for frame in source.frames:
        assert not made.take(frame)
    made.up()
    made.heard(None)
    return made


def test_nothing_is_known_before_the_engine_was_heard(clock: SetClock) -> None:
    mirror = Mirror(clock)
    snapshot = mirror.snapshot()

    assert (snapshot.bytes, snapshot.data, snapshot.stale) == (b"null", None, True)
    assert (snapshot.away_since, snapshot.engine_age_ms) == (5000, None)
    assert mirror.missed(None) == mirror.missed(EventId("e1", 1)) == []


def test_a_state_on_disk_is_never_of_the_future(clock: SetClock, source: Source) -> None:
    mirror = Mirror(clock)

    mirror.recall(msgspec.json.decode(source.publisher.snapshot(), type=SnapshotData), 9_000_000)

    snapshot = mirror.snapshot()
    assert (snapshot.away_since, snapshot.engine_age_ms) == (5000, 0)


def test_a_frame_is_folded_once(mirror: Mirror, source: Source) -> None:
    frame = source.point()

    assert mirror.take(frame)
    assert not mirror.take(frame)
    assert mirror.state == source.publisher.state
    assert mirror.place == EventId("e1", 3)


def test_a_reader_resumes_from_the_engines_whole_ring(mirror: Mirror, source: Source) -> None:
    assert mirror.missed(EventId("e1", 0)) == source.frames
    assert mirror.missed(EventId("e1", 2)) == []


def test_a_reader_from_elsewhere_gets_the_whole_state(mirror: Mirror, source: Source) -> None:
    for place in (None, EventId("other", 1), EventId("e1", 99)):
        [frame] = mirror.missed(place)
        assert frame.key == SNAPSHOT
        assert data_of(frame)["state"] == source.publisher.state
        assert frame.frame.startswith(b"id: e1-2\nevent: snapshot\n")


def test_while_the_ring_is_still_coming_everybody_gets_the_whole_state(source: Source) -> None:
    mirror = Mirror(SetClock(1))
    mirror.begin(source.welcome(), source.publisher.snapshot())
    mirror.take(source.frames[0])

    assert [frame.key for frame in mirror.missed(EventId("e1", 1))] == [SNAPSHOT]


def test_nobody_resumes_across_what_was_folded_without_being_told(source: Source) -> None:
    source.publisher.quiet = True
    source.point()
    mirror = Mirror(SetClock(1))
    mirror.begin(source.welcome(), source.publisher.snapshot())
    for frame in source.frames:
        assert not mirror.take(frame)

    assert [frame.key for frame in mirror.missed(EventId("e1", 2))] == [SNAPSHOT]
    assert mirror.missed(EventId("e1", 3)) == []
    source.publisher.send_snapshot()
    assert mirror.take(source.frames[-1])
    assert mirror.state == source.publisher.state


def test_a_snapshot_is_encoded_once_for_each_place(mirror: Mirror, source: Source) -> None:
    first = mirror.snapshot().bytes

    assert mirror.snapshot().bytes is first
    mirror.take(source.point())
    assert mirror.snapshot().bytes is not first


def test_the_etag_changes_with_the_place_and_with_staleness(mirror: Mirror, source: Source) -> None:
    tags = [mirror.snapshot().etag]
    mirror.take(source.point())
    tags.append(mirror.snapshot().etag)
    mirror.away()
    tags.append(mirror.snapshot().etag)

    assert len(set(tags)) == 3


def test_a_heartbeat_tells_the_engines_age_and_the_readers_role(
    mirror: Mirror, clock: SetClock
) -> None:
    mirror.heard(777)
    clock.at = 7500
    mirror.away()
    clock.at = 8000
    heartbeat = mirror.heartbeat("trader")

    assert heartbeat.startswith(b"event: heartbeat\n")
    assert msgspec.json.decode(heartbeat.split(b"data: ")[1]) == {
        "at": 8000,
        "engine": "away",
        "engine_age_ms": 3000,
        "engine_at": 777,
        "away_since": 7500,
        "role": "trader",
    }


def test_a_heartbeat_leaves_out_what_is_not(mirror: Mirror) -> None:
    mirror.up()
    data = msgspec.json.decode(mirror.heartbeat("viewer").split(b"data: ")[1])

    assert None not in data.values()
    assert "away_since" not in data


def test_an_engine_of_another_schema_is_not_followed(source: Source) -> None:
    data = msgspec.json.encode({**source.publisher.snapshot_data(), "schema_version": 2})

    with pytest.raises(BusError, match="the engine speaks schema 2, this process 1"):
        Mirror(SetClock()).begin(source.welcome(), data)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff"])
def test_a_snapshot_that_is_none_is_refused(source: Source, data: bytes) -> None:
    with pytest.raises(BusError, match="snapshot could not be read"):
        Mirror(SetClock()).begin(source.welcome(), data)


@pytest.mark.parametrize(
    "frame",
    [
        b"rubbish",
        sse_frame(EventId("e1", 3), "price", b"{}"),
        sse_frame(EventId("e1", 3), "price", b"["),
        sse_frame(EventId("e1", 3), "price", b"[]"),
        sse_frame(EventId("e1", 3), "snapshot", b'{"state":5,"at":1}'),
    ],
)
def test_a_frame_that_cannot_be_folded_changes_nothing(mirror: Mirror, frame: bytes) -> None:
    before = mirror.state

    with pytest.raises(BusError, match="frame 3 of the engine cannot be folded"):
        mirror.take(Frame(3, "x", frame))
    assert mirror.state is before
    assert mirror.place == EventId("e1", 2)
