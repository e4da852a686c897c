"""The order book of the moment, as the engine tells it to who asks."""

import asyncio
from pathlib import Path
from typing import Any

from core.market import MINUTE_MS
from infra.bus.base import CommandRequest
from runner.wiring import Wired
from tests.runner.engines import follow, open_engine, settings

BTC = "BTC/USDT"


def asked(wired: Wired, **args: Any) -> dict[str, Any]:
    request = CommandRequest("k", "depth", args, "somebody", "viewer", "telegram:1")
    return dict(asyncio.run(wired.engine.answer(request)).result or {})


def test_the_newest_book_is_told_with_its_figures(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path, warmup_days=0, symbols=[BTC]))
    before = asked(wired, symbol=BTC)
    asyncio.run(follow(wired.engine, wired.engine.now() + MINUTE_MS))

    found = asked(wired, symbol=BTC, levels=3)

    assert before["bids"] == []
    assert before["reason"] == "No order book yet: the past is played without one."
    assert (found["symbol"], found["stale"], found["reason"]) == (BTC, False, None)
    assert len(found["bids"]) == len(found["asks"]) == 3
    (bid, bid_qty), (ask, _) = found["bids"][0], found["asks"][0]
    assert 0 < bid < ask
    assert bid_qty > 0
    assert found["spread_bps"] > 0
    bids, asks = (sum(qty for _, qty in found[side]) for side in ("bids", "asks"))
    assert abs(found["imbalance_pct"] - 100 * (bids - asks) / (bids + asks)) < 0.01
    assert asked(wired, symbol="NO/USDT") == {}
    wired.close()
