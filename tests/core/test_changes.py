import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.changes import FIELDS, apply_changes, changes, expand
from core.dashboard import EVENT_TYPES, State, apply, empty_state
from tests.histories import Event, histories, strict

ORDER = Path(__file__).with_name("event_order.json")


def fold(state: State, history: list[Event]) -> State:
    for event_type, data in history:
        state = apply(state, event_type, data)
    return state


def is_fact(event: Event) -> bool:
    return bool(EVENT_TYPES.get(event[0], {}).get("kind") != "state")


def told(state: State, history: list[Event], at: int = 2**44) -> tuple[dict[str, Any], State]:
    """Return what is told of *history*, as a reader parses it, and the state after it."""
    new = fold(state, history)
    event = changes(state, new, [event for event in history if is_fact(event)], at)
    assert event is not None
    return json.loads(json.dumps(event)), new


def price(last: Any, at: int = 1, symbol: str = "BTC/USDT") -> dict[str, Any]:
    names = EVENT_TYPES["price"]["fields"]
    return {**dict.fromkeys(names, 7.5), "at": at, "symbol": symbol, "last": last}


@given(histories(), st.lists(st.integers(0, 6), max_size=8))
def test_a_thin_reader_has_the_same_state_as_a_live_one_after_each_telling(
    history: list[Event], steps: list[int]
) -> None:
    live = thin = empty_state()
    for step in [*steps, len(history)]:
        event, live = told(live, history[:step])
        history = history[step:]
        thin = apply_changes(thin, event)

        assert strict(thin) == strict(live)


@given(histories())
def test_every_fact_is_told_once_whole_and_in_order(history: list[Event]) -> None:
    event, _ = told(empty_state(), history)
    facts = [(name, data) for name, data in expand(empty_state(), event) if is_fact((name, {}))]

    assert facts == [event for event in history if is_fact(event)]


def test_only_what_differs_is_told_with_numbers_for_names() -> None:
    before = fold(empty_state(), [("price", price(1.5)), ("price", price(2.5, symbol="ETH/USDT"))])
    event, _ = told(before, [("price", price(1.75, at=1000))], at=1000)

    code = list(EVENT_TYPES).index("price")
    last = list(EVENT_TYPES["price"]["fields"]).index("last")
    assert event == {"at": 1000, "states": [[code, "BTC/USDT", last, 1.75]]}


def test_an_older_time_is_told_as_how_much_older() -> None:
    before = fold(empty_state(), [("price", price(1.5))])
    event, after = told(before, [("price", price(1.75, at=950))], at=1000)

    assert event["states"][0][2:4] == [0, 50]
    assert apply_changes(before, event) == after


def test_nothing_is_told_of_what_is_equal_though_told_again() -> None:
    before = fold(empty_state(), [("price", price(1.5))])

    assert told(before, [("price", price(1.5))], at=5)[0] == {"at": 5}


def test_true_is_not_one() -> None:
    before = fold(empty_state(), [("price", price(1.0))])
    event, after = told(before, [("price", price(last=True))])

    assert apply_changes(before, event)["prices"]["BTC/USDT"]["last"] is True
    assert after["prices"]["BTC/USDT"]["last"] is True


def test_what_vanished_without_a_fact_cannot_be_told() -> None:
    before = fold(empty_state(), [("price", price(1.5))])

    assert changes(before, empty_state(), [], 1) is None


def test_a_change_of_what_the_reader_lacks_is_refused() -> None:
    before = fold(empty_state(), [("price", price(1.5))])
    event, _ = told(before, [("price", price(2.5))])

    with pytest.raises(ValueError, match="does not have"):
        apply_changes(empty_state(), event)


def test_a_type_and_fields_that_the_catalogue_lacks_go_by_their_names() -> None:
    event, _ = told(empty_state(), [("from_the_future", {"x": 1}), ("price", {"symbol": "A"})])

    assert event["facts"] == [["from_the_future", {"x": 1}]]
    assert apply_changes(empty_state(), event)["prices"] == {"A": {"symbol": "A"}}


def test_states_fold_in_the_way_that_differences_rely_on() -> None:
    """A state is put or replaces, and no fact puts into its section."""
    states = {n: e for n, e in EVENT_TYPES.items() if e["kind"] == "state" and n != "snapshot"}
    facts = [
        step for event in EVENT_TYPES.values() if event["kind"] == "fact" for step in event["fold"]
    ]
    sections = [event["fold"][0][1] for event in states.values()]

    assert all(
        [step[0] for step in event["fold"]] in (["put"], ["replace"]) for event in states.values()
    )
    assert not [step for step in facts if step[0] != "remove" and step[1] in sections]
    assert all("at" in event["fields"] for event in states.values())


def test_types_and_fields_keep_their_places() -> None:
    """A page that is open speaks in these numbers: append, or raise the schema's version."""
    known = json.loads(ORDER.read_text(encoding="utf-8"))

    assert list(FIELDS)[: len(known)] == list(known)
    assert {name: FIELDS[name][: len(fields)] for name, fields in known.items()} == known


def test_a_section_that_an_older_state_lacks_is_told_whole() -> None:
    event, new = told({**empty_state(), "prices": {}}, [("price", price(1.5))])
    older = {name: value for name, value in empty_state().items() if name != "prices"}
    assert changes(older, new, [], 2**44) == event
