import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from core.changes import FIELDS, changes
from core.dashboard import EVENT_TYPES, FOLD_TABLE, State, apply, empty_state
from tests.histories import Event, histories, strict

THIN = """async ([table, fields, events]) => {
  const [{ Store }, { expand }] = [await import("/js/store.js"), await import("/js/changes.js")];
  const [fold, names] = [JSON.parse(table), JSON.parse(fields)];
  const store = new Store(fold);
  const heard = [];
  store.listen((type) => heard.push(type));
  store.reset({}, "e-0");
  JSON.parse(events).forEach((data, i) => {
    store.fold(expand(names, fold, store.state, data), `e-${i + 1}`);
  });
  return [JSON.stringify(store.state), store.place, heard];
}"""


def tell(state: State, history: list[Event]) -> tuple[dict[str, Any], State]:
    new, facts = state, []
    for event_type, data in history:
        new = apply(new, event_type, data)
        if EVENT_TYPES.get(event_type, {}).get("kind") != "state":
            facts.append((event_type, data))
    told = changes(state, new, facts, 2**44)
    assert told is not None
    return told, new


def fold_thin(page: Page, events: list[dict[str, Any]]) -> tuple[State, str, list[str]]:
    arguments = [json.dumps(FOLD_TABLE), json.dumps(FIELDS), json.dumps(events)]
    state, place, heard = page.evaluate(THIN, arguments)
    return json.loads(state), place, heard


@settings(max_examples=60, deadline=None)
@given(histories(), st.lists(st.integers(0, 6), max_size=8))
def test_a_thin_page_has_the_same_state_as_the_engine(
    modules: Page, history: list[Event], steps: list[int]
) -> None:
    state, events, told = empty_state(), [], history
    for step in [*steps, len(history)]:
        event, state = tell(state, told[:step])
        events.append(event)
        told = told[step:]
    thin, place, heard = fold_thin(modules, events)

    assert strict(thin) == strict(state)
    assert place == f"e-{len(events)}"
    facts = [name for name, _ in history if EVENT_TYPES.get(name, {}).get("kind") != "state"]
    assert [n for n in heard if EVENT_TYPES.get(n, {}).get("kind") != "state"] == facts


def test_a_change_of_what_the_page_lacks_is_refused(modules: Page) -> None:
    price = list(EVENT_TYPES).index("price")
    said = modules.evaluate(
        """async ([table, fields, data]) => {
          const { expand } = await import("/js/changes.js");
          const { emptyState } = await import("/js/fold.js");
          try {
            expand(fields, table, emptyState(table), data);
          } catch (error) { return error.message; }
        }""",
        [FOLD_TABLE, FIELDS, {"at": 1, "states": [[price, "BTC/USDT", 2, 1.5]]}],
    )

    assert said == "prices BTC/USDT changed, but is not known here"
