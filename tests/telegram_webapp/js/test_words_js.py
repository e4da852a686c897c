"""Numbers, ages and the connection's sentences, as they are read."""

from typing import Any

import pytest
from playwright.sync_api import Page

from core import words
from core.metrics import DEFINITIONS

MINUS = "\u2212"
CALL = """async ([module, name, args]) => {
  const found = (await import(`/js/${module}.js`))[name](...args);
  return Number.isNaN(found) ? null : found;
}"""


def call(page: Page, module: str, name: str, *args: Any) -> Any:
    return page.evaluate(CALL, [module, name, list(args)])


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("money", [10443.26], "$10,443.26"),
        ("money", [-1234567.89], f"{MINUS}$1,234,567.89"),
        ("money", [10000, 0], "$10,000"),
        ("money", [None], "–"),
        ("change", [132.18], "+$132.18"),
        ("change", [-24.775], f"{MINUS}$24.78"),
        ("change", [0], "$0.00"),
        ("change", [-0.001], "$0.00"),
        ("percent", [58.59375], "58.6%"),
        ("percentChange", [1.28], "+1.28%"),
        ("percentChange", [-0.004], "0.00%"),
        ("price", [64212.4, {"price_decimals": 1}], "64,212.4"),
        ("price", [3112.6, {"price_decimals": 2}], "3,112.60"),
        ("price", [None, {}], "–"),
        ("quantity", [0.042, "BTC/USDT", {"qty_decimals": 3, "base": "BTC"}], "0.042 BTC"),
        ("quantity", [14, "SOL/USDT", {"qty_decimals": 0}], "14 SOL"),
        ("toneOf", [-0.004], "flat"),
        ("toneOf", [0.01], "gain"),
        ("listed", [["BTC", "ETH", "SOL"]], "BTC, ETH and SOL"),
        ("counted", [1, "trade"], "1 trade"),
        ("counted", [1280, "trade"], "1,280 trades"),
    ],
)
def test_numbers_are_read_as_the_look_says(
    modules: Page, name: str, args: list[Any], text: str
) -> None:
    assert call(modules, "format", name, *args) == text


def test_chats_and_reports_write_each_figure_as_the_page_does(modules: Page) -> None:
    values = [0, -0.001, 0.005, 0.125, -24.775, 1.285, 58.65, -1234567.89, 12, None]
    asked = [
        (name, value, definition.unit)
        for name, definition in DEFINITIONS.items()
        for value in values
        if definition.unit not in {"duration_ms", "count"}
    ]
    shown = modules.evaluate(
        "async (asked) => { const { measureText } = await import('/js/measures.js');"
        " return asked.map((one) => measureText(...one)); }",
        asked,
    )

    assert [words.figure(*one) for one in asked] == shown


@pytest.mark.parametrize(
    ("name", "ms", "text"),
    [
        ("age", 400, "0.4s"),
        ("age", 48_900, "48s"),
        ("span", 400, "0s"),
        ("span", 26 * 60_000, "26m"),
        ("span", 192 * 60_000, "3h 12m"),
        ("span", 180 * 60_000, "3h"),
        ("span", 9 * 86_400_000, "9d"),
    ],
)
def test_ages_are_short(modules: Page, name: str, ms: int, text: str) -> None:
    assert call(modules, "time", name, ms) == text


def test_old_things_bear_their_date(modules: Page) -> None:
    now = 1_795_271_528_000  # 21 Nov 2026, 14:32:08

    assert call(modules, "time", "ago", now - 23 * 86_400_000, now) == "29 Oct"
    assert call(modules, "time", "past", now - 23 * 86_400_000, now) == "29 Oct"
    assert call(modules, "time", "past", now - 9 * 86_400_000, now) == "9d ago"
    assert call(modules, "time", "when", now - 60_000, now) == "14:31"
    assert call(modules, "time", "when", now - 86_400_000, now) == "20 Nov, 14:32"


CLOCK = """async (steps) => {
  const { EngineClock } = await import("/js/time.js");
  let real = 1000;
  const clock = new EngineClock(() => real);
  return steps.map(([what, value, force]) => {
    if (what === "wait") real += value; else clock[what](value, force);
    return clock.now();
  });
}"""


@pytest.mark.parametrize(
    ("steps", "now"),
    [
        ([["wait", 500]], 0),
        ([["hear", 10_000], ["wait", 250]], 10_250),
        ([["hear", 10_000], ["wait", 250], ["hear", 10_200]], 10_250),
        ([["hear", 10_000], ["wait", 250], ["hear", 10_200, True]], 10_200),
        ([["hear", 10_000], ["wait", 5000], ["hear", 11_000]], 11_000),
        ([["hear", 10_000], ["run", 60], ["wait", 1000]], 70_000),
        ([["hear", 10_000], ["wait", 100], ["run", 0], ["wait", 9000]], 10_100),
    ],
    ids=["unheard", "runs on", "late word", "forced", "set back", "replay", "stands"],
)
def test_the_engines_clock_follows_what_it_hears(
    modules: Page, steps: list[list[Any]], now: int
) -> None:
    assert modules.evaluate(CLOCK, steps)[-1] == now


STATE: dict[str, Any] = {
    "engine": {"status": "running", "paused": False, "stops_held_by": "engine", "note": ""},
    "feed": {"status": "live", "stale_after_ms": 10_000, "last_message_at": 0},
}
FACTS: dict[str, Any] = {
    "phase": "open", "phaseMs": 0, "retryMs": 0, "waitedMs": 0, "silentMs": 0, "online": True,
    "heartbeat": {"engine": "up", "away_since": None}, "awayMs": 0, "marketMs": 400,
    "heardAt": 1_795_271_400_000, "state": STATE,
}  # fmt: skip


def engine(**changes: Any) -> dict[str, Any]:
    return {**STATE, "engine": {**STATE["engine"], **changes}}


def feed(**changes: Any) -> dict[str, Any]:
    return {**STATE, "feed": {**STATE["feed"], **changes}}


SAID = [
    ({}, "live", "Live", ""),
    ({"state": None}, "connecting", "Connecting", ""),
    ({"state": None, "waitedMs": 3500}, "connecting", "Connecting", "Still connecting"),
    (
        {"state": feed(status="stale"), "marketMs": 48_000},
        "stale", "Stale", "Prices are 48s old: No new entries. Stops act at the next price.",
    ),
    (
        {"heartbeat": {"engine": "away", "away_since": 1_795_271_476_000}, "awayMs": 52_000},
        "away", "Engine away",
        "Engine away since 14:31:16: Last known figures. Stops wait for its return.",
    ),
    (
        {"phase": "waiting", "phaseMs": 9000, "retryMs": 3400, "online": False},
        "offline", "Offline",
        "You are offline: Figures from 14:30. They refresh by themselves.",
    ),
    (
        {"phase": "waiting", "phaseMs": 9000, "retryMs": 3400},
        "lost", "Reconnecting",
        "Quarterdeck cannot be reached: Figures from 14:30. Retrying in 4s.",
    ),
    ({"phase": "connecting", "phaseMs": 900}, "live", "Live", ""),
    ({"silentMs": 25_000}, "delayed", "Delayed", "Nothing new for 25s"),
    ({"marketMs": 16_000}, "delayed", "Delayed", "Nothing new for 16s"),
    (
        {"state": engine(paused=True, paused_by="you", paused_at=1_795_270_800_000)},
        "live", "Live", "Paused by you at 14:20: No new entries. Stops still stand.",
    ),
    (
        {"state": engine(status="warming_up", progress_pct=43.9)},
        "warming_up", "Warming up", "Playing the past first: 43% done.",
    ),
    (
        {"state": engine(status="ended", note="Over.")},
        "ended", "Ended", "The recording is over: Over.",
    ),
    (
        {"state": engine(status="blocked", note="The disk is full.")},
        "blocked", "Blocked", "Trading stands still: The disk is full.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "name", "word", "banner"), SAID)
def test_the_connection_says_what_holds(
    modules: Page, facts: dict[str, Any], name: str, word: str, banner: str
) -> None:
    said = call(modules, "connection", "readConnection", {**FACTS, **facts})

    assert (said["name"], said["word"]) == (name, word)
    told = said["banner"]
    assert (f"{told['title']}: {told['detail']}" if told else "").startswith(banner)
    assert bool(told) == bool(banner)


@pytest.mark.parametrize("facts", [facts for facts, name, *_ in SAID if name != "live"])
def test_orders_are_only_sent_while_live(modules: Page, facts: dict[str, Any]) -> None:
    assert call(modules, "connection", "readConnection", {**FACTS, **facts})["canAct"] is False


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#code=abc-DEF_1", "abc-DEF_1"),
        ("http://127.0.0.1:8080/#code=abc", "abc"),
        ("#a=1&code=abc", "abc"),
        ("#recode=abc", None),
        ("", None),
    ],
)
def test_a_code_is_found_in_a_link(modules: Page, text: str, code: str | None) -> None:
    assert call(modules, "session", "readCode", text) == code


@pytest.mark.parametrize(
    ("static", "base"), [("/static/ab12/", "/"), ("/sub/path/static/ab12/", "/sub/path/")]
)
def test_the_base_is_what_stands_before_the_static_tree(
    modules: Page, static: str, base: str
) -> None:
    assert call(modules, "boot", "basePath", static) == base
