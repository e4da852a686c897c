"""The whole API in the words of OpenAPI 3.1, made from the routes' own descriptions.

Source: https://spec.openapis.org/oas/v3.1.1.html
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from apispec import APISpec
from flask import Flask
from werkzeug.routing import Rule

from telegram_webapp.auth.needs import Needs, needs_of
from telegram_webapp.described import NO_DATABASE, Description, Kept, Refusal, description_of
from telegram_webapp.examples import REFERENCE, Examples
from telegram_webapp.problems import MIMETYPE, problem_body
from telegram_webapp.query import Parameter
from telegram_webapp.schemas import PROBLEM, cleaned, mended
from utils.version import VERSION

Schema = dict[str, Any]

JSON: Final = "application/json"
PART: Final = re.compile(r"<(?:\w+:)?(\w+)>")
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
INTRO: Final = (
    "Times are whole milliseconds since 1970, UTC. Amounts are numbers. Every error is an "
    "`application/problem+json` whose `code` is a stable word for programs. Programs send an API "
    "key as `Authorization: Bearer`; the page uses its cookie."
)
ALWAYS: Final = (
    Refusal(400, "bad_parameter", "a parameter is unknown or not what it must be"),
    Refusal(414, "no_request", "the address is too long"),
)
OF_BODIES: Final = (
    Refusal(400, "bad_body", "the body is not what it must be"),
    Refusal(403, "cross_site", "another site asks"),
    Refusal(408, "slow_body", "the body did not come in time"),
    Refusal(413, "request_entity_too_large", "the body is longer than 64 KiB"),
    Refusal(415, "not_json", "Content-Type is not application/json"),
)
OF_PEOPLE: Final = (
    Refusal(401, "not_signed_in", "there is no credential, or none that is good"),
    Refusal(403, "role_needed", "the role is too small"),
    Refusal(429, "too_many", "too many requests; Retry-After says when to come again"),
    NO_DATABASE,
)


class Operation(NamedTuple):
    """One method of one path, and all that is known of it."""

    path: str
    method: str
    group: str
    needs: Needs
    description: Description
    summary: str
    details: str


def operations(app: Flask) -> Iterator[Operation]:
    """Yield what *app* serves below ``/api`` and describes, in the order of the paths."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view = app.view_functions[rule.endpoint]
        description, needs = description_of(view), needs_of(view)
        if description is None or needs is None:
            continue
        for method in sorted((rule.methods or set()) & set(METHODS)):
            summary, details = _words(view)
            group = rule.endpoint.partition(".")[0].replace("_", " ")
            path = PART.sub(r"{\1}", rule.rule)
            yield Operation(path, method, group, needs, description, summary, details)


def undescribed(app: Flask) -> list[str]:
    """Return the routes below ``/api`` that say nothing of themselves."""
    rules: list[Rule] = list(app.url_map.iter_rules())
    return [
        rule.rule
        for rule in rules
        if rule.rule.startswith("/api")
        and description_of(app.view_functions[rule.endpoint]) is None
    ]


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document of *app*."""
    spec = APISpec(
        title="Quarterdeck", version=VERSION, openapi_version="3.1.0",
        info={"description": INTRO}, security=[{"key": []}, {"session": []}],
        servers=[{"url": "/", "description": "where this page is served"}],
    )  # fmt: skip
    key = {"type": "http", "scheme": "bearer", "description": "an API key or a Telegram token"}
    spec.components.security_scheme("key", key)
    session = {"type": "apiKey", "in": "cookie", "name": "quarterdeck_8080"}
    spec.components.security_scheme(
        "session", {**session, "description": "the page's; its name ends in the port"}
    )
    known = list(operations(app))
    shapes = _Shapes(known)
    for name, schema in shapes.components.items():
        spec.components.schema(name, schema)
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for operation in known:
        paths[operation.path][operation.method.lower()] = _operation(operation, shapes)
    for group in sorted({operation.group for operation in known}):
        spec.tag({"name": group})
    for path, methods in paths.items():
        spec.path(path=path, operations=methods)
    told: dict[str, Any] = mended(spec.to_dict())
    return told


class _Shapes:
    """The schemas of all that is sent and answered, each type once."""

    def __init__(self, known: list[Operation]) -> None:
        wanted: dict[int, Any] = {}
        for operation in known:
            for shape in (operation.description.body, operation.description.answers):
                if shape is not None and not isinstance(shape, dict):
                    wanted[id(shape)] = shape
        schemas, components = msgspec.json.schema_components(
            list(wanted.values()), ref_template=REFERENCE + "{name}"
        )
        self._of = dict(zip(wanted, map(cleaned, schemas), strict=True))
        self.components = {name: cleaned(schema) for name, schema in components.items()}
        shapes = [operation.description.answers for operation in known]
        for shape in [PROBLEM, *(one for one in shapes if isinstance(one, dict))]:
            self.components[shape["title"]] = cleaned(shape)
        self._examples = Examples(self.components)

    def schema(self, shape: Any) -> Schema:
        if isinstance(shape, dict):
            return {"$ref": REFERENCE + shape["title"]}
        known: Schema = self._of[id(shape)]
        return known

    def example(self, shape: Any) -> Any:
        return self._examples.of(self.schema(shape))


def _operation(operation: Operation, shapes: _Shapes) -> dict[str, Any]:
    description, needs = operation.description, operation.needs
    role = "everybody" if needs.role is None else f"role {needs.role}"
    words = [operation.details, f"For {role}.", f"Cache-Control: `{description.kept}`."]
    told: dict[str, Any] = {
        "tags": [operation.group],
        "summary": operation.summary,
        "description": "\n\n".join(filter(None, words)),
        "operationId": _name(operation),
        "parameters": [_parameter(one) for one in description.takes],
        "responses": _responses(operation, shapes),
        "x-role": str(needs.role or "everybody"),
        "x-cache-control": description.kept.value,
    }
    if needs.role is None:
        told["security"] = []
    if description.body is not None:
        content = {
            "schema": shapes.schema(description.body),
            "example": shapes.example(description.body),
        }
        told["requestBody"] = {"required": True, "content": {JSON: content}}
    return told


def _parameter(parameter: Parameter[Any]) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.is_required,
        "description": parameter.about,
        "schema": parameter.schema,
        "example": parameter.example,
    }


def _responses(operation: Operation, shapes: _Shapes) -> dict[str, Any]:
    description = operation.description
    content: dict[str, Any] = {
        kind: {"schema": {"type": "string", "contentMediaType": kind}} for kind in description.files
    }
    answer: dict[str, Any] = {"description": "what was asked for", "headers": _headers(description)}
    if description.answers is not None:
        shape, example = description.answers, description.example
        schema = shapes.schema(shape)
        if any(one.name == "format" for one in description.takes):
            schema = {"anyOf": [schema, {"type": "array", "items": {"type": "object"}}]}
            content["text/csv"] = {"schema": {"type": "string"}}
        content[JSON] = {
            "schema": schema,
            "example": shapes.example(shape) if example is None else example,
        }
    if content:
        answer["content"] = content
    responses = {str(description.status): answer}
    if description.kept is Kept.ASKED_ANEW:
        responses["304"] = {"description": "it is as the ETag in If-None-Match says"}
    for status, refusals in _refusals(operation).items():
        responses[str(status)] = _refusal(status, refusals)
    return dict(sorted(responses.items()))


def _headers(description: Description) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    headers = {
        "Cache-Control": {"schema": {"type": "string", "enum": _kept(description)}},
        "RateLimit": {**text, "description": "what is left of the budget"},
        "RateLimit-Policy": {**text, "description": "the budget"},
    }
    if description.kept is Kept.ASKED_ANEW:
        headers["ETag"] = {**text, "description": "for If-None-Match"}
    return headers


def _kept(description: Description) -> list[str]:
    """Return what Cache-Control may be: files, and what is told again, are never kept."""
    never = Kept.NEVER.value
    streams = "text/event-stream" in description.files
    usual = f"{never}, no-transform" if streams else description.kept.value
    return list(dict.fromkeys([usual, never]))


def _refusals(operation: Operation) -> dict[int, list[Refusal]]:
    """Return what the route may refuse with, by status: what is common, then its own."""
    common: list[Refusal] = [*ALWAYS]
    if operation.method != "GET":
        common += OF_BODIES
    if operation.needs.role is not None:
        common += OF_PEOPLE
    found: dict[int, list[Refusal]] = defaultdict(list)
    for refusal in dict.fromkeys([*common, *operation.description.problems]):
        found[refusal.status].append(refusal)
    return found


def _refusal(status: int, refusals: list[Refusal]) -> dict[str, Any]:
    examples = {one.code: {"value": problem_body(status, one.code, one.when)} for one in refusals}
    schema = {"$ref": f"{REFERENCE}Problem"}
    told: dict[str, Any] = {
        "description": "; ".join(f"`{one.code}`: {one.when}" for one in refusals),
        "content": {MIMETYPE: {"schema": schema, "examples": examples}},
    }
    if status in {429, 503}:
        told["headers"] = {
            "Retry-After": {"schema": {"type": "string"}, "description": "seconds to wait"}
        }
    return told


def _words(view: Any) -> tuple[str, str]:
    """Return the first sentence of a view's docstring, and what it says beyond it."""
    text = inspect.getdoc(view) or ""
    summary, _, rest = text.partition("\n\n")
    details = "" if rest.startswith("Raises:") else rest.partition("\n\nRaises:")[0]
    return " ".join(summary.split()).removesuffix("."), " ".join(details.split())


def _name(operation: Operation) -> str:
    first, *others = re.findall(r"\w+", operation.path)
    words = others if first == "api" else ["root", first, *others]
    return "_".join([operation.method.lower(), *words])
