"""What is told of the API is what it does."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import telegram_webapp.routes
from store.access import Role
from telegram_webapp.openapi import JSON, document, operations, undescribed
from tests.telegram_webapp.house import House, house

ROUTES = Path(telegram_webapp.routes.__file__).parent
# what reads the query string on its own, beside the declared parameters
RAW = {"whole", "time", "choice", "one_of", "text", "account", "wanted"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture(scope="module")
def told(built: House) -> dict[str, Any]:
    return document(built.app)


def test_the_document_is_valid(told: dict[str, Any]) -> None:
    validate(told)


def test_every_route_is_described(built: House) -> None:
    assert undescribed(built.app) == []


def test_every_example_fits_its_schema(told: dict[str, Any]) -> None:
    for where, schema, example in examples(told):
        faults = [
            fault.message
            for fault in Draft202012Validator(
                {**schema, "components": told["components"]}
            ).iter_errors(example)
        ]
        assert not faults, f"{where}: {faults}"


def examples(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield where an example stands, its schema, and it."""
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            for parameter in operation["parameters"]:
                yield f"{where} {parameter['name']}", parameter["schema"], parameter["example"]
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (media for body in bodies for media in body.get("content", {}).values()):
                if "example" in content:
                    yield where, content["schema"], content["example"]
                for named in content.get("examples", {}).values():
                    yield where, content["schema"], named["value"]


def test_every_answer_has_a_summary_and_a_shape(built: House) -> None:
    for operation in operations(built.app):
        where = f"{operation.method} {operation.path}"
        assert operation.summary, where
        is_file = bool(operation.description.files)
        assert operation.description.answers or is_file or operation.description.status == 204, (
            where
        )


def test_a_route_reads_only_parameters_that_it_declares() -> None:
    found = [
        f"{path.name}: {ast.unparse(node)}"
        for path in ROUTES.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "parameters"
        and node.attr in RAW
    ]
    assert found == []


def test_each_part_of_a_path_is_declared(told: dict[str, Any]) -> None:
    for path, methods in told["paths"].items():
        parts = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for operation in methods.values():
            declared = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert declared == parts, path


def test_every_limit_that_is_told_of_a_parameter_is_kept(
    built: House, told: dict[str, Any]
) -> None:
    accepted = []
    for path, methods in told["paths"].items():
        declared = methods.get("get", {}).get("parameters", [])
        for one in declared:
            if one["in"] == "path" or one["schema"] == {"type": "string"}:
                continue
            wrong = "1" * 20 if "maximum" in one["schema"] else ""
            where = path.replace("{symbol}", "BTCUSDT").replace("{name}", "equity")
            asked = {it["name"]: it["example"] for it in declared if it["required"]}
            answer = built.get(where, Role.OWNER, query_string={**asked, one["name"]: wrong})
            if answer.status_code != 400 or one["name"] not in answer.text:
                accepted.append(f"{path} {one['name']}={wrong}: {answer.status_code}")
    assert accepted == []


def test_a_parameter_is_given_once(built: House) -> None:
    answer = built.get("/api/trades?limit=1&limit=2")

    assert answer.status_code == 400
    assert "limit must be given once" in answer.text


def test_the_document_is_served_to_everybody(built: House, told: dict[str, Any]) -> None:
    answer = built.client().get("/api/openapi.json")

    assert answer.status_code == 200
    assert answer.content_type == JSON
    assert answer.json == told


def test_the_page_of_the_api_is_as_dark_as_all_others() -> None:
    """It has no script, so its sheet says the dark colours itself."""
    css = ROUTES.parent / "css"
    dark = (css / "tokens.css").read_text().split(':root[data-theme="dark"] {')[1].split("}")[0]

    own = (css / "api.css").read_text()
    assert [line for line in map(str.strip, dark.splitlines()) if line not in own] == []
