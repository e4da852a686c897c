"""The event catalogue in other words: a page for people, a JSON Schema for programs."""

from typing import Any, Final

from core.dashboard import EVENT_TYPES, SCHEMA_VERSION

Schema = dict[str, Any]

_SCHEMA_ID: Final = "https://quarterdeck.invalid/dashboard_state.schema.json"
_OPERATIONS: Final = {
    "reset": "replaces the whole state",
    "replace": "replaces section `{section}`",
    "merge": "merges into section `{section}`; null deletes",
    "put": "puts itself into section `{section}` under its `{argument}`",
    "remove": "removes its `{argument}` from section `{section}`",
    "append": "is appended to section `{section}`, which keeps {argument}",
}
_INTRO: Final = """# Events

The engine tells everything as numbered events: `{seq, type, at, data}`. The same events reach
the page, the bot and every API reader, as Server-Sent Events:

```
id: <epoch>-<seq>
event: <type>
data: {"at": …, …}
```

**Facts** are stored before they are told, bear a permanent `fact_id`, and are never dropped,
merged or reordered. **States** are the whole value of their key; a slow reader may get only the
newest. `at` and every other time is integer milliseconds since the epoch, UTC, of the engine's
clock, which in a replay is the market's own time.

A reader that connects with `Last-Event-ID` gets what it missed, or one `snapshot`. Every 15 s
the web process adds a `heartbeat` without an id:
`{"at", "engine": "up"|"away", "engine_age_ms", "engine_at", "away_since", "role"}`; what is
unknown is left out.

## Thin streams

`/api/dashboard/stream?rate=` is `live` (every event), `balanced` or `saver`. The thin ones bring,
every 3 s and every 5 s, one event `changes` for all that happened since the one before; a fact
brings it at once. It bears the id of the newest event in it, so a reader may resume from it at any
rate.

```
{"at": ms, "n": 19, "facts": [[type, [value, …]], …], "states": [[type, key, field, value, …], …]}
```

- Types and fields are numbers: their place in `core/events.json`, from 0, which is also the order
  of this page. They change only with the schema's version.
- `n` is the difference to the id before: another one means that something is missing, so forget
  the place and connect anew.
- `facts` come first, each with its values in the catalogue's order. Fold them as ordinary events.
- `states` name only the fields that changed, beside the key if the type has one. Their `at` is that
  of the event, unless it is named: then it is so many ms before it. Put the fields into the old
  value, and fold the result as an ordinary event.
- A value that is new stands whole: `[type, key, [value, …]]`. One with other fields than the
  catalogue's stands as `{name: value}`, a type that the catalogue lacks as its name.

This page is made from `core/events.json` by `make docs`.
"""


def events_page() -> str:
    """Return ``docs/events.md``: every event type, what it does to the state, every field."""
    parts = [_INTRO]
    for name, event in EVENT_TYPES.items():
        parts.append(f"## {name} ({event['kind']})\n\n{event['doc']}\n")
        effects = [
            _OPERATIONS[operation].format(section=section, argument=argument)
            for operation, section, argument in event["fold"]
        ]
        parts.append(f"In the fold it {'; it '.join(effects) or 'changes nothing'}.\n")
        rows = [
            f"| `{field}` | {spec['type'].replace('|', ' or ')} | {spec['doc']} |"
            for field, spec in event["fields"].items()
        ]
        parts.append("\n".join(["| field | type | meaning |", "|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def payload_schema(event_type: str) -> Schema:
    """Return the JSON Schema of one event's data; every field is required, no other allowed."""
    fields = EVENT_TYPES[event_type]["fields"]
    return {
        "type": "object",
        "properties": {
            name: {"type": spec["type"].split("|"), "description": spec["doc"]}
            for name, spec in fields.items()
        },
        "required": list(fields),
        "additionalProperties": False,
    }


def state_schema() -> Schema:
    """Return the JSON Schema (2020-12) of ``data/dashboard_state.json``."""
    sections: dict[str, Schema] = {}
    for name, event in EVENT_TYPES.items():
        for operation, section, argument in event["fold"]:
            reference = {"$ref": f"#/$defs/{name}"}
            if operation == "replace":
                sections[section] = {"anyOf": [reference, {"type": "object", "maxProperties": 0}]}
            elif operation == "put":
                every = sections.setdefault(section, {"type": "object", "additionalProperties": {}})
                _also(every["additionalProperties"], reference)
            elif operation == "append":
                every = sections.setdefault(section, {"type": "array", "items": {}})
                every["maxItems"] = argument
                _also(every["items"], reference)
    snapshot = payload_schema("snapshot")
    snapshot["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    snapshot["properties"]["state"] = {
        "type": "object",
        "properties": sections,
        "required": list(sections),
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _SCHEMA_ID,
        "title": "Quarterdeck dashboard state",
        **snapshot,
        "$defs": {name: payload_schema(name) for name in EVENT_TYPES if name != "snapshot"},
    }


def _also(schema: Schema, reference: Schema) -> None:
    choices = schema.setdefault("anyOf", [])
    if reference not in choices:
        choices.append(reference)
