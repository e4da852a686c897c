import json

from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from core.dashboard import EVENT_TYPES, FOLD_TABLE, State, apply, empty_state
from tests.histories import Event, histories, strict

FOLD = """async ([table, state, history]) => {
  const { apply, emptyState } = await import("/js/fold.js");
  const parsed = JSON.parse(history);
  const start = state ? JSON.parse(state) : emptyState(JSON.parse(table));
  const one = (folded, [type, data]) => apply(JSON.parse(table), folded, type, data);
  return JSON.stringify(parsed.reduce(one, start));
}"""
QUICK = settings(max_examples=60, deadline=None)


def fold_in_browser(page: Page, history: list[Event], state: State | None = None) -> State:
    start = None if state is None else json.dumps(state)
    folded: State = json.loads(
        page.evaluate(FOLD, [json.dumps(FOLD_TABLE), start, json.dumps(history)])
    )
    return folded


def fold(history: list[Event], state: State | None = None) -> State:
    folded = empty_state() if state is None else state
    for event_type, data in history:
        folded = apply(folded, event_type, data)
    return folded


@QUICK
@given(histories())
def test_the_browser_folds_any_history_as_python_does(modules: Page, history: list[Event]) -> None:
    assert strict(fold_in_browser(modules, history)) == strict(fold(history))


@QUICK
@given(histories(), st.integers(0, 30))
def test_a_snapshot_from_python_continues_in_the_browser(
    modules: Page, history: list[Event], cut: int
) -> None:
    snapshot = fold(history[:cut])
    rest: list[Event] = [("snapshot", {"state": snapshot}), *history[cut:]]

    assert strict(fold_in_browser(modules, rest)) == strict(fold(history))


@QUICK
@given(histories(), st.data())
def test_states_dropped_on_the_way_make_no_difference(
    modules: Page, history: list[Event], data: st.DataObject
) -> None:
    kept = [event for event in history if not replaced(event, history) or data.draw(st.booleans())]

    assert strict(fold_in_browser(modules, kept)) == strict(fold(kept))
    assert strict(fold_in_browser(modules, kept)) == strict(fold(kept, empty_state()))


def replaced(event: Event, history: list[Event]) -> bool:
    event_type, data = event
    catalogued = EVENT_TYPES.get(event_type, {})
    if catalogued.get("kind") != "state":
        return False
    key = catalogued.get("key")
    later = history[next(i for i, e in enumerate(history) if e is event) + 1 :]
    return any(t == event_type and (not key or d[key] == data[key]) for t, d in later)


def test_folding_changes_neither_the_state_nor_the_event(modules: Page) -> None:
    frozen = modules.evaluate(
        """async (table) => {
          const { apply, emptyState } = await import("/js/fold.js");
          const freeze = (value) => {
            if (value && typeof value === "object") Object.values(value).forEach(freeze);
            return Object.freeze(value);
          };
          let state = freeze(emptyState(table));
          const events = [
            ["position", {id: "p"}], ["order_placed", {id: "o"}], ["order_closed", {id: "o"}],
            ["trade_closed", {id: "p"}], ["engine", {at: 1}], ["snapshot", {state: {engine: {}}}],
          ];
          for (const [type, data] of events) {
            state = freeze(apply(table, state, type, freeze(data)));
          }
          return JSON.stringify(state);
        }""",
        FOLD_TABLE,
    )

    assert json.loads(frozen) == {"engine": {}}


def test_merge_deletes_what_is_null(modules: Page) -> None:
    merged = modules.evaluate(
        """async () => {
          const { apply } = await import("/js/fold.js");
          return apply({odd: [["merge", "a", ""]]}, {a: {x: 1, y: 2}}, "odd", {x: null, z: 3});
        }"""
    )

    assert merged == {"a": {"y": 2, "z": 3}}


def test_an_operation_outside_the_six_is_refused(modules: Page) -> None:
    said = modules.evaluate(
        """async () => {
          const { apply } = await import("/js/fold.js");
          const table = {odd: [["multiply", "a", ""]]};
          try { apply(table, {}, "odd", {}); } catch (error) { return error.message; }
        }"""
    )

    assert said == 'fold operation "multiply" is not one of the six'
