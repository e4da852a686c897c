"""Somebody sees to an alert: the engine keeps it with the ledger, and tells it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.errors import CommandError
from infra.bus.base import CommandRequest
from store.acknowledgements import alerts
from store.history import Wanted, facts
from store.writer import Batch
from tests.runner.engines import Listener, open_engine, settings
from tests.store import samples


class Desk:
    """An engine that has told a warning to everybody and one to somebody alone."""

    def __init__(self, folder: Path) -> None:
        self.listener = Listener()
        self.wired = open_engine(settings(folder, warmup_days=0), self.listener)
        self.engine = self.wired.engine
        asyncio.run(self.engine.turn("running"))
        rows = [samples.told(n, level="warn", owner=owner) for n, owner in ((1, ""), (2, "them"))]
        self.engine.writer.commit(Batch(outbox=rows))

    def ids(self, owner: str = "them", *, only_open: bool = True) -> list[int]:
        page = alerts(
            self.wired.database, self.engine.writer.account_id, owner=owner, only_open=only_open
        )
        return [row.id for row in page.items if row.type == "trade_closed"]

    def acknowledge(self, alert_id: Any, role: str = "trader", owner: str = "") -> dict[str, Any]:
        request = CommandRequest("k", "acknowledge", {"alert_id": alert_id}, "them", role, owner)
        reply = asyncio.run(self.engine.answer(request))
        assert reply.result is not None
        return dict(reply.result)


def test_the_first_who_sees_to_an_alert_stays_and_everybody_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    _, first = desk.ids()
    told = desk.acknowledge(first)
    assert told == {"id": first, "acknowledged_at": desk.engine.now(), "acknowledged_by": "them"}
    desk.engine.clock.not_before(told["acknowledged_at"] + 1000)
    assert desk.acknowledge(first, role="owner") == told

    assert first not in desk.ids()
    assert first in desk.ids(only_open=False)
    wanted = Wanted(types=("alert_acknowledged",))
    (fact,) = facts(desk.wired.database, desk.engine.writer.account_id, wanted).items
    assert (fact.data["id"], fact.data["by"]) == (first, "them")
    assert desk.listener.of("alert_acknowledged") == [fact.data]
    desk.wired.close()


def test_what_is_not_ones_own_or_no_alert_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (first,) = desk.ids(owner="")
    theirs = next(number for number in desk.ids() if number != first)
    refused: list[tuple[Any, dict[str, str], str]] = [
        (theirs, {"owner": "another"}, "no_alert"),
        (first + 1000, {}, "no_alert"),
        ("1", {}, "bad_args"),
        (True, {}, "bad_args"),
        (first, {"role": "viewer"}, "forbidden"),
    ]
    for alert_id, how, code in refused:
        with pytest.raises(CommandError) as caught:
            desk.acknowledge(alert_id, **how)
        assert caught.value.code == code
    assert desk.acknowledge(theirs, owner="them")["acknowledged_by"] == "them"
    assert desk.ids() == [first]
    desk.wired.close()


def test_it_may_be_seen_to_while_history_is_played(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (first,) = desk.ids(owner="")
    asyncio.run(desk.engine.turn("warming_up"))
    told = desk.acknowledge(first)
    assert desk.acknowledge(first) == told
    assert first in desk.ids()  # it is committed with the next part of the history
    asyncio.run(desk.engine.settle_past())
    assert first not in desk.ids()
    desk.wired.close()
