"""Whatever is sent to whatever path: it is refused in words, and never breaks anything."""

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.access import Role
from tests.telegram_webapp.house import COOKIE, HOST, House, house

# Not /api/report: to post there starts a process.
PATHS = [
    "/", "/market", "/trades", "/more", "/favicon.ico", "/static/x/js/main.js",
    "/api/health", "/api/me", "/api/auth/login", "/api/auth/logout", "/api/commands",
    "/api/dashboard", "/api/dashboard/stream", "/api/positions", "/api/orders", "/api/trades",
    "/api/activity", "/api/equity", "/api/data/BTCUSDT", "/api/data/", "/api/digest", "/api/schema",
    "/api/trades/position-1", "/api/signals", "/api/signals/x", "/api/why", "/api/accounts",
    "/api/report/status", "/api/performance", "/api/downloads", "/api/downloads/x",
    "/api/performance/definitions", "/api/theories", "/api/models", "/signals",
    "/performance", "/ab-test", "/api/alerts", "/api/alerts/rules", "/api/alerts/rules/x",
    "/api/alerts/settings", "/api/alerts/receipts", "/api/alerts/types",
    "/api/auth/telegram", "/api/users", "/api/users/7", "/api/users/7/block", "/api/sessions",
    "/api/sessions/1", "/api/keys", "/api/keys/x", "/api/audit",
    "/api/logs", "/api/alerts/2/acknowledge", "/system",
]  # fmt: skip
PARAMETERS = [
    "symbol", "strategy", "since", "until", "cursor", "limit", "format", "status", "hours",
    "interval", "account", "action", "decision", "range", "side",
    "type", "all", "before", "open", "level", "process", "text",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "X"]
HEADERS = [
    "HTTP_HOST", "HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE", "HTTP_AUTHORIZATION", "HTTP_COOKIE",
    "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_ACCEPT_ENCODING",
    "HTTP_LAST_EVENT_ID", "HTTP_ACCEPT", "HTTP_CONTENT_ENCODING", "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO", "HTTP_EXPECT", "REMOTE_ADDR",
]  # fmt: skip
TYPES = ["application/json", "text/plain", "multipart/form-data; boundary=x", "application/json;x="]

latin = st.text(st.characters(max_codepoint=255), max_size=40)
numbers = st.one_of(
    st.integers(-(2**70), 2**70).map(str), st.floats().map(str), st.sampled_from(["", "0", "1e9"])
)
paths = st.one_of(
    st.sampled_from(PATHS),
    st.tuples(st.sampled_from(PATHS), latin).map("".join),
    latin.map(lambda text: "/" + text),
    latin.map(lambda text: "/api/data/" + text),
)
queries = st.one_of(
    st.lists(st.tuples(st.sampled_from(PARAMETERS), st.one_of(numbers, st.text(max_size=20)))).map(
        lambda pairs: "&".join(f"{k}={quote(v, errors='replace')}" for k, v in pairs)
    ),
    latin,
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=9), inner)),
    max_leaves=8,
)
wishes = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (
            "command",
            "args",
            "confirm",
            "idempotency_key",
            "code",
            "path",
            "text",
            "cooldown_s",
            "modes",
            "quiet",
            "muted_for_s",
            "init_data",
            "user_id",
            "role",
            "name",
        ),
        json_values,
    ),
)
bodies = st.one_of(st.binary(max_size=200), st.one_of(json_values, wishes).map(msgspec.json.encode))


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


def answered(house: House, environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and the first chunk of what the application answers."""
    seen: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        seen[:] = [int(status.split(maxsplit=1)[0]), dict(headers)]

    body = house.app.wsgi_app(environ, start_response)
    chunk = next(iter(body), b"")
    if hasattr(body, "close"):
        body.close()
    return seen[0], seen[1], chunk


requests = st.fixed_dictionaries({
    "REQUEST_METHOD": st.sampled_from(METHODS),
    "PATH_INFO": paths,
    "QUERY_STRING": queries,
    "CONTENT_TYPE": st.one_of(st.sampled_from(TYPES), latin),
})  # fmt: skip
headers = st.dictionaries(st.sampled_from(HEADERS), latin, max_size=4)
people = st.sampled_from([None, "browser", *Role])


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked=requests, more=headers, body=bodies, who=people)
def test_anything_is_answered_and_every_error_is_a_problem(
    open_house: House, asked: dict[str, str], more: dict[str, str], body: bytes, who: str | None
) -> None:
    environ = {
        "SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8123",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": HOST,
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
        **credentials(open_house, who), **asked, **more,
    }  # fmt: skip

    status, told, chunk = answered(open_house, environ)

    assert status < 500 or status == 503, chunk
    assert told["Content-Security-Policy"]
    if status >= 400 and asked["REQUEST_METHOD"] != "HEAD":
        assert told["Content-Type"] == "application/problem+json"
        problem = msgspec.json.decode(chunk)
        assert set(problem) == {"type", "title", "status", "detail", "code"}
        assert problem["status"] == status
    assert open_house.hub.stats()["clients"] == 0


def credentials(house: House, who: str | None) -> dict[str, str]:
    house.limits._limiter.storage.reset()  # budgets are for programs, not for this test
    if who is None:
        return {}
    if who == "browser":
        return {
            "HTTP_COOKIE": f"{COOKIE}={house.signed_in()}",
            "HTTP_SEC_FETCH_SITE": "same-origin",
        }
    return {"HTTP_AUTHORIZATION": f"Bearer {house.keys[Role(who)]}"}


def test_the_house_still_stands(open_house: House) -> None:
    assert open_house.get("/api/me").status_code == 200
    assert len(open_house.store.list_keys()) == 3
