"""Random event histories for property tests: any order, few keys, so that they collide."""

from typing import Any

from hypothesis import strategies as st

from core.dashboard import EVENT_TYPES

Event = tuple[str, dict[str, Any]]

_NUMBERS = st.one_of(
    st.integers(-1000, 1000), st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 8))
)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["", "a", "trend", "é ✓", "<b>"]),
    "integer": st.integers(0, 2**45),
    "number": _NUMBERS,
    "boolean": st.booleans(),
    "array": st.lists(_NUMBERS, max_size=3),
    "object": st.just({}),
    "null": st.none(),
}
_KEYS = {
    "id": st.sampled_from(["p1", "p2", "p3", "__proto__", "constructor"]),
    "symbol": st.sampled_from(["BTC/USDT", "ETH/USDT"]),
}


def _field(name: str, types: str) -> st.SearchStrategy[Any]:
    if name in _KEYS:
        return _KEYS[name]
    return st.one_of([_VALUES[one] for one in types.split("|")])


def payloads(event_type: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return payloads of *event_type* with the catalogue's fields."""
    fields = EVENT_TYPES[event_type]["fields"]
    return st.fixed_dictionaries({n: _field(n, spec["type"]) for n, spec in fields.items()})


def events() -> st.SearchStrategy[Event]:
    """Return any event but a snapshot, also of a type nobody knows."""
    known = [name for name in EVENT_TYPES if name != "snapshot"]
    some = st.sampled_from(known).flatmap(lambda n: st.tuples(st.just(n), payloads(n)))
    return st.one_of(some, st.just(("from_the_future", {"at": 1})))


def histories(max_size: int = 30) -> st.SearchStrategy[list[Event]]:
    """Return lists of events, oldest first."""
    return st.lists(events(), max_size=max_size)


def strict(value: Any) -> Any:
    """Return *value* so that ``==`` tells True from 1 and leaves 1.0 equal to 1, as JSON does."""
    if isinstance(value, dict):
        return {key: strict(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [strict(inner) for inner in value]
    return (type(value).__name__, value) if isinstance(value, bool | str | None) else value
