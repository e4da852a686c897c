from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec
import pytest

from core.errors import StoreError
from core.stream import SNAPSHOT, EventId, Frame, sse_frame
from infra.bus.base import Welcome
from runner.publisher import Publisher
from store.access import Identity, Role
from telegram_webapp.hub import Hub, StreamLimitError
from telegram_webapp.mirror import Mirror
from utils.clock import SetClock


def person(
    subject: str = "anna", role: Role = Role.VIEWER, credential_id: str = "key-1"
) -> Identity:
    return Identity(subject=subject, role=role, via="key", credential_id=credential_id)


class Recorder:
    """A client that takes everything at once and keeps it."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.opened = 0.0
        self.offered = 0
        self.got: list[bytes] = []
        self.beats: list[dict[str, Any]] = []
        self.last: bytes | None = None

    def start(self, head: bytes, frames: Sequence[Frame]) -> None:
        self.got = [head, *[frame.frame for frame in frames]]

    def deliver(self, frames: Sequence[Frame], joined: bytes) -> int:
        assert joined == b"".join([frame.frame for frame in frames])
        self.got.append(joined)
        return 0

    def beat(self, heartbeat: bytes) -> None:
        self.beats.append(msgspec.json.decode(heartbeat.split(b"data: ")[1]))

    def end(self, last: bytes) -> None:
        self.last = last


class Rig:
    """A hub over the mirror of a publisher, without any I/O."""

    def __init__(self, still_valid: Callable[[Identity], bool] = lambda _: True) -> None:
        self.frames: list[Frame] = []
        self.publisher = Publisher("e", SetClock(1), self.frames.extend)
        self.mirror = Mirror(SetClock(1))
        self.mirror.begin(Welcome("e", 0, 0, resumed=False), self.publisher.snapshot())
        self.mirror.up()
        self.hub = Hub(
            self.mirror, still_valid, max_streams=4, streams_per_client=3, random=Random(3)
        )

    def point(self) -> bytes:
        self.publisher.fact("equity_point", {"fact_id": "f", "at": 1, "equity": 1.0})
        self.publisher.deliver()
        self.mirror.take(self.frames[-1])
        self.hub.broadcast([self.frames[-1]])
        return self.frames[-1].frame

    def join(self, identity: Identity, place: EventId | None = None) -> Recorder:
        recorder = Recorder(identity)
        self.hub.admit(identity)
        self.hub.open(recorder, place, b"HEAD")
        return recorder


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_new_stream_gets_head_heartbeat_and_state_then_the_same_bytes_as_all(rig: Rig) -> None:
    first, second = rig.join(person()), rig.join(person())
    sent = rig.point()

    assert first.got[0].startswith(b"HEADevent: heartbeat\n")
    assert b"\nevent: snapshot\n" in first.got[1]
    assert first.got[2] is second.got[2] is not None
    assert first.got[2] == sent


def test_a_stream_from_the_ring_gets_no_snapshot(rig: Rig) -> None:
    sent = [rig.point(), rig.point()]
    stream = rig.join(person(), EventId("e", 1))

    assert stream.got[1:] == sent[1:]
    assert rig.hub.stats() == {**rig.hub.stats(), "resumed": 1, "snapshots": 0}


def test_each_role_hears_its_own_name_in_the_heartbeat(rig: Rig) -> None:
    viewer = rig.join(person())
    owner = rig.join(person(role=Role.OWNER, credential_id="key-2"))
    rig.hub.heartbeat()
    rig.mirror.away()
    rig.hub.announce()

    assert [beat["role"] for beat in viewer.beats] == ["viewer", "viewer"]
    assert [(beat["role"], beat["engine"]) for beat in owner.beats] == [
        ("owner", "up"),
        ("owner", "away"),
    ]


def test_a_credential_is_asked_for_once_a_heartbeat_and_ended_when_revoked() -> None:
    asked: list[str] = []

    def still_valid(identity: Identity) -> bool:
        asked.append(identity.credential_id)
        return identity.credential_id != "key-2"

    rig = Rig(still_valid)
    kept = [rig.join(person()), rig.join(person())]
    revoked = rig.join(person("bob", credential_id="key-2"))
    rig.hub.heartbeat()

    assert sorted(asked) == ["key-1", "key-2"]
    assert revoked.last == b""
    assert [len(stream.beats) for stream in [*kept, revoked]] == [1, 1, 0]
    assert rig.hub.stats()["revoked"] == 1


def test_a_database_that_cannot_answer_ends_no_stream() -> None:
    def still_valid(_: Identity) -> bool:
        raise StoreError("the database is busy")

    rig = Rig(still_valid)
    stream = rig.join(person())
    rig.hub.heartbeat()

    assert stream.last is None
    assert len(stream.beats) == 1


def test_caps_hold_and_places_are_given_back(rig: Rig) -> None:
    streams = [rig.join(person()) for _ in range(3)]
    with pytest.raises(StreamLimitError, match="this credential may have 3 open streams") as own:
        rig.join(person())
    rig.join(person(credential_id="key-2"))
    with pytest.raises(StreamLimitError, match="this server may have 4 streams") as all_taken:
        rig.join(person(credential_id="key-3"))
    rig.hub.ended(streams[0], "left")
    rig.hub.ended(streams[0], "left")
    rig.join(person())

    assert (own.value.whose, all_taken.value.whose) == ("credential", "server")
    assert rig.hub.stats()["left"] == 1


def test_a_stopped_hub_tells_each_stream_its_own_time_and_opens_no_more(rig: Rig) -> None:
    streams = [rig.join(person()) for _ in range(3)]
    rig.hub.stop()

    assert all(str(s.last).startswith("b'retry: ") for s in streams)
    assert len({s.last for s in streams}) == 3
    with pytest.raises(StreamLimitError):
        rig.join(person())


def test_the_counters_add_up(rig: Rig) -> None:
    rig.join(person())
    rig.join(person(), EventId("e", 0))
    rig.point()
    rig.point()

    assert rig.hub.stats() == {
        "clients": 2,
        "live": 2,
        "balanced": 0,
        "saver": 0,
        "frames": 2,
        "delivered": 4,
        "replaced": 0,
        "snapshots": 1,
        "resumed": 1,
        "left": 0,
        "cut": 0,
        "revoked": 0,
        "stopped": 0,
    }


def test_a_live_snapshot_is_a_frame_like_any_other(rig: Rig) -> None:
    stream = rig.join(person())
    whole = Frame(1, SNAPSHOT, sse_frame(EventId("e", 1), SNAPSHOT, rig.publisher.snapshot()))
    assert rig.mirror.take(whole)
    rig.hub.broadcast([whole])

    assert stream.got[-1] == whole.frame
