"""The API over HTTP as its own description says: asked by schemathesis, and by the example."""

import importlib.util
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from store.access import Role
from tests.e2e import scene
from tests.e2e.stage import Stage
from tests.services import PATIENCE_S
from tests.telegram_webapp.house import fill_history
from tests.telegram_webapp.rig import ROOT, until

# Streams do not end; signing in wrongly is slowed on purpose; a report is a process of its own,
# and a setting would change the process that is asked.
NOT_ASKED: Final = {
    "/api/dashboard/stream", "/api/health/stream-probe", "/api/auth/login", "/api/auth/telegram",
    "/api/report", "/api/settings",
}  # fmt: skip
CONFORMS: Final = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# most is asked as an owner, who may do most; the others are refused in the same words
EXAMPLES: Final = {Role.VIEWER: 1, Role.TRADER: 1, Role.OWNER: 3}
BOUNDED: Final = settings(
    derandomize=True, database=None, deadline=None,
    phases=[Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
# A zero byte, half a surrogate pair, no UTF-8, more than any number holds, a wall of text.
STRANGE: Final = ("%00", "%ED%A0%80", "%FF", "9" * 400, "-1", "1e999", "%F0%9F%92%A9" * 300)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("api")
    fill_history(folder)
    built = Stage(folder, {})
    try:
        health = f"{built.url}api/health"
        until(lambda: httpx.get(health, timeout=PATIENCE_S).json()["engine"], lambda it: it == "up")
        yield built
    finally:
        built.close()


@pytest.fixture(scope="module")
def schema(stage: Stage) -> Any:
    answer = httpx.get(f"{stage.url}api/openapi.json", timeout=PATIENCE_S)
    return schemathesis.openapi.from_dict(answer.json())


def key(stage: Stage, role: Role, name: str) -> dict[str, str]:
    """Return what a program with a key of its own sends: budgets are by key."""
    secret = stage.access.create_key(f"{role} {name}"[:60], role, stage.now)
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("role", list(Role))
def test_schemathesis_finds_nothing(stage: Stage, schema: Any, role: Role) -> None:
    operations = [found.ok() for found in schema.get_all_operations()]
    asked = [operation for operation in operations if operation.path not in NOT_ASKED]
    assert len(asked) > 50
    found = [fault for one in asked if (fault := faults(stage, one, role))]
    assert not found, "\n\n".join(found)


def faults(stage: Stage, operation: Any, role: Role) -> str:
    """Return what is wrong with the answers of an operation, empty when nothing is."""
    headers = key(stage, role, operation.label)
    try:
        for mode in GenerationMode:
            # what an address cannot say, such as null, is left out of it: bodies can be wrong
            is_wrong = mode.is_negative and operation.body
            checks = [*CONFORMS, *([negative_data_rejection] if is_wrong else [])]
            with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
                asked = operation.as_strategy(generation_mode=mode)
                ask(stage, asked, headers, checks, EXAMPLES[role])
    except BaseExceptionGroup as error:
        return f"{operation.label} as {role}: {error.exceptions[:3]}"
    return ""


def ask(
    stage: Stage, strategy: Any, headers: dict[str, str], checks: list[Any], examples: int
) -> None:
    """Ask some of what *strategy* makes up, and check each answer."""

    @settings(BOUNDED, max_examples=examples)
    @given(case=strategy)
    def one(case: Any) -> None:
        answer = case.call(base_url=stage.url.rstrip("/"), headers=headers, timeout=PATIENCE_S)
        case.validate_response(answer, checks=checks)

    one()


def test_what_is_strange_is_refused_in_words(stage: Stage, schema: Any) -> None:
    headers = key(stage, Role.OWNER, "strange")
    paths = {operation.ok().path for operation in schema.get_all_operations()} - NOT_ASKED
    with httpx.Client(base_url=stage.url, headers=headers, timeout=PATIENCE_S) as client:
        for number, path in enumerate(sorted(paths)):
            value = STRANGE[number % len(STRANGE)]
            where = "/".join(value if part.startswith("{") else part for part in path.split("/"))
            for method, query in (("GET", f"?symbol={value}&limit={value}"), ("PROPFIND", "")):
                answer = client.request(method, where + query)
                assert answer.status_code != 500, (method, where)
                if answer.is_error:
                    assert answer.headers["Content-Type"] == "application/problem+json"
        wrong = client.post(
            "/api/commands", content=b"<xml/>", headers={"Content-Type": "text/xml"}
        )
        assert (wrong.status_code, wrong.json()["code"]) == (415, "not_json")


def test_every_answer_tells_what_is_left_of_the_budget(stage: Stage) -> None:
    headers = key(stage, Role.VIEWER, "budget")
    with httpx.Client(base_url=stage.url, timeout=PATIENCE_S) as client:
        one, two = (client.get("/api/me", headers=headers) for _ in range(2))
        stranger = client.get("/api/health")
        for _ in range(60):
            client.put("/api/preferences", json={}, headers=headers)
        changed = client.put("/api/preferences", json={}, headers=headers)

    assert one.headers["RateLimit-Policy"] == '"requests";q=1200;w=60'
    left = [int(it.headers["RateLimit"].split("r=")[1].split(";")[0]) for it in (one, two)]
    assert left[0] - left[1] == 1
    assert stranger.headers["RateLimit-Policy"] == '"wrong-credentials";q=10;w=60'
    assert (changed.status_code, changed.json()["code"]) == (429, "too_many")
    assert changed.headers["RateLimit"].startswith('"changes";r=0;t=')
    assert int(changed.headers["Retry-After"]) > 0


def test_the_example_client_does_what_it_says(stage: Stage) -> None:
    module = example()
    deck = module.Deck(stage.url, key(stage, Role.TRADER, "example")["Authorization"][7:])
    try:
        snapshot = deck.snapshot()
        assert deck.snapshot() is not None
        trades = list(deck.each("trades", limit=2))
        assert len(trades) == len({trade["id"] for trade in trades}) > 2
        assert deck.chart("equity", hours=24)["layout"]["meta"]["type"] == "equity"
        with pytest.raises(module.Refused, match="symbol must be") as refused:
            deck.get("api/why", symbol="NOPE/NOPE")
        assert (refused.value.status, refused.value.code) == (404, "unknown_symbol")
        assert deck.command("close_all")["ok"] is True
        follow(stage, deck, snapshot)
    finally:
        deck.close()


def follow(stage: Stage, deck: Any, snapshot: dict[str, Any]) -> None:
    """Follow the stream from *snapshot*, over a break, without losing a fact."""
    told = deck.events(f"{snapshot['epoch']}-{snapshot['seq']}", wait_s=0.05)
    teller = threading.Thread(target=_facts, args=(stage, 3))
    teller.start()
    heard: list[str] = []
    for event in told:
        if event.type == "trade_closed":
            heard.append(event.data["id"])
        if len(heard) == 3:
            break
    teller.join(PATIENCE_S)
    last = event.id
    _fact(stage, 3)
    again = next(it for it in deck.events(last, wait_s=0.05) if it.type == "trade_closed")
    assert [*heard, again.data["id"]] == ["t0", "t1", "t2", "t3"]


def _facts(stage: Stage, count: int) -> None:
    for number in range(count):
        _fact(stage, number)


def _fact(stage: Stage, number: int) -> None:
    stage.tell("trade_closed", scene.trade_closed(stage.now, f"t{number}"))


def example() -> ModuleType:
    """Return ``docs/examples/client.py``, as a script of somebody else's."""
    path = Path(ROOT) / "docs" / "examples" / "client.py"
    spec = importlib.util.spec_from_file_location("example_client", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
