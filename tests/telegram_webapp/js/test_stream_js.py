import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import Exchange, PageServer

OPEN = """async ({ random = 0, timing = {} }) => {
  const { EventStream } = await import("/js/stream.js");
  Object.assign(window, { told: [], said: [], place: "", weighed: 0 });
  window.stream = new EventStream({
    request: (signal) =>
      fetch("/stream", { signal, headers: place ? { "Last-Event-ID": place } : {} }),
    onEvent: (event) => { told.push(event); if (event.id) place = event.id; },
    onStatus: (status) => said.push(status),
    onBytes: (bytes) => { weighed += bytes; },
    random: () => random,
    timing,
  });
  stream.open();
}"""
ONE = b'id: e-1\nevent: fill\ndata: {"n":1}\n\n'
TWO = b'id: e-2\nevent: fill\ndata: {"n":2}\n\n'
HTML = b"<!doctype html><title>502</title>Bad gateway"


class Script:
    """Answers the first request with the first behaviour, and so on; the last one stays."""

    def __init__(self, *behaviours: Callable[[Exchange], None]) -> None:
        self.behaviours = behaviours
        self.asked: list[tuple[float, str | None]] = []

    def __call__(self, exchange: Exchange) -> None:
        turn = min(len(self.asked), len(self.behaviours) - 1)
        self.asked.append((time.monotonic(), exchange.headers.get("Last-Event-ID")))
        self.behaviours[turn](exchange)

    @property
    def places(self) -> list[str | None]:
        return [place for _, place in self.asked]


def says(*pieces: bytes) -> Callable[[Exchange], None]:
    """Send the pieces and end the body cleanly."""
    return lambda exchange: exchange.stream(*pieces)


def holds(*pieces: bytes) -> Callable[[Exchange], None]:
    """Send the pieces and keep the stream open."""

    def behave(exchange: Exchange) -> None:
        exchange.stream(*pieces)
        exchange.hold()

    return behave


def answers(status: int, headers: dict[str, str], body: bytes = HTML) -> Callable[[Exchange], None]:
    def behave(exchange: Exchange) -> None:
        exchange.head(status, {"Content-Type": "text/html", **headers})
        exchange.body(body)

    return behave


def numbers(page: Page) -> Any:
    return page.evaluate("told.map((event) => event.data.n)")


def wait_for_events(page: Page, count: int) -> None:
    page.wait_for_function(f"told.length >= {count}")


def test_a_body_that_ends_in_the_middle_of_a_frame_is_resumed_by_id(
    page: Page, server: PageServer
) -> None:
    script = Script(says(ONE, TWO[:20]), holds(TWO))
    server.routes["/stream"] = script
    page.evaluate(OPEN, {})

    wait_for_events(page, 2)
    assert numbers(page) == [1, 2]
    assert script.places == [None, "e-1"]


@pytest.mark.parametrize(
    "failure",
    [
        answers(502, {}),
        answers(200, {}),
        answers(500, {"Content-Type": "text/event-stream"}),
        answers(404, {}),
        lambda exchange: exchange.body(b"not http at all\r\n\r\n"),
        says(b"event: fill\ndata: {broken\n\n"),
    ],
    ids=["502 page", "a tunnel's page", "500", "404", "no http", "broken json"],
)
def test_a_failure_ends_in_another_attempt(
    page: Page, server: PageServer, failure: Callable[[Exchange], None]
) -> None:
    server.routes["/stream"] = Script(failure, failure, holds(ONE))
    page.evaluate(OPEN, {})

    wait_for_events(page, 1)
    assert numbers(page) == [1]


def test_a_denied_stream_asks_no_more(page: Page, server: PageServer) -> None:
    script = Script(answers(401, {}))
    server.routes["/stream"] = script
    page.evaluate(OPEN, {})

    page.wait_for_function("said.at(-1).phase === 'denied'")
    page.evaluate("stream.retryNow()")
    assert page.evaluate("said.map((s) => s.phase)") == ["connecting", "denied"]
    assert len(script.asked) == 1


def test_after_signing_in_again_the_stream_can_be_opened_again(
    page: Page, server: PageServer
) -> None:
    server.routes["/stream"] = Script(answers(401, {}), holds(ONE))
    page.evaluate(OPEN, {})
    page.wait_for_function("said.at(-1).phase === 'denied'")
    page.evaluate("stream.open()")

    wait_for_events(page, 1)


def test_silence_is_cut_by_the_watchdog(page: Page, server: PageServer) -> None:
    script = Script(holds(ONE), holds(TWO))
    server.routes["/stream"] = script
    page.evaluate(OPEN, {"timing": {"watchdogMs": 150}})

    wait_for_events(page, 2)
    assert script.places[:2] == [None, "e-1"]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(page: Page, server: PageServer, status: int) -> None:
    script = Script(answers(status, {"Retry-After": "1"}), holds(ONE))
    server.routes["/stream"] = script
    page.evaluate(OPEN, {})

    wait_for_events(page, 1)
    assert script.asked[1][0] - script.asked[0][0] >= 0.95


def test_the_servers_retry_is_honoured_once(page: Page, server: PageServer) -> None:
    server.routes["/stream"] = Script(says(b"retry: 321\n\n", ONE), says(TWO), holds())
    page.evaluate(OPEN, {"random": 0})

    page.wait_for_function("said.filter((s) => s.phase === 'waiting').length === 2")
    assert page.evaluate("said.filter((s) => s.phase === 'waiting').map((s) => s.retryMs)") == [
        321,
        0,
    ]


def test_waits_double_up_to_the_cap_and_are_all_jitter(page: Page, server: PageServer) -> None:
    server.routes["/stream"] = Script(answers(502, {}))
    page.evaluate(OPEN, {"random": 1, "timing": {"baseMs": 4, "capMs": 20}})
    waits = "said.filter((s) => s.phase === 'waiting').map((s) => s.retryMs)"

    page.wait_for_function(f"{waits}.length >= 5")
    assert page.evaluate(waits)[:5] == [4, 8, 16, 20, 20]


def test_only_a_stable_stream_forgives_failures(page: Page, server: PageServer) -> None:
    server.routes["/stream"] = Script(says(ONE))
    page.evaluate(OPEN, {"random": 1, "timing": {"baseMs": 4, "capMs": 20, "stableMs": 0}})
    waits = "said.filter((s) => s.phase === 'waiting').map((s) => s.retryMs)"

    page.wait_for_function(f"{waits}.length >= 3")
    assert page.evaluate(waits)[:3] == [4, 4, 4]


def test_a_wait_can_be_cut_short(page: Page, server: PageServer) -> None:
    server.routes["/stream"] = Script(answers(502, {}), holds(ONE))
    page.evaluate(OPEN, {"random": 1, "timing": {"baseMs": 60000, "capMs": 60000}})
    page.wait_for_function("said.at(-1).phase === 'waiting'")
    page.evaluate("stream.retryNow()")

    wait_for_events(page, 1)


def test_a_connection_in_doubt_is_left_for_another(page: Page, server: PageServer) -> None:
    script = Script(holds(ONE), holds(TWO))
    server.routes["/stream"] = script
    page.evaluate(OPEN, {})
    wait_for_events(page, 1)
    page.evaluate("stream.retryNow()")
    page.evaluate("stream.retryNow(true)")

    wait_for_events(page, 2)
    assert script.places == [None, "e-1"]


def test_a_closed_stream_tells_nothing_more_and_opens_again_from_its_place(
    page: Page, server: PageServer
) -> None:
    script = Script(holds(ONE), holds(TWO))
    server.routes["/stream"] = script
    page.evaluate(OPEN, {})
    wait_for_events(page, 1)
    page.evaluate("stream.close()")
    page.wait_for_function("said.at(-1).phase === 'closed'")
    page.evaluate("stream.open()")

    wait_for_events(page, 2)
    assert script.places == [None, "e-1"]


def test_a_renewed_stream_goes_on_from_its_place_without_a_word(
    page: Page, server: PageServer
) -> None:
    script = Script(holds(ONE), holds(TWO))
    server.routes["/stream"] = script
    page.evaluate(OPEN, {})
    wait_for_events(page, 1)
    page.evaluate("stream.renew()")

    wait_for_events(page, 2)
    assert script.places == [None, "e-1"]
    assert page.evaluate("said.map((s) => s.phase)") == ["connecting", "open", "open"]


def test_a_renewal_that_fails_or_takes_long_is_told_of(page: Page, server: PageServer) -> None:
    server.routes["/stream"] = Script(
        holds(ONE), answers(502, {}), lambda exchange: exchange.hold(), holds(TWO)
    )
    page.evaluate(OPEN, {"timing": {"renewalMs": 500, "watchdogMs": 2000}})
    wait_for_events(page, 1)
    page.evaluate("stream.renew()")
    page.wait_for_function("said.at(-1).phase === 'connecting' && said.length === 4")
    page.evaluate("stream.renew()")

    wait_for_events(page, 2)
    assert page.evaluate("said.map((s) => s.phase)") == [
        "connecting", "open", "waiting", "connecting", "open",
    ]  # fmt: skip


def test_a_stream_that_waits_is_not_renewed_before_its_time(page: Page, server: PageServer) -> None:
    script = Script(answers(502, {}))
    server.routes["/stream"] = script
    page.evaluate(OPEN, {"random": 1, "timing": {"baseMs": 60000, "capMs": 60000}})
    page.wait_for_function("said.at(-1).phase === 'waiting'")
    page.evaluate("stream.renew()")

    assert len(script.asked) == 1


def test_the_bytes_that_came_are_counted(page: Page, server: PageServer) -> None:
    server.routes["/stream"] = Script(holds(ONE, TWO))
    page.evaluate(OPEN, {})

    wait_for_events(page, 2)
    assert page.evaluate("weighed") == len(ONE + TWO)


@pytest.mark.parametrize(
    ("text", "ms"),
    [("2", 2000), ("0", 0), (None, 0), ("soon", 0), ("-5", 0), ("9999", 300000)],
)
def test_retry_after_is_seconds_within_reason(modules: Page, text: str | None, ms: int) -> None:
    read = "async (text) => (await import('/js/stream.js')).retryAfterMs(text)"

    assert modules.evaluate(read, text) == ms
