"""What theories and models were worth, counted by the database."""

from decimal import Decimal
from typing import Any

from core.trades import PositionSide
from store.accounts import Account
from store.database import Database
from store.learning import Bin, live_scores, model_scores, theory_tallies
from store.records import ModelScore, PredictionRow, TheoryRow
from store.writer import Batch, Writer
from tests.store import samples


def theory(number: int, name: str, score: float, *, hit: bool | None, **more: Any) -> TheoryRow:
    values: dict[str, Any] = {
        "trade_id": f"position-{number}", "theory": name, "strategy": "full_math",
        "symbol": "BTC/USDT", "opened_at": 1, "closed_at": 2, "score": score, "weight": 0.5,
        "net_pnl": Decimal(1), "hit": hit,
    }  # fmt: skip
    return TheoryRow(**values | more)


def prediction(number: int, chance: float, *, rose: bool | None) -> PredictionRow:
    return PredictionRow(
        id=f"p{number}", at=number, strategy="gru", symbol="BTC/USDT", model="gru-1",
        horizon_ms=10, due_at=number + 10, up_probability=chance, price=Decimal(1),
        outcome_price=None if rose is None else Decimal(2), rose=rose,
    )  # fmt: skip


def test_a_theory_is_judged_by_the_trades_it_leaned_in(
    database: Database, account: Account, writer: Writer
) -> None:
    sides = [PositionSide.LONG, PositionSide.LONG, PositionSide.SHORT, PositionSide.LONG]
    writer.commit(Batch(
        trades=[samples.trade(n, side=side) for n, side in enumerate(sides)],
        theories=[
            theory(0, "hurst", 0.1, hit=True), theory(1, "hurst", 1.0, hit=False),
            theory(2, "hurst", -0.9, hit=True), theory(3, "hurst", 0.0, hit=None),
            theory(0, "kalman", 0.5, hit=True, strategy="other"),
        ],
    ))  # fmt: skip

    hurst, kalman = theory_tallies(database, account.id)

    assert (hurst.strategy, hurst.theory) == ("full_math", "hurst")
    assert (hurst.trades, hurst.leaned, hurst.right) == (4, 3, 2)
    # towards the side that was taken: a short that it leaned to counts for it
    assert round(hurst.avg_contribution, 9) == (0.05 + 0.5 + 0.45 + 0) / 4
    assert hurst.bins == [
        Bin(low=0.0, high=0.2, count=1, right=1, said=0.05),
        Bin(low=0.8, high=1.0, count=2, right=1, said=0.95),
    ]
    assert [t.theory for t in theory_tallies(database, account.id, "other")] == ["kalman"]
    assert kalman.trades == 1


def test_predictions_are_judged_once_they_are_due(
    database: Database, account: Account, writer: Writer
) -> None:
    said = [(0.9, True), (0.7, False), (0.3, False), (0.5, True), (0.6, None)]
    writer.commit(
        Batch(predictions=[prediction(n, p, rose=rose) for n, (p, rose) in enumerate(said)])
    )

    (score,) = live_scores(database, account.id)

    assert (score.strategy, score.model) == ("gru", "gru-1")
    assert (score.samples, score.rose, score.right, score.last_at) == (4, 2, 2, 13)
    assert round(score.squared, 9) == round((0.01 + 0.49 + 0.09 + 0.25) / 4, 9)
    assert [(b.count, b.right) for b in score.bins] == [(1, 0), (1, 1), (1, 0), (1, 1)]
    assert live_scores(database, account.id, "full_math") == []


def test_scores_of_models_come_newest_first(
    database: Database, account: Account, writer: Writer
) -> None:
    scores = [
        ModelScore(
            model=f"gru-{at}", kind="walk_forward", at=at, strategy="gru", samples=9,
            accuracy=0.5, brier=0.25, baseline_accuracy=None, baseline_brier=0.2, passes=False,
            detail={"bins": []},
        )
        for at in (1, 2)
    ]  # fmt: skip
    writer.commit(Batch(scores=scores))

    assert model_scores(database, account.id, "gru") == scores[::-1]
    assert model_scores(database, account.id, "trend") == []
