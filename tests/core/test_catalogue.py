import json
from pathlib import Path

import jsonschema
import pytest

from core.catalogue import events_page, payload_schema, state_schema
from core.dashboard import EVENT_TYPES, empty_state

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_events_page_is_in_step_with_the_code() -> None:
    assert (DOCS / "events.md").read_text(encoding="utf-8") == events_page(), "run: make docs"


def test_the_published_schema_is_in_step_with_the_code() -> None:
    published = json.loads((DOCS / "dashboard_state.schema.json").read_text(encoding="utf-8"))

    assert published == state_schema(), "run: make docs"


def test_the_schema_is_valid_and_takes_an_empty_state() -> None:
    schema = state_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    snapshot = {"schema_version": 1, "epoch": "e", "seq": 0, "at": 0, "state": empty_state()}

    jsonschema.validate(snapshot, schema)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_event_type_names_its_kind_key_and_fields(name: str) -> None:
    event = EVENT_TYPES[name]

    assert event["kind"] in {"fact", "state"}
    assert event["doc"]
    assert "at" in event["fields"]
    assert all(spec["doc"] for spec in event["fields"].values())
    if event["kind"] == "fact":
        assert "fact_id" in event["fields"]
    for operation, _, argument in event["fold"]:
        if operation in {"put", "remove"}:
            assert argument in event["fields"]
        if operation == "put" and event["kind"] == "state":
            assert event["key"] == argument
    jsonschema.Draft202012Validator.check_schema(payload_schema(name))


def test_a_payload_with_a_missing_or_unknown_field_is_refused() -> None:
    schema = payload_schema("equity_point")
    good = {"fact_id": "equity:1", "at": 1, "equity": 1.5, "balance": 2}

    jsonschema.validate(good, schema)
    for bad in ({**good, "extra": 1}, {k: v for k, v in good.items() if k != "at"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)
