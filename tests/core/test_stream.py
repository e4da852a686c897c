import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dashboard import EVENT_TYPES, apply, empty_state
from core.stream import (
    SNAPSHOT,
    Backlog,
    EventId,
    Frame,
    Ring,
    ended_states,
    read_sse_frame,
    sse_frame,
)
from tests.histories import histories


class Engine:
    """Numbers, folds and rings events as the engine does."""

    def __init__(self, cap: int) -> None:
        self.ring = Ring(cap)
        self.ring.reset("e", 0)
        self.state = empty_state()

    def emit(self, event_type: str, data: dict[str, Any]) -> Frame:
        self.state = apply(self.state, event_type, data)
        event = EVENT_TYPES[event_type]
        key = event_type
        if event["kind"] == "fact":
            key = ""
        elif "key" in event:
            key = f"{event_type}:{data[event['key']]}"
        return self._ring(event_type, key, data)

    def tell_whole(self) -> Frame:
        return self._ring(SNAPSHOT, SNAPSHOT, {"state": self.state})

    def whole(self) -> Frame:
        return frame(self.ring.seq, SNAPSHOT, SNAPSHOT, {"state": self.state})

    def _ring(self, event_type: str, key: str, data: dict[str, Any]) -> Frame:
        made = frame(self.ring.seq + 1, event_type, key, data)
        self.ring.add(made)
        return made


class Reader:
    """Folds what reaches it, and keeps the ids as a page does."""

    def __init__(self) -> None:
        self.state = empty_state()
        self.place: EventId | None = None
        self.facts: list[int] = []
        self.began: list[int] = []

    def read(self, data: bytes) -> None:
        for text in data.split(b"\n\n")[:-1]:
            event_type, body = read_sse_frame(text + b"\n\n")
            place = EventId.parse(text.split(b"\n")[0][4:].decode())
            assert place is not None
            assert self.place is None or place.seq > self.place.seq or event_type == SNAPSHOT
            self.place = place
            self.state = apply(self.state, event_type, json.loads(body))
            if event_type == SNAPSHOT:
                self.began.append(place.seq)
            elif EVENT_TYPES[event_type]["kind"] == "fact":
                self.facts.append(place.seq)


def frame(seq: int, event_type: str, key: str, data: dict[str, Any]) -> Frame:
    text = json.dumps(data).encode()
    return Frame(
        seq, key, sse_frame(EventId("e", seq), event_type, text), ended_states(event_type, data)
    )


def price(seq: int, symbol: str = "BTC/USDT") -> Frame:
    return frame(seq, "price", f"price:{symbol}", {"symbol": symbol, "last": seq})


def point(seq: int) -> Frame:
    return frame(seq, "equity_point", "", {"at": seq})


def position(seq: int) -> Frame:
    return frame(seq, "position", "position:p1", {"id": "p1", "seq": seq})


def closed(seq: int) -> Frame:
    return frame(seq, "trade_closed", "", {"id": "p1"})


class Line:
    """An engine, a reader and what is on its way between them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reader = Reader()
        self.backlog = Backlog()
        self.backlog.add(engine.whole())
        self.facts: list[int] = []

    def play(self, move: Any) -> None:
        match move:
            case "drop":
                self.resume()
            case "whole":
                self.backlog.add(self.engine.tell_whole())
            case "take", limit:
                self.reader.read(self.backlog.take(limit))
            case event_type, data:
                made = self.engine.emit(event_type, data)
                self.backlog.add(made)
                self.facts += [made.seq] if made.is_fact else []
            case _:
                raise AssertionError(move)

    def resume(self) -> None:
        missed = self.engine.ring.since(self.reader.place)
        self.backlog = Backlog()
        for one in [self.engine.whole()] if missed is None else missed:
            self.backlog.add(one)

    def drain(self) -> None:
        while self.backlog:
            self.reader.read(self.backlog.take(1))

    def was_told(self, fact: int) -> bool:
        """Whether it came as itself or within a snapshot."""
        return fact in self.reader.facts or any(fact <= began for began in self.reader.began)


STEPS = st.lists(
    st.one_of(st.tuples(st.just("take"), st.integers(1, 2000)), st.just("drop"), st.just("whole")),
    max_size=30,
)


@given(histories(), STEPS, st.integers(1, 40), st.randoms(use_true_random=False))
def test_every_reader_gets_all_facts_in_order_and_the_engines_state(
    history: list[tuple[str, dict[str, Any]]], steps: list[Any], cap: int, random: Any
) -> None:
    """Whatever the engine emits, and however slowly or brokenly the reader reads."""
    line = Line(Engine(cap))
    moves: list[Any] = [*[e for e in history if e[0] in EVENT_TYPES], *steps]
    if steps:
        random.shuffle(moves)
    for move in moves:
        line.play(move)
    line.drain()

    assert line.reader.state == line.engine.state
    assert line.backlog.size == 0
    assert line.reader.facts == sorted(set(line.reader.facts))
    assert [fact for fact in line.facts if not line.was_told(fact)] == []


def test_a_fact_ends_the_states_it_removes() -> None:
    assert ended_states("trade_closed", {"id": "p1"}) == ("position:p1",)
    assert ended_states("order_filled", {"id": "p1"}) == ()


def test_a_late_position_does_not_come_back_after_its_trade() -> None:
    ring, backlog = Ring(), Backlog()
    ring.reset("e", 0)
    for one in (position(1), closed(2)):
        ring.add(one)
        backlog.add(one)

    assert ring.since(EventId("e", 0)) == [closed(2)]
    assert backlog.take(10_000) == closed(2).frame


def test_a_slow_reader_gets_only_the_newest_of_each_state() -> None:
    backlog = Backlog()
    replaced = [backlog.add(f) for f in (price(1), point(2), price(3), price(4, "ETH/USDT"))]

    assert replaced == [0, 0, 1, 0]
    assert backlog.take(10_000) == b"".join(
        [point(2).frame, price(3).frame, price(4, "ETH/USDT").frame]
    )
    assert not backlog
    assert backlog.size == 0


def test_a_snapshot_makes_everything_before_it_needless() -> None:
    backlog, ring = Backlog(), Ring()
    ring.reset("e", 0)
    whole = frame(3, SNAPSHOT, SNAPSHOT, {"state": {}})
    for one in (point(1), price(2), whole, point(4)):
        backlog.add(one)
        ring.add(one)

    assert backlog.take(10_000) == whole.frame + point(4).frame
    assert ring.since(EventId("e", 2)) is None
    assert ring.since(EventId("e", 3)) == [point(4)]


def test_taking_cuts_between_frames() -> None:
    backlog = Backlog()
    for seq in range(1, 6):
        backlog.add(point(seq))
    two = len(point(1).frame) * 2

    assert backlog.take(two + 1) == point(1).frame + point(2).frame
    assert backlog.take(1) == point(3).frame


def test_a_place_before_the_oldest_fact_needs_a_snapshot() -> None:
    ring = Ring(cap=2)
    ring.reset("e", 0)
    for seq in range(1, 4):
        ring.add(point(seq))

    assert ring.since(EventId("e", 0)) is None
    assert ring.since(EventId("e", 1)) == [point(2), point(3)]
    assert ring.since(EventId("e", 4)) is None
    assert ring.since(EventId("other", 2)) is None
    assert ring.since(None) is None


def test_a_frame_that_does_not_rise_is_refused() -> None:
    ring = Ring()
    ring.reset("e", 5)

    with pytest.raises(ValueError, match="frame 5 does not follow 5"):
        ring.add(point(5))


@given(st.text(max_size=40))
def test_an_event_id_is_read_back_or_not_at_all(text: str) -> None:
    place = EventId.parse(text)

    assert place is None or EventId.parse(str(place)) == place


@pytest.mark.parametrize("text", ["", "-5", "e-", "e5", "e--", "e-²", "e-1x", "e-1234567890123456"])
def test_what_is_no_event_id_is_none(text: str) -> None:
    assert EventId.parse(text) is None


def test_a_frame_of_another_form_is_not_read() -> None:
    assert read_sse_frame(point(7).frame) == ("equity_point", b'{"at": 7}')
    with pytest.raises(ValueError, match="a frame must be"):
        read_sse_frame(sse_frame(None, "heartbeat", b"{}"))
