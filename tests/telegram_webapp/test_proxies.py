from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from telegram_webapp.proxies import Proxies, parse_address

PUBLIC = "https://example.com/bot1/"
PROXY = "10.0.0.9"
Seen = dict[str, Any]


def ask(
    path: str = "/",
    headers: dict[str, str] | None = None,
    *,
    peer: str = PROXY,
    trusted: tuple[str, ...] = ("10.0.0.0/8", "::1/128"),
    public_url: str | None = None,
    host: str = "127.0.0.1:8080",
) -> Seen:
    """Return what an application below the proxies sees, or the answer that stood for it."""
    seen: Seen = {}

    def app(environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return []

    environ = EnvironBuilder(
        path=path, headers=list((headers or {}).items()), base_url=f"http://{host}"
    ).get_environ()
    environ["REMOTE_ADDR"] = peer
    _, status, answered = run_wsgi_app(Proxies(app, trusted, public_url), environ)
    return {**seen, "status": status, "location": answered.get("Location")}


def forwarded(**said: str) -> dict[str, str]:
    return {f"X-Forwarded-{name.title()}": value for name, value in said.items()}


def test_a_trusted_proxy_says_who_asks_and_for_what() -> None:
    said = forwarded(**{"for": "8.8.4.4", "proto": "https", "host": "deck.example", "prefix": "/b"})

    seen = ask("/market", said)

    assert seen["REMOTE_ADDR"] == "8.8.4.4"
    assert seen["wsgi.url_scheme"] == "https"
    assert seen["HTTP_HOST"] == "deck.example"
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == ("/b", "/market")


@pytest.mark.parametrize("peer", ["127.0.0.1", "11.0.0.1", "fd00::1", ""])
def test_anybody_else_says_nothing(peer: str) -> None:
    said = forwarded(**{"for": "8.8.4.4", "proto": "https", "host": "evil.example", "prefix": "/b"})

    seen = ask("/market", said, peer=peer)

    assert seen["REMOTE_ADDR"] == peer
    assert seen["wsgi.url_scheme"] == "http"
    assert seen["HTTP_HOST"] == "127.0.0.1:8080"
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == ("", "/market")
    assert not [name for name in seen if name.startswith("HTTP_X_FORWARDED")]


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("8.8.4.4", "8.8.4.4"),
        ("1.1.1.1, 8.8.4.4", "8.8.4.4"),  # the first was made up by who asks
        ("8.8.4.4, 10.1.1.1", "8.8.4.4"),
        ("8.8.4.4, 10.1.1.1, 10.2.2.2", "8.8.4.4"),
        ("1.1.1.1, 8.8.4.4:4711, 10.1.1.1:80", "8.8.4.4"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:8.8.4.4", "8.8.4.4"),
        ("10.1.1.1", "10.1.1.1"),
        ("10.1.1.1, unknown", PROXY),
        ("", PROXY),
        (" , ,", PROXY),
        ("<script>", PROXY),
    ],
)
def test_who_asks_is_the_first_from_the_right_that_is_no_trusted_proxy(
    chain: str, client: str
) -> None:
    assert ask(headers=forwarded(**{"for": chain}))["REMOTE_ADDR"] == client


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_nothing_that_one_sends_oneself_makes_one_another(made_up: str) -> None:
    said = {"for": f"{made_up}, 8.8.4.4", "proto": "https"}

    assert ask(headers=forwarded(**said))["REMOTE_ADDR"] == "8.8.4.4"
    assert ask(headers=forwarded(**said), peer="9.9.9.9")["REMOTE_ADDR"] == "9.9.9.9"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_no_text_is_too_odd_for_an_address(text: str) -> None:
    address = parse_address(text)

    assert address is None or parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("chain", "schemes", "scheme"),
    [
        ("8.8.4.4", "https", "https"),
        ("8.8.4.4", "http, https", "https"),  # who asks said the first
        ("8.8.4.4, 10.1.1.1", "https, http", "https"),  # TLS ended at the outer proxy
        ("8.8.4.4, 10.1.1.1", "https", "https"),
        ("8.8.4.4", "gopher", "http"),
        ("8.8.4.4", "", "http"),
    ],
)
def test_the_scheme_is_what_the_outermost_trusted_proxy_says(
    chain: str, schemes: str, scheme: str
) -> None:
    said = forwarded(**{"for": chain, "proto": schemes})

    assert ask(headers=said)["wsgi.url_scheme"] == scheme


@pytest.mark.parametrize("prefix", ["//evil.example", "/a/../b", "b", "/a b", "/a?b", "/\u00fc"])
def test_a_prefix_that_is_no_path_is_none(prefix: str) -> None:
    environ = {"X-Forwarded-Prefix": prefix.encode().decode("latin-1")}

    assert ask("/market", environ)["SCRIPT_NAME"] == ""


@pytest.mark.parametrize(
    ("path", "host", "prefix", "below"),
    [
        ("/bot1/market", "example.com", "/bot1", "/market"),  # the proxy left it
        ("/market", "example.com", "/bot1", "/market"),  # the proxy took it off
        ("/bot1/market", "127.0.0.1:8080", "/bot1", "/market"),
        ("/market", "127.0.0.1:8080", "", "/market"),  # from this machine, directly
        ("/bot12/market", "127.0.0.1:8080", "", "/bot12/market"),
    ],
)
def test_the_path_of_the_public_url_is_parted_from_the_view(
    path: str, host: str, prefix: str, below: str
) -> None:
    seen = ask(path, public_url=PUBLIC, host=host, peer="127.0.0.1")

    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (prefix, below)


@pytest.mark.parametrize("path", ["/b/market", "/market"])
def test_a_prefix_that_a_proxy_tells_may_still_be_there(path: str) -> None:
    seen = ask(path, forwarded(prefix="/b/"), public_url=PUBLIC)

    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == ("/b", "/market")


def test_the_path_alone_leads_to_the_page_in_it() -> None:
    answer = ask("/bot1?a=1&b", public_url=PUBLIC)

    assert answer["status"] == "308 Permanent Redirect"
    assert answer["location"] == "/bot1/?a=1&b"


@pytest.mark.parametrize(
    ("peer", "host", "scheme"),
    [
        ("127.0.0.1", "example.com", "https"),  # a proxy here that says nothing of the scheme
        (PROXY, "Example.com", "https"),
        ("127.0.0.1", "127.0.0.1:8080", "http"),
        ("8.8.4.4", "example.com", "http"),  # straight from outside, past the proxy
    ],
)
def test_a_request_for_the_public_address_came_as_that_says(
    peer: str, host: str, scheme: str
) -> None:
    assert ask(peer=peer, host=host, public_url=PUBLIC)["wsgi.url_scheme"] == scheme
