"""What the bot says: the page's figures in a chat's width."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import words
from core.dashboard import empty_state
from core.errors import CommandError
from store.access import Role
from telegram_bot.answers import COMMANDS, frame
from telegram_bot.command import MAX_DATA
from tests.e2e import scene
from tests.telegram_bot.answers.deck import PAGE, Chat, plain
from tests.telegram_webapp.house import house

EASY = [c.name for c in COMMANDS if c.name not in {"why", "report"}]


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    built = Chat(tmp_path_factory.mktemp("chat"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def page(chat: Chat) -> dict[str, Any]:
    """What the page's own API says of the same database."""
    with house(chat.settings.data_dir, engine=False) as built:
        built.link.start()
        return dict(built.get("/api/performance?range=all").json or {})


@pytest.mark.parametrize("name", [*EASY, "why BTC"])
def test_every_answer_is_what_telegram_takes_and_says_what_kind_of_money_it_is(
    chat: Chat, name: str
) -> None:
    reply = chat.ask(name)
    assert len(plain(reply.text)) <= 4096
    assert "SIMULATED" in plain(reply.text) or name == "help"
    for button in (button for row in reply.buttons for button in row):
        assert 0 < len(button.data.encode()) <= MAX_DATA or button.web_app.startswith(PAGE)
        assert button.label


def test_health_and_status_say_how_the_exchange_is(chat: Chat) -> None:
    broken = {"state": "waiting", "error": "connection lost"}
    kept = chat.follower.shown
    streams = [scene.stream(9), *(scene.stream(9, f"book {n}", **broken) for n in range(4))]
    note = "It refuses this region."
    chat.see(
        engine={**chat.state["engine"], "badge": "LIVE · BINANCE"},
        venue=scene.venue(9, mode="live", note=note, banned_until=chat.deck.clock.now() + 43_000),
        streams={stream["name"]: stream for stream in streams},
        real_account=scene.real_account(9),
    )
    health, status = chat.text("health"), chat.text("status")
    tables = chat.ask("health").text.split("<pre>")[1:]
    chat.follower.shown = kept

    for said in (health, status):
        for word in (
            "LIVE · BINANCE",
            note,
            "43s",
            "connection lost",
            "1 more",
            "ETH/USDT position",
        ):
            assert word in said
    for word in ("1 of 5", "+1.27 s", "binanceusdm"):
        assert word in health
    for part in tables:
        table = plain(part.partition("</pre>")[0])
        assert max(map(len, table.splitlines())) <= frame.WIDTH


@pytest.mark.parametrize("name", ["balance", "profit", "stats", "performance", "daily", "prices"])
def test_tables_fit_the_narrowest_phone(chat: Chat, name: str) -> None:
    for part in chat.ask(name).text.split("<pre>")[1:]:
        table = part.partition("</pre>")[0]
        assert max(map(len, plain(table).splitlines())) <= frame.WIDTH
        lines = part.partition("</pre>")[0].replace("&amp;", "&").splitlines()
        assert {len(line) for line in lines} == {frame.WIDTH}


@pytest.mark.parametrize("command", ["profit", "stats"])
def test_figures_are_those_of_the_page(chat: Chat, page: dict[str, Any], command: str) -> None:
    said = chat.text(command)
    compared = 0
    for name, measure in page["measures"].items():
        definition = page["definitions"][name]
        label = f"{definition['label']} "
        lines = [line for line in said.splitlines() if line.startswith(label)]
        if measure["value"] is None or not lines:
            continue
        assert lines[0] == label + words.figure(name, measure["value"], definition["unit"])
        compared += 1
    assert compared >= 9
    assert f"{page['counts']['trades']:,} closed trades" in said or command == "stats"


def test_what_cannot_be_said_yet_gives_its_reason(chat: Chat) -> None:
    assert "needs 30 days, has" in chat.text("stats")


def test_splits_are_those_of_the_page(chat: Chat, page: dict[str, Any]) -> None:
    said = chat.text("performance")
    for split in ("by_strategy", "by_symbol", "by_side"):
        for row in page[split]:
            assert f"{row['key']} {words.change(row['net_pnl'])}" in said


def test_the_balance_is_the_account_s(chat: Chat) -> None:
    said, account = chat.text("balance"), chat.state["account"]
    assert f"Equity {words.money(account['equity'])}" in said
    assert f"ROI {words.percent(account['roi_pct'])}" in said
    for name, member in chat.state["strategies"].items():
        if member["initial_balance"]:
            assert f"{name} {words.money(member['equity'])}" in said


def test_days_add_up_to_what_was_made(chat: Chat) -> None:
    rows = [line for line in chat.text("daily 30").splitlines() if "Together" in line]
    account = chat.state["account"]
    made = account["equity"] - account["initial_balance"]
    assert rows[0].split()[1] == words.change(made)
    assert words.change(made) in chat.text("monthly")


def test_positions_are_listed_and_shown_whole(chat: Chat) -> None:
    position = a_position(chat)
    chat.see(positions={position["id"]: position})
    said = chat.text("status")
    assert "BTC/USDT long 5×" in said
    assert "−$18.01" in said
    whole = chat.text(f"status {position['id']}")
    assert "Liquidation away 18.6%" in whole
    assert f"r:close {position['id']}" in [b.data for row in
        chat.ask(f"status {position['id']}").buttons for b in row]  # fmt: skip
    chat.see(positions={})
    assert "No open positions. Watching BTC" in chat.text("status")


def a_position(chat: Chat) -> dict[str, Any]:
    at = chat.follower.shown.at or 0
    return {
        "at": at, "id": "trend-BTCUSDT-1", "symbol": "BTC/USDT", "side": "long",
        "strategy": "trend", "qty": 0.021, "entry_price": 66170.8, "mark_price": 65313.2,
        "leverage": 5, "notional": 1371.57, "margin": 277.9, "unrealized_pnl": -18.01,
        "roe_pct": -6.48, "margin_ratio_pct": 3.0, "realized_pnl": 0.0, "fees": 0.69,
        "funding": 0.0, "liquidation_price": 53165.0, "liquidation_distance_pct": 18.6,
        "stop_price": 64000.0, "target_price": None, "stop_order_id": "s",
        "target_order_id": None, "opened_at": at - 8 * 3_600_000,
    }  # fmt: skip


def test_why_names_the_gates_and_who_is_silent(chat: Chat) -> None:
    said = chat.text("why btc")
    assert "BTC/USDT" in said
    assert "deepseek_only is off" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("why", "BTC/USDT"), ("why DOGE", "not traded here"), ("profit soon", "number of days"),
        ("profit 0", "number of days"), ("profit 99999", "number of days"),
        ("daily 1000", "from 1 to 60"), ("daily -1", "from 1 to 60"), ("daily ٣", "from 1 to 60"),
        ("trades x", "from 1 to 30"), ("signals 0", "from 1 to 168"), ("status nope", "not open"),
        ("compare trend", "Two strategies"), ("compare trend trend", "Two strategies"),
        ("compare trend luck", "does not trade here"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_gets_a_sentence(chat: Chat, line: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        chat.ask(line)


def test_without_any_engine_ever_it_says_so(chat: Chat) -> None:
    kept = chat.follower.shown
    chat.follower.shown = msgspec.structs.replace(kept, state=None, at=None, is_up=False)
    with pytest.raises(CommandError, match="engine is away"):
        chat.ask("balance")
    assert "away" in chat.text("health")
    chat.follower.shown = kept


def test_what_is_old_or_paused_says_so(chat: Chat) -> None:
    kept = chat.follower.shown
    engine = {**chat.state["engine"], "paused": True, "paused_by": "Ada <b>", "paused_at": 60_000}
    chat.see(engine=engine, feed={**chat.state["feed"], "status": "stale"})
    said = chat.text("balance")
    assert "Paused by Ada <b> at 00:01 UTC" in said
    assert "Stops still stand" in said
    chat.follower.shown = msgspec.structs.replace(kept, is_up=False, age_ms=65_000)
    assert "Engine away, last heard 1m ago" in chat.text("balance")
    chat.follower.shown = kept


def test_help_shows_what_a_role_may_and_no_more(chat: Chat) -> None:
    for role in Role:
        said = plain(chat.ask("help", role).text)
        assert ("/closeall" in said) == role.includes(Role.TRADER)
        assert ("/config" in said) == role.includes(Role.OWNER)
        assert "/status [ID]" in said


def test_two_strategies_are_compared_in_words(chat: Chat) -> None:
    said = chat.text("compare full_math trend")
    assert "full_math trend" in said
    assert "a trade" in said or "Awaiting" in said


def test_the_report_is_sent_as_a_file(chat: Chat) -> None:
    reply = chat.ask("report")
    assert reply.document is not None
    name, data = reply.document
    assert name.startswith("quarterdeck-")
    assert data.startswith(b"<!doctype html>")


def test_settings_are_shown_without_secrets(chat: Chat) -> None:
    assert "telegram_bot_token: ''" in chat.text("config telegram")
    assert chat.text("config nonesuch").endswith("No setting has that name.")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.text("0123456789$−,.%", max_size=20))))
def test_a_table_of_anything_is_of_one_width_and_safe(rows: list[tuple[str, str]]) -> None:
    clean = [(label.replace("\n", " ").replace("\r", " "), value) for label, value in rows]
    said = frame.table(clean)
    plain(said)


@pytest.mark.parametrize(
    "line",
    ["chart", "chart equity 1", "chart daily", "chart compare", "chart BTC", "chart ethusdt 6h"],
)
def test_a_chart_is_a_picture_with_buttons_for_others(chat: Chat, line: str) -> None:
    reply = chat.ask(line)
    assert reply.photo is not None
    assert reply.photo.startswith(b"\x89PNG")
    assert "SIMULATED" in plain(reply.text)
    assert all(len(b.data.encode()) <= MAX_DATA for row in reply.buttons for b in row)


def test_a_closed_trade_has_its_picture(chat: Chat) -> None:
    newest = chat.state["trades"][-1]
    reply = chat.ask(f"chart trade {newest['id']}")
    assert reply.photo is not None
    assert words.change(newest["net_pnl"]) in plain(reply.text)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chart BTC 9y", "like 6h or 7d"), ("chart BTC 400d", "at most 90d"),
        ("chart luck", "not traded here"), ("chart trade", "its id"),
        ("chart trade nope", "no closed trade"), ("chart equity soon", "number of days"),
    ],
)  # fmt: skip
def test_a_chart_of_nothing_gets_a_sentence(chat: Chat, line: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        chat.ask(line)


@pytest.mark.parametrize(
    "line", ["status", "balance", "count", "prices", "signals", "health", "daily", "profit"]
)
def test_before_the_first_figures_every_answer_is_a_sentence(chat: Chat, line: str) -> None:
    shown = chat.follower.shown
    engine = {"status": "warming_up", "badge": "SIMULATED", "at": 1}
    try:
        empty = empty_state() | {"engine": engine}
        chat.follower.shown = msgspec.structs.replace(shown, state=empty)
        assert "SIMULATED" in chat.text(line)
    finally:
        chat.follower.shown = shown
