"""Several strategies on one tape: each its own money, and what becomes of it when they change."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from core.ledger import EntryKind
from runner.wiring import Wired
from store import recovery, tables
from store.accounts import current_account
from store.writer import CHECKPOINT
from tests.runner.engines import Listener, open_engine, play_on, settings

pytestmark = pytest.mark.usefixtures("own_strategies")

NOW = 1_790_000_040_000


def run(folder: Path, hours: int, now: int = NOW, **changes: Any) -> tuple[Listener, Wired]:
    listener = Listener()
    wired = open_engine(settings(folder, **changes), listener, now)
    play_on(wired, hours)
    wired.close()
    return listener, wired


def transfers(wired: Wired) -> dict[str, Decimal]:
    return dict(wired.engine.trader.portfolio.transferred)


def test_strategies_share_the_balance_and_their_figures_add_up(tmp_path: Path) -> None:
    heard, wired = run(tmp_path, 2, strategies=["churn", "trend"])

    assert transfers(wired) == {"churn": Decimal(5000), "trend": Decimal(5000)}
    account, own = heard.state["account"], heard.state["strategies"]
    assert own["churn"]["closed_trades"] > 0
    for figure in ("balance", "equity", "closed_trades", "wins", "losses", "positions"):
        total = own["churn"][figure] + own["trend"][figure]
        assert total == pytest.approx(account[figure], abs=1e-6), figure
    assert own["churn"]["net_pnl"] == pytest.approx(own["churn"]["equity"] - 5000, abs=1e-6)


def test_one_that_is_added_later_gets_as_much_as_the_first_and_that_is_no_gain(
    tmp_path: Path,
) -> None:
    before, _ = run(tmp_path, 2, strategies=["trend"])
    then = before.state["account"]

    heard, wired = run(tmp_path, 1, now=then["at"], strategies=["trend", "churn"])

    assert transfers(wired) == {"trend": Decimal(10_000), "churn": Decimal(10_000)}
    account = heard.state["account"]
    assert account["initial_balance"] == 20_000
    assert account["realized_pnl"] == pytest.approx(account["balance"] - 20_000)
    lost = account["pnl_today"] - (account["equity"] - 20_000)
    assert abs(lost) < 2_000  # the transfer is not today's profit
    assert heard.state["strategies"]["churn"]["closed_trades"] > 0
    assert account["max_drawdown_pct"] < 20


def test_one_that_is_left_out_keeps_its_money_and_its_stops(tmp_path: Path) -> None:
    before, first = run(tmp_path, 1, strategies=["trend", "holder"])
    assert before.state["strategies"]["holder"]["positions"] == 3

    heard, second = run(tmp_path, 1, now=before.state["account"]["at"], strategies=["trend"])

    holder = heard.state["strategies"]["holder"]
    assert (holder["status"], holder["positions"]) == ("retired", 3)
    assert transfers(second) == transfers(first)
    resting = second.engine.publisher.state["orders"].values()
    assert sum((o["strategy"], o["role"]) == ("holder", "stop") for o in resting) == 3


def test_a_strategy_that_is_not_used_is_shown_with_the_reason(tmp_path: Path) -> None:
    heard, _ = run(tmp_path, 1, strategies=["churn"])

    assert heard.state["strategies"]["trend"]["status"] == "off"
    assert "settings" in heard.state["strategies"]["trend"]["note"]


def test_each_sub_account_has_a_curve_that_ends_at_its_equity(tmp_path: Path) -> None:
    _, wired = run(tmp_path, 1, strategies=["churn", "trend"])

    wired.database.engine.dispose()
    with wired.database.read() as connection:
        rows = connection.execute(tables.equity.select()).all()
    by_strategy = {name: [r for r in rows if r.strategy == name] for name in ("", "churn", "trend")}
    assert len({len(points) for points in by_strategy.values()}) == 1
    for at_once in zip(*by_strategy.values(), strict=True):
        whole, *parts = at_once
        assert {p.at for p in parts} == {whole.at}
        assert sum(p.equity for p in parts) == whole.equity


def test_every_transfer_is_in_the_journal_once_however_often_it_starts(tmp_path: Path) -> None:
    wanted = ["trend", "churn"]
    heard, wired = run(tmp_path, 1, strategies=wanted)
    for _ in range(2):
        heard, wired = run(tmp_path, 1, now=heard.state["account"]["at"], strategies=wanted)

    account = current_account(wired.database)
    assert account is not None
    kinds = [entry.kind for entry in recovery.journal(wired.database, account.id)]
    assert kinds.count(EntryKind.TRANSFER) == 2


def test_a_checkpoint_that_makes_no_sense_stops_the_start_with_one_sentence(
    tmp_path: Path,
) -> None:
    heard, wired = run(tmp_path, 1, strategies=["trend"])
    with wired.database.write() as connection:
        of_engine = tables.checkpoints.c.name == CHECKPOINT
        row = connection.execute(tables.checkpoints.select().where(of_engine)).one()
        spoiled = {k: v for k, v in row.value.items() if k != "courses"}
        connection.execute(tables.checkpoints.update().where(of_engine).values(value=spoiled))
    wired.database.close()

    with pytest.raises(ConfigError, match="start with --reset-paper, which archives it"):
        open_engine(settings(tmp_path, strategies=["trend"]), now=heard.state["account"]["at"])
