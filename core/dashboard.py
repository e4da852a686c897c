"""The fold: what the dashboard shows is this function of the events, here and in the browser.

The table in ``events.json`` says what each event type does to which section; there are six
operations, and no arithmetic, sorting or clock, so that ``js/fold.js`` can be the same twenty
lines. An event type that the table does not name changes nothing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

State = dict[str, Any]
FoldTable = Mapping[str, list[tuple[str, str, str | int]]]

CATALOGUE: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("events.json").read_text(encoding="utf-8")
)
SCHEMA_VERSION: Final[int] = CATALOGUE["schema_version"]
EVENT_TYPES: Final[dict[str, Any]] = CATALOGUE["events"]
FOLD_TABLE: Final[FoldTable] = {name: event["fold"] for name, event in EVENT_TYPES.items()}


def empty_state() -> State:
    """Return a state with every section present and empty."""
    state: State = {}
    for operations in FOLD_TABLE.values():
        for operation, section, _ in operations:
            if section:
                state[section] = [] if operation == "append" else {}
    return state


def apply(state: State, event_type: str, data: Mapping[str, Any]) -> State:
    """Return *state* after an event; neither argument is changed.

    Args:
        state: sections by name, as from `empty_state`.
        event_type: a name of ``events.json``; an unknown one leaves the state as it is.
        data: the event's parsed JSON object.
    """
    for operation, section, argument in FOLD_TABLE.get(event_type, ()):
        state = _operate(state, (operation, section, argument), data)
    return state


def _operate(state: State, step: tuple[str, str, str | int], data: Mapping[str, Any]) -> State:
    operation, section, argument = step
    if operation == "reset":
        return dict(data["state"])
    old = state[section]
    new: Any
    match operation:
        case "replace":
            new = data
        case "merge":
            new = {k: v for k, v in {**old, **data}.items() if v is not None}
        case "put":
            new = {**old, data[str(argument)]: data}
        case "remove":
            new = {k: v for k, v in old.items() if k != data[str(argument)]}
        case "append":
            new = [*old, data][-int(argument) :]
        case _:
            raise ValueError(f"fold operation {operation!r} is not one of the six")
    return {**state, section: new}
