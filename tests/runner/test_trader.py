"""Why an entry is not taken."""

import asyncio
from pathlib import Path

import pytest

from tests.runner.engines import Listener, follow, open_engine, settings

MINUTE_MS = 60_000


@pytest.mark.parametrize(("paused_by", "gate"), [(None, "size"), ("ada", "paused")])
def test_an_account_too_small_for_any_order_says_so_unless_something_else_stops_it(
    tmp_path: Path,
    own_strategies: None,  # noqa: ARG001
    paused_by: str | None,
    gate: str,
) -> None:
    listener = Listener()
    wanted = settings(tmp_path, warmup_days=0, strategies=["holder"], balance=3)
    wired = open_engine(wanted, listener)
    wired.engine.trader.set_paused(paused_by, at=0)

    asyncio.run(follow(wired.engine, wired.engine.now() + MINUTE_MS))
    wired.close()

    refused = listener.of("order_refused")
    assert [fact["gate"] for fact in refused] == [gate] * 3
    assert not listener.of("order_filled")
