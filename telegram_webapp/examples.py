"""An example for any shape: by the names of its fields, which mean the same everywhere."""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
REFERENCE: Final = "#/components/schemas/"
AT: Final = 1_767_225_600_000
DEEPEST: Final = 12

# What a field of a name holds, wherever it stands; other names get a value of their type.
BY_NAME: Final[Mapping[str, Any]] = {
    "account": 1, "amount": 12.5, "asks": [[97001.5, 0.25]], "at": AT, "bids": [[97000.5, 0.4]],
    "by": "page", "client": "Firefox on Linux", "confidence": 0.72, "currency": "USDT",
    "cursor": "1767225600000-17", "detail": "a plain sentence that says why",
    "equity": 10250.75, "error": "", "fee": 0.97, "id": "p-17", "idempotency_key": "k3J9x2",
    "interval_ms": 300_000, "label": "Win rate", "level": "info", "limit": 100,
    "link": "/trades/p-17", "name": "desk", "net_pnl": 41.2, "next_cursor": "1767225600000-17",
    "note": "", "period_s": 5, "price": 97000.5, "qty": 0.25, "reason": "too few trades: 3 of 20",
    "role": "viewer", "rule": "BTC/USDT price > 100000", "score": 0.4, "secret": "qd_example",
    "side": "long", "since": AT - 86_400_000, "stale": False, "status": "open",
    "strategy": "trend", "subject": "key desk", "symbol": "BTC/USDT", "text": "price > 100000",
    "title": "Trade closed", "token": "example", "type": "trade_closed", "until": AT,
    "value": 1.5, "via": "key", "version": "0.1.0",
}  # fmt: skip


class Examples:
    """Makes a value for any shape, from the names of its fields."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        """Remember what references name."""
        self._components = components

    def of(self, schema: Schema, name: str = "", depth: int = 0) -> Any:
        """Return a value that fits *schema*.

        Args:
            schema: a JSON Schema, as `msgspec` writes them.
            name: of the field that holds the value.
            depth: how far inside of another value it stands.
        """
        if "$ref" in schema:
            schema = self._components[schema["$ref"].removeprefix(REFERENCE)]
        given = _given(schema)
        if given is not None:
            return given
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self.of(min(options, key=lambda one: one.get("type") == "null"), name, depth)
        kind = schema.get("type", "null")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind == "object":
            return self._object(schema, depth)
        return self._array(schema, name, depth) if kind == "array" else _plain(kind, schema, name)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        if depth >= DEEPEST:
            return {}
        inner = schema.get("properties", {})
        found = {name: self.of(one, name, depth + 1) for name, one in inner.items()}
        others = schema.get("additionalProperties")
        if not found and isinstance(others, Mapping):
            found["trend"] = self.of(others, "", depth + 1)
        return found

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        if depth >= DEEPEST:
            return []
        if "prefixItems" in schema:
            return [self.of(one, "", depth + 1) for one in schema["prefixItems"]]
        items = schema.get("items")
        known = isinstance(items, Mapping)
        return [self.of(items, name.removesuffix("s"), depth + 1)] if known else []  # type: ignore[arg-type]


def _given(schema: Schema) -> Any:
    """Return what a schema itself offers, None if that is nothing."""
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    return None


def _plain(kind: str, schema: Schema, name: str) -> Any:
    known = _named(name)
    is_number = isinstance(known, int | float) and not isinstance(known, bool)
    if kind == "number":
        return known if is_number else 1.5
    if kind == "integer":
        return known if isinstance(known, int) and is_number else max(schema.get("minimum", 1), 1)
    if kind == "string":
        return known if isinstance(known, str) else "text"
    return known if kind == "boolean" and isinstance(known, bool) else {"boolean": False}.get(kind)


def _named(name: str) -> Any:
    if name in BY_NAME:
        return BY_NAME[name]
    return AT if name.endswith("_at") else None
