from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import BusError
from core.stream import Frame
from infra.bus.base import CommandFailure, CommandReply, CommandRequest, Pulse, Welcome, Whole
from infra.bus.wire import (
    TO_ENGINE_CAP,
    Hello,
    MessageReader,
    ToReader,
    encode,
    engine_side,
    reader_side,
)

SEQS = st.integers(0, 2**53)
TO_ENGINE = st.one_of(
    st.builds(Hello, st.integers(0, 9), st.none() | st.text(max_size=30)),
    st.builds(
        CommandRequest,
        st.text(max_size=9),
        st.sampled_from(["prepare", "confirm"]),
        st.dictionaries(st.text(max_size=5), st.none() | st.integers(-9, 9) | st.text(max_size=9)),
        st.text(max_size=9),
        st.sampled_from(["viewer", "trader", "owner"]),
    ),
)
TO_READER = st.one_of(
    st.builds(Welcome, st.text(max_size=9), SEQS, SEQS, st.booleans()),
    st.builds(Whole, st.binary(max_size=99)),
    st.builds(
        Frame, SEQS, st.text(max_size=9), st.binary(max_size=99), st.tuples(st.text(max_size=9))
    ),
    st.builds(Pulse, st.none() | SEQS),
    st.just(CommandReply(ok=True, result={"a": 1})),
    st.just(CommandReply(ok=False, error=CommandFailure("no", 409, "not now"))),
)


def feed_in_pieces(reader: MessageReader[Any], data: bytes, cuts: list[int]) -> list[Any]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    read: list[Any] = []
    for start, end in pairwise(edges):
        read += reader.feed(data[start:end])
    return read


@given(st.lists(TO_ENGINE, max_size=5), st.lists(st.integers(0, 10_000), max_size=8))
def test_what_is_said_to_the_engine_arrives_however_it_is_cut(
    messages: list[Hello | CommandRequest], cuts: list[int]
) -> None:
    data = b"".join([encode(message) for message in messages])

    assert feed_in_pieces(engine_side(), data, cuts) == messages


@given(st.lists(TO_READER, max_size=5), st.lists(st.integers(0, 10_000), max_size=8))
def test_what_the_engine_says_arrives_however_it_is_cut(
    messages: list[ToReader], cuts: list[int]
) -> None:
    data = b"".join([encode(message) for message in messages])

    assert feed_in_pieces(reader_side(), data, cuts) == messages


@given(st.binary(max_size=200))
def test_random_bytes_are_messages_or_a_bus_error_and_nothing_else(data: bytes) -> None:
    for reader in (engine_side(), reader_side()):
        try:
            reader.feed(data)
        except BusError:
            continue


@given(st.binary(max_size=100))
@example(b"\x91\xa2\x00\x80")  # text that is no UTF-8
def test_a_message_of_random_bytes_is_a_message_or_a_bus_error(body: bytes) -> None:
    try:
        read = engine_side().feed(len(body).to_bytes(4, "big") + body)
    except BusError:
        return
    assert len(read) == 1


def test_a_message_over_the_cap_is_refused_before_it_is_read() -> None:
    with pytest.raises(BusError, match=f"{TO_ENGINE_CAP} bytes, this one says {TO_ENGINE_CAP + 1}"):
        engine_side().feed((TO_ENGINE_CAP + 1).to_bytes(4, "big"))


def test_a_message_of_the_other_direction_is_refused() -> None:
    with pytest.raises(BusError, match="could not be read"):
        engine_side().feed(encode(Pulse(1)))


def test_a_message_nested_too_deep_is_refused() -> None:
    body = msgspec.msgpack.encode(["command", "1", "prepare"]) + b"\x81\xa1a" * 20_000
    with pytest.raises(BusError, match="could not be read"):
        engine_side().feed(len(body).to_bytes(4, "big") + body)
