import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dashboard import EVENT_TYPES, State, apply, empty_state
from tests.histories import Event, histories


def fold(state: State, history: list[Event]) -> State:
    for event_type, data in history:
        state = apply(state, event_type, data)
    return state


@given(histories(), st.integers(0, 30))
def test_a_snapshot_and_the_events_after_it_are_the_later_snapshot(
    history: list[Event], cut: int
) -> None:
    snapshot = fold(empty_state(), history[:cut])
    reset: Event = ("snapshot", {"state": snapshot})

    assert fold(empty_state(), [reset, *history[cut:]]) == fold(empty_state(), history)


@given(histories())
def test_states_that_a_newer_one_of_their_key_follows_can_be_dropped(history: list[Event]) -> None:
    newest: dict[tuple[str, str], int] = {}
    for place, (event_type, data) in enumerate(history):
        event = EVENT_TYPES.get(event_type, {})
        if event.get("kind") == "state":
            newest[event_type, str(data.get(event.get("key", ""), ""))] = place
    kept = [
        (event_type, data)
        for place, (event_type, data) in enumerate(history)
        if EVENT_TYPES.get(event_type, {}).get("kind") != "state" or place in newest.values()
    ]
    full, thin = fold(empty_state(), history), fold(empty_state(), kept)

    # A state that was removed by a fact in between, and then told again, is there in both.
    assert {s: full[s] for s in full} == {s: thin[s] for s in thin}


@given(histories(max_size=10))
def test_folding_changes_neither_the_old_state_nor_the_event(history: list[Event]) -> None:
    state = empty_state()
    for event_type, data in history:
        before, sent = copy.deepcopy(state), copy.deepcopy(data)
        after = apply(state, event_type, data)
        assert state == before
        assert data == sent
        state = after


def test_appending_keeps_the_newest_up_to_the_cap() -> None:
    state = empty_state()
    for number in range(130):
        state = apply(state, "equity_point", {"at": number})

    assert [point["at"] for point in state["equity"]] == list(range(70, 130))


def test_a_closed_trade_takes_its_position_away() -> None:
    state = apply(empty_state(), "position", {"id": "p1", "qty": 1})
    state = apply(state, "trade_closed", {"id": "p1", "net_pnl": 2})

    assert state["positions"] == {}
    assert state["trades"] == state["activity"] == [{"id": "p1", "net_pnl": 2}]


def test_an_unknown_event_changes_nothing() -> None:
    assert apply(empty_state(), "from_the_future", {"x": 1}) == empty_state()


def test_an_operation_outside_the_six_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EVENT_TYPES, "odd", {})
    monkeypatch.setattr("core.dashboard.FOLD_TABLE", {"odd": [("multiply", "account", "")]})

    with pytest.raises(ValueError, match="multiply"):
        apply(empty_state(), "odd", {})
