"""Signals, the decisions on them, and why nothing was traded."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest

from core.market import HOUR_MS, MINUTE_MS
from runner.publisher import Builder
from store.records import SignalRow
from store.writer import Batch
from tests.telegram_webapp.house import NOW, House, house, problem

SAID = [
    # minutes ago, strategy, symbol, action, decision, gate, confidence
    (200, "trend", "BTC/USDT", "buy", "traded", "", 0.9),
    (100, "trend", "BTC/USDT", "hold", "held", "", 0.1),
    (90, "full_math", "ETH/USDT", "buy", "refused", "max_positions", 0.8),
    (60, "full_math", "ETH/USDT", "sell", "refused", "max_positions", 0.6),
    (40, "trend", "ETH/USDT", "buy", "held", "volatility", 0.4),
    (20, "full_math", "BTC/USDT", "sell", "closed", "", 0.7),
    (10, "full_math", "ETH/USDT", "hold", "held", "", 0.2),
]


def row(number: int, **changes: Any) -> SignalRow:
    ago, strategy, symbol, action, decision, gate, confidence = SAID[number]
    values: dict[str, Any] = {
        "id": f"signal-{number}", "at": NOW - ago * MINUTE_MS, "strategy": strategy,
        "symbol": symbol, "action": action, "confidence": confidence, "price": Decimal("3000.10"),
        "stop_price": Decimal(2900), "target_price": None, "expected_pct": 0.4,
        "expected_pnl": None, "decision": decision, "gate": gate, "value": 6.0 if gate else None,
        "threshold": 6.0 if gate else None, "why": "the reason of it",
        "position_id": "position-1" if decision in {"traded", "closed"} else "",
        "detail": {"reasons": ["=1+1", "more"], "parts": [{"name": "hurst", "score": 0.5}]},
    }  # fmt: skip
    return SignalRow(**values | changes)


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house")) as built:
        built.remember(Batch(signals=[row(number) for number in range(len(SAID))]))
        engine = built.engine
        assert engine is not None
        off: Builder = partial(
            dict, at=NOW, id="deepseek_only", status="off", note="there is no key"
        )

        def tell() -> None:
            engine.publisher.touch("strategy", "deepseek_only", off)
            engine.publisher.flush()

        engine.call(tell)
        yield built


def body(house: House, path: str) -> dict[str, Any]:
    answer = house.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = msgspec.json.decode(answer.data)
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [signal["id"][-1] for signal in found["signals"]]


def test_signals_of_the_last_two_hours_come_with_their_counts(open_house: House) -> None:
    found = body(open_house, "/api/signals")

    assert ids(found) == ["6", "5", "4", "3", "2", "1"]
    assert found["counts"] == {
        "buy": 2, "sell": 2, "hold": 2, "traded": 0, "closed": 1, "refused": 2, "held": 3,
    }  # fmt: skip
    assert found["by_gate"] == [
        {"gate": "max_positions", "count": 2}, {"gate": "volatility", "count": 1},
    ]  # fmt: skip
    assert found["avg_confidence"] == round((0.1 + 0.8 + 0.6 + 0.4 + 0.7 + 0.2) / 6, 4)
    assert found["since"] == NOW - 2 * HOUR_MS
    assert found["next_cursor"] is None
    assert found["signals"][0]["detail"]["parts"] == [{"name": "hurst", "score": 0.5}]
    assert found["signals"][0]["price"] == 3000.1


def test_signals_are_filtered_and_counted_alike(open_house: House) -> None:
    assert ids(body(open_house, "/api/signals?hours=1&symbol=ETH/USDT")) == ["6", "4", "3"]
    assert ids(body(open_house, "/api/signals?strategy=full_math&action=sell")) == ["5", "3"]
    refused = body(open_house, "/api/signals?decision=refused")
    assert ids(refused) == ["3", "2"]
    assert refused["counts"]["refused"] == 2
    assert refused["counts"]["held"] == 0
    nothing = body(open_house, "/api/signals?symbol=DOGE/USDT")
    assert (nothing["signals"], nothing["avg_confidence"], nothing["by_gate"]) == ([], None, [])
    assert ids(body(open_house, f"/api/signals?until={NOW - 95 * MINUTE_MS}")) == ["1", "0"]


def test_signals_are_paged_and_their_counts_are_of_all(open_house: House) -> None:
    first = body(open_house, "/api/signals?hours=4&limit=4")
    second = body(open_house, f"/api/signals?hours=4&limit=4&cursor={first['next_cursor']}")

    assert ids(first) + ids(second) == ["6", "5", "4", "3", "2", "1", "0"]
    assert first["counts"] == second["counts"]
    assert second["next_cursor"] is None


def test_signals_can_be_taken_away_as_files(open_house: House) -> None:
    text = open_house.get("/api/signals?hours=4&format=csv&symbol=BTC/USDT").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in rows] == ["signal-5", "signal-1", "signal-0"]
    assert {row["price"] for row in rows} == {"3000.1"}
    assert msgspec.json.decode(rows[0]["detail"])["reasons"] == ["=1+1", "more"]

    whole = open_house.get("/api/signals?hours=4&format=json-file")
    assert whole.headers["Content-Disposition"] == (
        'attachment; filename="quarterdeck-signals.json"'
    )
    assert [item["price"] for item in msgspec.json.decode(whole.data)] == ["3000.1"] * 7


def test_one_signal_has_the_trade_it_led_to(open_house: House) -> None:
    entry = body(open_house, "/api/signals/signal-0")
    assert entry["signal"]["decision"] == "traded"
    assert entry["trade"]["id"] == "position-1"
    assert body(open_house, "/api/signals/signal-2")["trade"] is None

    answer = open_house.get("/api/signals/of-nobody")
    assert (answer.status_code, problem(answer)["code"]) == (404, "unknown_signal")


@pytest.mark.parametrize("asked", ["ETH", "eth", "ETHUSDT", "ETH/USDT"])
def test_why_there_is_no_trade_is_answered_in_words(open_house: House, asked: str) -> None:
    found = body(open_house, f"/api/why?symbol={asked}")

    assert found["symbol"] == "ETH/USDT"
    assert [row["id"] for row in found["decisions"]] == ["signal-6", "signal-4"]
    assert found["answer"] == (
        "trend has an open long position in ETH/USDT. "
        "full_math at 00:50 UTC: the reason of it. "
        "trend at 00:20 UTC: the reason of it. "
        "deepseek_only is off: there is no key."
    )
    assert found["refusals"] == [
        {"gate": "max_positions", "count": 2}, {"gate": "volatility", "count": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("why", "bad_parameter"),
        ("why?symbol=DOGE", "unknown_symbol"),
        ("why?symbol=ETH&hours=2", "bad_parameter"),
        ("signals?action=wait", "bad_parameter"),
        ("signals?decision=", "bad_parameter"),
        ("signals?hours=0", "bad_parameter"),
        ("signals?hours=1&since=5", "bad_parameter"),
        ("signals?types=x", "bad_parameter"),
        ("signals?account=77", "unknown_account"),
        ("signals/x?y=1", "bad_parameter"),
    ],
)
def test_what_cannot_be_answered_is_said(open_house: House, path: str, code: str) -> None:
    assert problem(open_house.get(f"/api/{path}"))["code"] == code
