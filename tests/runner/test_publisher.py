import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dashboard import EVENT_TYPES, apply, empty_state
from core.stream import EventId, Frame, read_sse_frame
from runner.publisher import Publisher
from tests.histories import Event, histories
from utils.clock import SetClock


class Reader:
    """Folds what it is sent, as a page would."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = empty_state()
        self.seen: list[tuple[int, str]] = []

    def take(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            kind, data = read_sse_frame(frame.frame)
            self.state = apply(self.state, kind, json.loads(data))
            self.seen.append((frame.seq, kind))


def publish(publisher: Publisher, event: Event) -> None:
    kind, data = event
    if kind not in EVENT_TYPES:
        return
    if EVENT_TYPES[kind]["kind"] == "fact":
        publisher.fact(kind, data)
        return
    key = EVENT_TYPES[kind].get("key")
    publisher.touch(kind, data[key] if key else "", lambda: data)


@given(histories(), st.lists(st.integers(0, 30), max_size=5))
def test_a_reader_ends_with_the_publishers_state(history: list[Event], pauses: list[int]) -> None:
    reader = Reader()
    publisher = Publisher("e", SetClock(), reader.take)
    for number, event in enumerate(history):
        publish(publisher, event)
        if number in pauses:
            publisher.flush()
    publisher.flush()

    assert reader.state == json.loads(publisher.snapshot())["state"]
    assert [seq for seq, _ in reader.seen] == list(range(1, len(reader.seen) + 1))


def test_states_are_sent_newest_only_and_not_when_unchanged() -> None:
    reader = Reader()
    publisher = Publisher("e", SetClock(), reader.take)
    for last in (1.0, 2.0, 3.0):
        publisher.touch("price", "X", partial(dict, symbol="X", at=1, last=last))
    publisher.flush()
    publisher.touch("price", "X", lambda: {"symbol": "X", "at": 2, "last": 3.0})
    publisher.flush()

    assert reader.seen == [(1, "price")]
    assert reader.state["prices"]["X"]["last"] == 3.0


def test_a_late_position_cannot_come_back_after_its_trade() -> None:
    held: dict[str, Any] = {"p1": {"id": "p1", "at": 1, "qty": 1.0}}
    reader = Reader()
    publisher = Publisher("e", SetClock(), reader.take)
    publisher.touch("position", "p1", lambda: held.get("p1"))
    publisher.flush()
    publisher.touch("position", "p1", lambda: held.get("p1"))
    del held["p1"]
    publisher.fact("trade_closed", {"fact_id": "f1", "id": "p1", "at": 2})
    publisher.flush()

    assert reader.state["positions"] == {}
    missed = publisher.ring.since(EventId("e", 0))
    assert missed is not None
    assert [read_sse_frame(f.frame)[0] for f in missed] == ["trade_closed"]


def test_a_quiet_stretch_is_told_by_one_snapshot() -> None:
    reader = Reader()
    publisher = Publisher("e", SetClock(7), reader.take)
    publisher.quiet = True
    publisher.fact("equity_point", {"fact_id": "equity:1", "at": 1, "equity": 5.0, "balance": 5.0})
    publisher.flush()
    assert reader.seen == []

    publisher.quiet = False
    publisher.send_snapshot()

    assert reader.seen == [(2, "snapshot")]
    assert reader.state == publisher.state
    assert publisher.ring.since(EventId("e", 1)) is None


def test_a_state_is_not_taken_for_a_fact() -> None:
    publisher = Publisher("e", SetClock(), lambda _: None)

    with pytest.raises(ValueError, match="not a fact"):
        publisher.fact("account", {})
