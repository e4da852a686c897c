"""What changed between two states of the dashboard, told as one event in few bytes.

A thin stream tells, now and then, one event ``changes`` where a live one tells every event:
the facts that happened, then of each state only the fields that differ. Types and fields are
numbered by their place in ``events.json``, which thus belongs to the schema's version. A reader
turns it into ordinary events by `expand` and folds those; the browser's twin is
``js/changes.js``.

```
{"at": ms, "n": events since the one before, "facts": [[type, [value, …]], …],
 "states": [[type, key, field, value, …], …]}
```

A state that replaces its section has no key. Its ``at`` is the event's, unless named, and then
counted back from it. A value that is new, or not of the catalogue's shape, stands whole:
``[type, key, [value, …]]``, or ``[type, key, {name: value}]`` and a type's name for its number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from core.dashboard import EVENT_TYPES, State, apply

CHANGES: Final = "changes"
FIELDS: Final = {name: list(event["fields"]) for name, event in EVENT_TYPES.items()}

Data = Mapping[str, Any]
Event = tuple[str, Data]

_TYPES: Final = list(EVENT_TYPES)
_CODES: Final = {name: code for code, name in enumerate(_TYPES)}
_PLACES: Final = {
    name: {field: place for place, field in enumerate(fields)} for name, fields in FIELDS.items()
}
# type, section, whether the section holds one value for each key
_STATES: Final = [
    (name, event["fold"][0][1], event["fold"][0][0] == "put")
    for name, event in EVENT_TYPES.items()
    if event["kind"] == "state" and name != "snapshot"
]
_SECTIONS: Final = {name: (section, keyed) for name, section, keyed in _STATES}
_CONTAINERS: Final = (list, dict)
_encode: Final = msgspec.json.Encoder().encode


def changes(told: State, new: State, facts: Sequence[Event], at: int) -> dict[str, Any] | None:
    """Return what makes *new* out of *told*, or None if these facts and states cannot.

    Args:
        told: the state that the readers have.
        new: the state that they shall have.
        facts: what happened in between, in order.
        at: engine clock of the newest event in *new*, ms.
    """
    for event_type, data in facts:
        told = apply(told, event_type, data)
    entries: list[list[Any]] = []
    for event_type, section, keyed in _STATES:
        olds, news = told.get(section, {}), new.get(section, {})
        if olds is news:
            continue
        if not keyed:
            olds, news = {"": olds} if olds else {}, {"": news} if news else {}
        if not olds.keys() <= news.keys():
            return None
        for key, value in news.items():
            entry = _state_entry(event_type, olds.get(key), value, at)
            if entry is not None:
                entries.append([_CODES[event_type], *([key] if keyed else []), *entry])
    told_facts = [[_CODES.get(name, name), _packed(name, data)] for name, data in facts]
    parts = {"facts": told_facts, "states": entries}
    return {"at": at, **{name: part for name, part in parts.items() if part}}


def expand(state: State, data: Data) -> Iterator[Event]:
    """Yield the ordinary events that a ``changes`` event stands for, to be folded in order.

    Args:
        state: the folded state that the reader has before it.
        data: the event's parsed JSON object.

    Raises:
        ValueError: it names a value that the reader does not have.
    """
    for code, packed in data.get("facts", ()):
        event_type = _name(code)
        yield event_type, _unpacked(event_type, packed)
    for code, *entry in data.get("states", ()):
        event_type = _name(code)
        section, keyed = _SECTIONS[event_type]
        key, rest = (entry[0], entry[1:]) if keyed else ("", entry)
        if rest and isinstance(rest[0], _CONTAINERS):
            yield event_type, _unpacked(event_type, rest[0])
            continue
        held = state.get(section, {})
        old = held.get(key) if keyed else held
        if not old:
            raise ValueError(f"{event_type} {key!r} changed, but the reader does not have it")
        yield event_type, {**old, "at": data["at"], **_named(event_type, rest, data["at"])}


def apply_changes(state: State, data: Data) -> State:
    """Return *state* after a ``changes`` event; neither argument is changed.

    Raises:
        ValueError: it does not fit *state*.
    """
    for event_type, expanded in list(expand(state, data)):
        state = apply(state, event_type, expanded)
    return state


def _state_entry(event_type: str, old: Data | None, new: Data, at: int) -> list[Any] | None:
    """Return what stands after the key: pairs, or the whole value; None if nothing differs."""
    if old is new:
        return None
    if old is None or old.keys() != new.keys() or type(new.get("at")) is not int:
        return [_packed(event_type, new)]
    places = _PLACES[event_type]
    differing = [name for name, value in new.items() if _differs(old[name], value)]
    if not all(name in places for name in differing):
        return [_packed(event_type, new)]
    if not differing:
        return None
    pairs = [] if new["at"] == at else [places["at"], at - new["at"]]
    for name in differing:
        if name != "at":
            pairs += [places[name], new[name]]
    return pairs


def _differs(old: Any, new: Any) -> bool:
    if old is new:
        return False
    if isinstance(new, _CONTAINERS):
        return bool(_encode(old) != _encode(new))
    return bool(old != new or type(old) is not type(new))


def _packed(event_type: str, data: Data) -> list[Any] | Data:
    """Return the values in the catalogue's order, or *data* if it has other fields."""
    fields = FIELDS.get(event_type, [])
    if data.keys() != set(fields):
        return data
    return [data[name] for name in fields]


def _unpacked(event_type: str, packed: list[Any] | Data) -> Data:
    if not isinstance(packed, list):
        return packed
    return dict(zip(FIELDS[event_type], packed, strict=True))


def _named(event_type: str, pairs: Sequence[Any], at: int) -> dict[str, Any]:
    fields = FIELDS[event_type]
    named = {fields[place]: value for place, value in _by_two(pairs)}
    if "at" in named:
        named["at"] = at - named["at"]
    return named


def _by_two(pairs: Sequence[Any]) -> Iterable[tuple[int, Any]]:
    return zip(pairs[::2], pairs[1::2], strict=True)


def _name(code: int | str) -> str:
    return code if isinstance(code, str) else _TYPES[code]
