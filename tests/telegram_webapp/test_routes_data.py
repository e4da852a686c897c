"""What the routes answer, in their exact shapes."""

import csv
import gzip
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # has no stubs
import jsonschema
import msgspec
import pytest

from core.dashboard import FOLD_TABLE
from core.market import HOUR_MS, MINUTE_MS
from store.access import Role
from store.writer import Batch, EquityPoint
from tests.store import samples
from tests.telegram_webapp.house import MINUTES, NOW, House, house, problem
from tests.telegram_webapp.rig import until


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        yield built


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[House]:
    """A dashboard whose engine was never started."""
    with house(tmp_path, engine=False) as built:
        yield built


def body(house: House, path: str) -> dict[str, Any]:
    answer = house.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = msgspec.json.decode(answer.data)
    return found


def test_the_dashboard_is_the_snapshot(open_house: House) -> None:
    assert open_house.engine is not None

    answer = open_house.get("/api/dashboard")

    assert answer.data == open_house.engine.publisher.snapshot()
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_what_did_not_change_is_not_sent_again(open_house: House) -> None:
    for path in ("/api/dashboard", "/api/positions", "/api/orders"):
        etag = open_house.get(path).headers["ETag"]

        again = open_house.get(path, headers={"If-None-Match": etag})

        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == etag
        assert open_house.get(path, headers={"If-None-Match": 'W/"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepts", "encoding", "unpack"),
    [
        ("br, gzip", "br", brotli.decompress),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.1", "gzip", gzip.decompress),
        ("identity", None, bytes),
        ("", None, bytes),
    ],
)
def test_large_answers_are_compressed_as_the_client_accepts(
    open_house: House, accepts: str, encoding: str | None, unpack: Any
) -> None:
    plain = open_house.get("/api/equity")

    answer = open_house.get("/api/equity", headers={"Accept-Encoding": accepts})

    assert answer.headers.get("Content-Encoding") == encoding
    assert unpack(answer.data) == plain.data
    assert "Accept-Encoding" in answer.vary
    assert {"Accept-Encoding", "Authorization", "Cookie"} <= set(
        open_house.get("/api/dashboard").vary
    )


def test_positions_and_open_orders_come_from_the_state(open_house: House) -> None:
    positions = body(open_house, "/api/positions")
    assert (positions["at"], positions["stale"]) == (NOW, False)
    assert [p["id"] for p in positions["positions"]] == ["p0", "p1"]
    only = body(open_house, "/api/positions?symbol=ETH/USDT")
    assert [p["id"] for p in only["positions"]] == ["p1"]
    assert body(open_house, "/api/positions?strategy=other")["positions"] == []

    orders = body(open_house, "/api/orders")
    assert [o["id"] for o in orders["orders"]] == ["order-1"]
    assert "fact_id" not in open_house.get("/api/orders?format=csv").text


def test_trades_are_paged_newest_first(open_house: House) -> None:
    first = body(open_house, "/api/trades?limit=4")
    assert [t["id"] for t in first["trades"]] == [f"position-{n}" for n in (6, 5, 4, 3)]

    second = body(open_house, f"/api/trades?limit=4&cursor={first['next_cursor']}")
    assert [t["id"] for t in second["trades"]] == [f"position-{n}" for n in (2, 1, 0)]
    assert second["next_cursor"] is None


def test_a_trade_has_numbers_as_its_event_has(open_house: House) -> None:
    trade = body(open_house, "/api/trades?limit=1")["trades"][0]

    assert trade == {
        "id": "position-6", "symbol": "BTC/USDT", "strategy": "trend", "side": "long",
        "leverage": 5, "qty": 0.015, "entry_price": 60123.45678901, "exit_price": 61000.5,
        "opened_at": samples.START + 5500, "closed_at": samples.START + 6000,
        "gross_pnl": 13.15, "fees": 0.91, "funding": -0.04, "net_pnl": 12.2, "roe_pct": 6.7,
        "exit_reason": "target", "mae": -2.5, "mfe": 14.2, "entry_notional": 0.0,
        "exit_notional": 0.0, "slippage": 0.0, "risk": None,
    }  # fmt: skip


def test_trades_are_filtered(open_house: House) -> None:
    def ids(query: str) -> list[str]:
        return [t["id"][-1] for t in body(open_house, f"/api/trades?{query}")["trades"]]

    start = samples.START
    assert ids("symbol=ETH/USDT") == ["5", "3", "1"]
    assert ids("strategy=%3Dtrend") == ["3"]
    assert ids(f"since={start + 2000}&until={start + 5000}") == ["4", "3", "2"]
    assert ids("symbol=DOGE/USDT") == []


def test_an_export_is_exact_and_runs_no_formula(open_house: House) -> None:
    answer = open_house.get("/api/trades?format=csv&symbol=ETH/USDT")

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="quarterdeck-trades.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in rows] == ["position-5", "position-3", "position-1"]
    assert [row["strategy"] for row in rows] == ["trend", "'=trend", "trend"]
    assert {row["mae"] for row in rows} == {"-2.5"}
    assert {row["entry_price"] for row in rows} == {"60123.45678901"}
    assert answer.text.count("\r\n") == 4


def test_an_export_is_not_cut_to_a_page(open_house: House) -> None:
    text = open_house.get("/api/trades?format=csv&limit=2").text

    assert len(text.splitlines()) == 8
    assert len(open_house.get("/api/orders?status=all&format=csv").text.splitlines()) == 6


def test_all_orders_come_from_the_history(open_house: House) -> None:
    page = body(open_house, "/api/orders?status=all&limit=2")

    assert [order["id"] for order in page["orders"]] == ["order-4", "order-3"]
    assert page["orders"][0]["status"] == "filled"
    assert page["orders"][0]["trigger_price"] == 59000.1
    assert page["next_cursor"]


def test_activity_is_the_facts_as_they_were_told(open_house: House) -> None:
    page = body(open_house, f"/api/activity?since={samples.START + 2000}&limit=100")

    assert [fact["fact_id"] for fact in page["activity"]] == [f"f{n}" for n in range(8, 1, -1)]
    assert page["activity"][-1]["kind"] == "order_refused"
    assert page["next_cursor"] is None


def test_equity_is_points_of_the_last_hours(open_house: House) -> None:
    whole = body(open_house, "/api/equity")["points"]
    hour = body(open_house, "/api/equity?hours=1")["points"]

    assert len(whole) == MINUTES
    assert whole[0] == [samples.START, 10012.34567891]
    assert hour == whole[60:]


def test_equity_of_a_strategy_is_its_sub_accounts(open_house: House) -> None:
    assert body(open_house, "/api/equity?strategy=trend")["points"] == [
        [samples.START + 5 * MINUTE_MS, 5000.5]
    ]
    assert body(open_house, "/api/equity?strategy=nobody")["points"] == []


def test_equity_as_a_file_is_every_point_and_exact(open_house: House) -> None:
    rows = list(csv.DictReader(io.StringIO(open_house.get("/api/equity?format=csv").text)))
    assert len(rows) == MINUTES
    assert (rows[-1]["at"], rows[-1]["equity"]) == (str(samples.START), "10012.34567891")

    own = msgspec.json.decode(open_house.get("/api/equity?format=json-file&strategy=trend").data)
    assert own == [
        {"at": samples.START + 5 * MINUTE_MS, "equity": "5000.5", "balance": "5000",
         "strategy": "trend"}
    ]  # fmt: skip


def test_the_history_of_an_account_that_was_imported(open_house: House) -> None:
    at = samples.START - 1000 * MINUTE_MS
    account_id = open_house.bring_in("elsewhere", Batch(
        equity=[EquityPoint(at - n * HOUR_MS, Decimal(500 + n), Decimal(500)) for n in range(5)],
        trades=[samples.trade(900, id="far away", closed_at=at)],
    ))  # fmt: skip

    listed = {account["id"]: account for account in body(open_house, "/api/accounts")["accounts"]}
    assert (listed[account_id]["market_id"], listed[account_id]["imported"]) == ("elsewhere", True)
    assert [account["current"] for account in listed.values()].count(True) == 1
    trades = body(open_house, f"/api/trades?account={account_id}")["trades"]
    assert [trade["id"] for trade in trades] == ["far away"]
    assert len(open_house.get(f"/api/trades?account={account_id}&format=csv").text.split()) == 3
    # hours count back from its own end
    points = body(open_house, f"/api/equity?hours=2&account={account_id}")["points"]
    assert [equity for _, equity in points] == [502.0, 501.0, 500.0]
    found = body(open_house, f"/api/data/DOGE/USD?account={account_id}")
    assert (found["symbol"], found["candles"]) == ("DOGE/USD", [])
    assert "far away" not in open_house.get("/api/trades").text


@pytest.mark.parametrize("path", ["BTC%2FUSDT", "BTC/USDT", "BTCUSDT", "btcusdt"])
def test_candles_of_a_symbol_however_it_is_written(open_house: House, path: str) -> None:
    found = body(open_house, f"/api/data/{path}?interval=15m&hours=3")

    assert (found["symbol"], found["interval_ms"]) == ("BTC/USDT", 15 * MINUTE_MS)
    assert found["candles"][0] == [
        samples.START, 60000.1, 60010.25, 59990.75, 60001.5, 185.175,
    ]  # fmt: skip
    assert len(found["candles"]) == MINUTES // 15
    assert found["fills"][0] == {
        "at": samples.START, "side": "buy", "price": 60123.4, "qty": 0.015, "role": "entry",
        "position_id": "position-1",
    }  # fmt: skip
    assert [fill["at"] for fill in found["fills"]] == [samples.START + n * 60_000 for n in range(5)]


def test_candles_of_an_earlier_time(open_house: House) -> None:
    until = samples.START + 60 * MINUTE_MS

    found = body(open_house, f"/api/data/BTCUSDT?interval=5m&hours=1&until={until}")

    assert [candle[0] for candle in found["candles"]] == [
        samples.START + n * 5 * MINUTE_MS for n in range(12)
    ]


def test_the_digest_is_told_in_three_lines(open_house: House) -> None:
    since = samples.START + 3000

    told = body(open_house, f"/api/digest?since={since}")

    assert told == {
        "since": since,
        "lines": [
            {"title": "3 trades closed", "detail": "3 won", "amount": 36.6},
            {"title": "Equity", "detail": "from $10,012.35 to $10,012.35", "amount": 0.0},
            {"title": "Nothing refused, no alert", "detail": "", "amount": None},
        ],
    }
    quiet = body(open_house, f"/api/digest?since={NOW}")["lines"]
    assert quiet[0] == {"title": "No trade closed", "detail": "", "amount": None}
    assert body(open_house, "/api/digest?since=0")["lines"][2]["title"] == "1 order refused"


def test_the_schema_fits_the_dashboard(open_house: House) -> None:
    schema = body(open_house, "/api/schema")

    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["required"]) == set(body(open_house, "/api/dashboard"))


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("trades?limit=0", "limit must be a whole number from 1 to 500, was '0'"),
        ("trades?limit=x", "limit must be a whole number from 1 to 500, was 'x'"),
        ("trades?limit=", "limit must be a whole number from 1 to 500, was ''"),
        ("trades?since=-1", "since must be a whole number from 0"),
        ("trades?since=1e3", "since must be a whole number"),
        ("trades?until=99999999999999999999", "until must be a whole number"),
        ("trades?since=%D9%A1", "since must be a whole number"),
        ("trades?symbol=", "symbol must be 1 to 200 printable characters"),
        ("trades?symbol=%00", "symbol must be 1 to 200 printable characters"),
        ("trades?strategy=" + "x" * 201, "strategy must be 1 to 200 printable"),
        ("trades?cursor=AAAA", "cursor must be one that a page gave, was 'AAAA'"),
        ("trades?format=xml", "format must be one of json, csv, json-file, was 'xml'"),
        ("trades?sybmol=BTC", "parameters must be among these: symbol"),
        ("orders?status=closed", "status must be one of open, all, was 'closed'"),
        ("orders?limit=5", "parameters must be among these"),
        ("equity?hours=0", "hours must be a whole number from 1"),
        ("data/BTCUSDT?hours=5000&interval=1m", "hours must be at most 2000 candles"),
        ("data/BTCUSDT?interval=2m", "interval must be one of 1m, 5m, 15m, 1h, 4h, 1d, was '2m'"),
        ("digest", "since must be given"),
        ("dashboard?x=1", "parameters must be among these: none, was 'x'"),
    ],
)
def test_a_bad_parameter_is_named_with_its_rule(open_house: House, path: str, says: str) -> None:
    answer = open_house.get(f"/api/{path}")

    assert answer.status_code == 400
    told = problem(answer)
    assert told["code"] == "bad_parameter"
    assert told["detail"].startswith(says)


def test_an_unknown_symbol_is_answered_with_the_known(open_house: House) -> None:
    told = problem(open_house.get("/api/data/DOGE"))

    assert told["code"] == "unknown_symbol"
    assert told["detail"] == "symbol must be one of BTC/USDT, ETH/USDT, was 'DOGE'"


def test_health_says_little_to_strangers(open_house: House, new_house: House) -> None:
    assert open_house.client().get("/api/health").json == {
        "status": "ok", "engine": "up", "version": "0.1.0",
    }  # fmt: skip
    assert new_house.client().get("/api/health").json == {
        "status": "degraded", "engine": "away", "version": "0.1.0",
    }  # fmt: skip
    more = body(open_house, "/api/health")
    assert more["streams"]["clients"] == 0
    assert more["engine_age_ms"] >= 0


def test_before_the_first_start_it_says_what_is_missing(new_house: House) -> None:
    for path in ("dashboard", "positions", "orders", "equity?hours=1", "data/BTCUSDT"):
        answer = new_house.get(f"/api/{path}")
        assert (answer.status_code, problem(answer)["code"]) == (503, "engine_away"), path
    for path in (
        "trades", "orders?status=all", "activity", "digest?since=0", "trades?format=csv",
        "signals", "trades/x", "equity", "accounts", "equity?format=csv",
    ):  # fmt: skip
        answer = new_house.get(f"/api/{path}")
        assert (answer.status_code, problem(answer)["code"]) == (503, "no_database"), path
        assert int(answer.headers["Retry-After"]) > 0
    assert not (new_house.settings.data_dir / "quarterdeck.db").exists()


def test_while_the_engine_is_away_the_last_state_says_so(tmp_path: Path) -> None:
    with house(tmp_path) as left:
        fresh = left.get("/api/dashboard")
        left.stop_engine()

        answer = left.get("/api/dashboard", headers={"If-None-Match": fresh.headers["ETag"]})

        assert answer.status_code == 200
        told = msgspec.json.decode(answer.data)
        assert told.pop("stale") is True
        assert 0 <= left.clock.now() - told.pop("away_since") < 20_000
        assert 0 <= told.pop("age_ms") < 20_000
        assert told == msgspec.json.decode(fresh.data)
        assert body(left, "/api/positions")["stale"] is True
        assert len(body(left, "/api/trades")["trades"]) == 7


def boot_of(text: str) -> dict[str, Any]:
    begin = '<script type="application/json" id="boot">'
    data = text[text.index(begin) + len(begin) :]
    found: dict[str, Any] = msgspec.json.decode(data[: data.index("</script>")])
    return found


def test_the_page_carries_its_data_for_who_is_signed_in(open_house: House) -> None:
    stranger = boot_of(open_house.client().get("/").text)
    assert (stranger["role"], stranger["snapshot"]) == (None, None)
    assert stranger["fold"] == msgspec.json.decode(msgspec.json.encode(FOLD_TABLE))

    browser = open_house.browser(Role.TRADER)
    answer = browser.get("/trades")
    known = boot_of(answer.text)

    assert known["role"] == "trader"
    assert known["snapshot"] == body(open_house, "/api/dashboard")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in answer.vary


def test_what_a_strategy_says_cannot_end_the_pages_script(tmp_path: Path) -> None:
    with house(tmp_path) as built:
        assert built.engine is not None
        evil = "</script><script>alert(1)</script><!--"
        publisher = built.engine.publisher

        def refuse() -> int:
            publisher.fact("order_refused", {"detail": evil})
            publisher.deliver()
            return publisher.seq

        told = built.engine.call(refuse)
        until(lambda: body(built, "/api/dashboard")["seq"], lambda seq: seq >= told)

        text = built.browser().get("/").text

        assert evil not in text
        assert boot_of(text)["snapshot"]["state"]["activity"] == [{"detail": evil}]
