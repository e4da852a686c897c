import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.venue import KEY, SECRET, Venue
from tests.exchange.venue_thread import VenueThread
from tests.runner import engine_process
from tests.runner.engine_process import EngineProcess

# the engine, saying at its end which modules it had
TELLING_MODULES = """
import atexit, json, sys
atexit.register(lambda: print("MODULES", json.dumps(sorted(sys.modules)), file=sys.stderr))
from runner.__main__ import main
sys.exit(main())
"""


class Watched(EngineProcess):
    """An engine that watches an account of the loopback exchange."""

    def __init__(
        self, folder: Path, there: VenueThread, *, churn: bool = False, **settings: str
    ) -> None:
        given = {
            "MARKET": "exchange", "BROKER": "watch", "EXCHANGE_URL": there.url,
            "EXCHANGE_KEY": KEY, "EXCHANGE_SECRET": SECRET, "SYMBOLS": "BTC/USDT,ETH/USDT",
        }  # fmt: skip
        super().__init__(folder, churn=churn, log=None, **(given | settings))
        self.there = there

    def account(self) -> dict[str, Any]:
        return dict(self.heard.state["real_account"])

    def shows(self, holds: Callable[[dict[str, Any]], object], what: str) -> None:
        self.wait_until(lambda: self.account() and holds(self.account()), what)


@pytest.fixture
def there() -> Iterator[VenueThread]:
    with VenueThread(rate_hz=5) as there:
        yield there


def test_the_real_account_is_shown_and_nothing_else_is_done(
    tmp_path: Path, there: VenueThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "WITH_OWN_STRATEGIES", TELLING_MODULES)
    there.do(lambda venue: venue.trade("BTC/USDT", "0.02"))
    there.do(lambda venue: venue.trade("ETH/USDT", "-0.5", "9000", client_id="web_2"))
    with Watched(tmp_path / "data", there, churn=True) as engine:
        engine.shows(lambda account: account["positions"], "the position is shown")
        _check_shown(engine.account())
        engine.wait_until(lambda: engine.heard.status == "running", "the engine runs")
        assert engine.heard.state["engine"]["badge"] == "WATCH · BINANCE"
        _check_refusals(engine)
        there.do(lambda venue: venue.trade("BTC/USDT", "-0.02", client_id="web_3"))
        engine.shows(lambda account: not account["positions"], "the position is gone")
        there.do(lambda venue: venue.faults.hang_up())
        there.do(lambda venue: venue.trade("ETH/USDT", "0.1", client_id="web_4"))
        engine.shows(lambda account: account["positions"], "what was missed is shown")
        engine.stop()
    assert _writes(there.venue) == {("POST", "/fapi/v1/listenKey")}
    (line,) = [line for line in engine.log.splitlines() if line.startswith("MODULES")]
    modules = set(json.loads(line.removeprefix("MODULES ")))
    assert "exchange.real.watch_broker" in modules
    assert not modules & {"exchange.real.live_broker", "exchange.real.sending"}


def _check_shown(account: dict[str, Any]) -> None:
    assert (account["mode"], account["position_mode"]) == ("watch", "one_way")
    (position,) = account["positions"]
    assert (position["symbol"], position["side"], position["qty"]) == ("BTC/USDT", "long", 0.02)
    assert (position["margin_mode"], position["ours"]) == ("cross", False)
    (order,) = account["orders"]
    assert (order["price"], order["qty"], order["ours"]) == (9000, 0.5, False)


def _check_refusals(engine: Watched) -> None:
    for command in ("close_position", "close_all", "cancel_order", "move_order", "resume"):
        reply = engine.wish(command, f"key-{command}", position_id="1", order_id="1", price="2")
        assert reply.error is not None
        assert reply.error.code == "watching"
        assert "only watches the account" in reply.error.text


def test_the_account_and_its_curve_are_the_real_ones(tmp_path: Path, there: VenueThread) -> None:
    there.do(lambda venue: venue.trade("BTC/USDT", "0.02"))
    wallet = float(there.do(lambda venue: venue.account().wallet))
    with Watched(tmp_path / "data", there) as engine:
        engine.wait_for("equity_point")
        told = engine.heard.of("equity_point")[-1]
        assert told["equity"] == pytest.approx(wallet, rel=0.01)
        assert told["balance"] == pytest.approx(wallet)
        engine.wait_until(lambda: engine.heard.state["account"], "the account is told")
        first = dict(engine.heard.state["account"])
        assert (first["balance"], first["positions"]) == (pytest.approx(wallet), 1)
        strategies = engine.heard.state["strategies"].values()
        assert {s["status"] for s in strategies} == {"off"}
        assert all("only watches" in s["note"] for s in strategies)
        engine.stop()
    with Watched(tmp_path / "data", there) as engine:
        engine.wait_until(lambda: engine.heard.state["account"], "the account is told")
        again = engine.heard.state["account"]
        assert again["initial_balance"] == first["initial_balance"]
        assert again["day_open_equity"] == first["day_open_equity"]
        assert engine.heard.state["equity"]


def test_keys_that_are_refused_end_the_start_with_a_sentence(
    tmp_path: Path, there: VenueThread
) -> None:
    with Watched(tmp_path / "data", there, EXCHANGE_SECRET="not-the-secret") as engine:
        assert engine.process.wait(60) == 2
    assert "binanceusdm refuses the keys" in engine.log
    assert "Traceback" not in engine.log
    assert "not-the-secret" not in engine.log


def _writes(venue: Venue) -> set[tuple[str, str]]:
    return {(one.method, one.path) for one in venue.seen if one.method != "GET"}
