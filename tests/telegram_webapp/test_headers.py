import re
from collections.abc import Iterator

import pytest

from store.access import Role
from telegram_webapp.headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS
from tests.telegram_webapp.house import House, house


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


def test_every_answer_tells_the_browser_what_to_trust(open_house: House) -> None:
    client = open_house.client()
    answers = [
        client.get("/"), client.get("/api/health"), client.get("/nope"), client.get("/api/me"),
        client.put("/"), client.get("/static/x/y.js"), client.get("/api/health", base_url="http://x"),
        open_house.get("/api/trades"), open_house.get("/api/trades?format=csv"),
        open_house.get("/api/dashboard/stream", buffered=False),
        open_house.post("/api/commands", {}),
    ]  # fmt: skip

    for answer in answers:
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers.getlist(name) == [value], (answer.request.path, name)
        assert len(answer.headers.getlist("Cache-Control")) == 1
        answer.close()


def test_scripts_and_styles_carry_only_what_is_about_them(open_house: House) -> None:
    client = open_house.client()
    base = client.get("/").text.split('href="', 1)[1].partition("css/")[0].rpartition("static/")[2]

    for name in ("js/main.js", "css/base.css"):
        headers = client.get(f"/static/{base}{name}").headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Content-Security-Policy" not in headers
    assert "Content-Security-Policy" in client.get(f"/static/{base}icon.svg").headers


def test_the_policy_lets_nothing_run_that_is_not_ours() -> None:
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))

    assert rules == {
        "default-src": "'none'",
        "script-src": "'self' https://telegram.org",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self' https://web.telegram.org",
    }


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "private, no-cache"),
        ("/api/dashboard", "private, no-cache"),
        ("/api/positions", "private, no-cache"),
        ("/api/trades", "private, no-cache"),
        ("/api/me", "no-store"),
        ("/api/health", "no-store"),
        ("/api/dashboard/stream", "no-store, no-transform"),
        ("/nope", "no-store"),
        ("/api/trades?limit=0", "no-store"),
    ],
)
def test_what_is_somebodys_is_not_kept_for_others(open_house: House, path: str, kept: str) -> None:
    answer = open_house.get(path, Role.OWNER, buffered=False)

    assert answer.headers["Cache-Control"] == kept
    answer.close()


def test_nobody_elses_page_may_read_answers(open_house: House) -> None:
    answer = open_house.get("/api/me", headers={"Origin": "https://evil.com"})

    assert not any(name.startswith("Access-Control") for name, _ in answer.headers)


@pytest.mark.parametrize(
    ("sent", "told"), [("deck-42:a.b", "deck-42:a.b"), ("x", None), ("ü" * 9, None)]
)
def test_each_request_has_an_id_its_own_or_ours(
    open_house: House, sent: str, told: str | None
) -> None:
    answer = open_house.client().get("/api/health", headers={"X-Request-Id": sent})

    given = answer.headers["X-Request-Id"]
    assert given == told if told else re.fullmatch(r"[0-9a-f]{8}", given)
