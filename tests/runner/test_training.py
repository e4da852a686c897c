"""Models beside trading: loaded, trained by a process of its own, judged by what came true."""

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from core.market import DAY_MS, HOUR_MS, MINUTE_MS
from runner.deposits import give_deposits
from runner.roster import Member, Roster
from runner.training import LEAST_SETTLED, Training, barred, live_score, open_training
from runner.wiring import Wired
from store.accounts import all_accounts
from store.database import Database
from store.learning import LiveScore, live_scores, model_scores
from store.records import ModelScore, PredictionRow
from store.writer import Batch
from strategy.gru import Gru
from strategy.predictors.model import Course, Model
from tests.runner.engines import NOW, Listener, follow, open_engine, settings, warm
from tests.services import require
from tests.trained import constant
from training import shelf
from utils.clock import SetClock

ONE_SYMBOL: dict[str, Any] = {"symbols": ["BTC/USDT"], "strategies": ["gru"]}
Made = Callable[..., tuple[Wired, Training]]


@pytest.fixture
def engine_with_gru(tmp_path: Path) -> Iterator[Made]:
    """Makes an engine with a gru, and what keeps it in models."""
    if find_spec("torch") is None:
        require("PyTorch", "make ml")
    opened: list[Wired] = []

    def make(listener: Listener | None = None, **changes: Any) -> tuple[Wired, Training]:
        wanted = settings(tmp_path, **ONE_SYMBOL | changes)
        wired = open_engine(wanted, listener)
        opened.append(wired)
        training = open_training(wanted, wired.engine, wired.database, SetClock(NOW))
        assert training is not None
        return wired, training

    yield make
    for wired in opened:
        wired.close()


def shelved(wired: Wired, training: Training, chance: float, **how: Any) -> Model:
    """Put a model for this engine's market on its shelf."""
    course = Course(
        market=wired.engine.feed.market_id, symbols=["BTC/USDT"], bar_minutes=15, horizon_bars=4
    )
    model = constant(chance, course, **{"until": NOW, "made_at": NOW} | how)
    shelf.save(training.settings.data_dir / "models", model)
    return model


def account(wired: Wired) -> tuple[Database, int]:
    return wired.database, wired.engine.writer.account_id


def test_only_a_gru_that_can_trade_is_kept_in_models(tmp_path: Path) -> None:
    wanted = settings(tmp_path, symbols=["BTC/USDT"], strategies=["trend"])
    wired = open_engine(wanted)
    engine = wired.engine
    assert open_training(wanted, engine, wired.database, SetClock(NOW)) is None

    without_torch = Gru(find_spec=lambda _name: None)
    engine.trader.council.roster.members["gru"] = Member("gru", without_torch)
    assert open_training(wanted, engine, wired.database, SetClock(NOW)) is None
    wired.close()


def test_without_pytorch_it_is_off_and_gets_no_deposit(tmp_path: Path) -> None:
    wanted = settings(tmp_path, symbols=["BTC/USDT"], strategies=["trend"])
    wired = open_engine(wanted)
    without_torch = Gru(find_spec=lambda _name: None)
    roster = Roster.of([without_torch], ["gru", "trend"], [])
    trader, writer = wired.engine.trader, wired.engine.writer
    (mine,) = [a for a in all_accounts(wired.database) if a.id == writer.account_id]

    give_deposits(writer, trader.portfolio, [without_torch], mine, NOW)

    assert (roster.members["gru"].status, list(roster.trading())) == ("off", [])
    assert "make ml" in roster.members["gru"].note
    assert "gru" not in trader.portfolio.transferred
    wired.close()


def test_an_engine_with_a_passing_model_predicts_trades_and_stores_both(
    engine_with_gru: Made,
) -> None:
    listener = Listener()
    wired, training = engine_with_gru(listener)
    model = shelved(wired, training, 0.9)

    async def run() -> None:
        engine = await warm(wired)
        await training.take_newest()
        await follow(engine, NOW + 3 * HOUR_MS)
        await training.judge_daily()
        await engine.flush()
        await engine.close()

    asyncio.run(run())

    database, account_id = account(wired)
    (live,) = live_scores(database, account_id, "gru")
    assert live.model == model.card.name
    assert live.samples >= 7
    assert {s["decision"] for s in listener.of("signal_raised")} >= {"traded", "closed"}
    scores = {score.kind: score for score in model_scores(database, account_id, "gru")}
    assert set(scores) == {"walk_forward", "live"}
    assert scores["walk_forward"].passes
    assert scores["live"].samples == live.samples
    assert listener.state["strategies"]["gru"]["model"] == model.card.name


def test_an_engine_with_a_failing_model_predicts_and_trades_nothing(
    engine_with_gru: Made,
) -> None:
    listener = Listener()
    wired, training = engine_with_gru(listener)
    shelved(wired, training, 0.9, failing="it may be luck")

    async def run() -> None:
        engine = await warm(wired)
        await training.take_newest()
        await follow(engine, NOW + 2 * HOUR_MS)
        await engine.close()

    asyncio.run(run())

    assert live_scores(*account(wired), "gru")
    assert {s["decision"] for s in listener.of("signal_raised")} == {"held"}
    assert {s["gate"] for s in listener.of("signal_raised")} == {"baseline"}
    assert not model_scores(*account(wired), "gru")[0].passes


def test_a_damaged_model_is_passed_over_and_the_one_before_it_is_used(
    engine_with_gru: Made, caplog: pytest.LogCaptureFixture
) -> None:
    wired, training = engine_with_gru()
    older = shelved(wired, training, 0.6, made_at=NOW - DAY_MS)
    newer = shelved(wired, training, 0.9)
    numbers = training.settings.data_dir / "models" / f"{newer.card.name}.npz"
    numbers.write_bytes(numbers.read_bytes()[:-100])

    asyncio.run(training.take_newest())
    asyncio.run(training.take_newest())

    assert training.strategy.model_name == older.card.name
    assert caplog.text.count(newer.card.name) == 1  # told once, not every time it looks


def test_a_start_without_any_model_gives_none(engine_with_gru: Made) -> None:
    _, training = engine_with_gru()

    asyncio.run(training.take_newest())

    assert training.strategy.model_name == ""
    assert training.is_due()


def test_a_model_is_renewed_when_it_is_old_and_not_before(engine_with_gru: Made) -> None:
    wired, training = engine_with_gru()
    clock = training.clock
    assert isinstance(clock, SetClock)
    shelved(wired, training, 0.9)
    asyncio.run(training.take_newest())

    clock.at = NOW + 24 * HOUR_MS - 1
    assert not training.is_due()
    clock.at += 1
    assert training.is_due()


def test_a_training_without_enough_candles_is_tried_again_an_hour_later(
    engine_with_gru: Made, caplog: pytest.LogCaptureFixture
) -> None:
    _, training = engine_with_gru()
    clock = training.clock
    assert isinstance(clock, SetClock)

    asyncio.run(training.renew())

    assert "No model was trained" in caplog.text
    assert training.strategy.model_name == ""
    assert not training.is_due()
    clock.at += HOUR_MS
    assert training.is_due()


def test_a_model_is_trained_on_the_candles_of_the_engine_taken_and_told(
    engine_with_gru: Made,
) -> None:
    listener = Listener()
    gru = {"bar_minutes": 1, "horizon_bars": 1}
    wired, training = engine_with_gru(listener, gru=gru, warmup_days=1)

    async def run() -> None:
        engine = await warm(wired)
        await engine.turn("running")
        await training.renew()
        await engine.close()

    asyncio.run(run())

    assert training.model is not None
    (trial,) = model_scores(*account(wired), "gru")
    assert (trial.model, trial.kind) == (training.strategy.model_name, "walk_forward")
    assert trial.at == training.model.card.trained_until <= NOW
    assert trial.samples >= 500
    (alert,) = [a for a in listener.of("alert_raised") if a["code"] == "model_trained"]
    assert trial.model in alert["title"]
    assert ("trades nothing" in alert["detail"]) is not trial.passes


def test_a_training_that_takes_too_long_is_ended(
    engine_with_gru: Made, caplog: pytest.LogCaptureFixture
) -> None:
    _, training = engine_with_gru()
    training.longest_s = 0.0

    asyncio.run(training.renew())

    assert "No model was trained: it took more than 0 s" in caplog.text
    assert training.strategy.model_name == ""


def test_the_process_that_trains_ends_when_the_engine_stops(engine_with_gru: Made) -> None:
    _, training = engine_with_gru()

    async def cancelled() -> None:
        renewing = asyncio.create_task(training.renew())
        await asyncio.sleep(0)
        renewing.cancel()
        await asyncio.wait([renewing])
        assert renewing.cancelled()

    asyncio.run(cancelled())


def test_judging_twice_a_day_stores_once(engine_with_gru: Made) -> None:
    wired, training = engine_with_gru()
    shelved(wired, training, 0.9)

    async def run() -> None:
        engine = await warm(wired)
        await training.take_newest()
        await follow(engine, NOW + 2 * HOUR_MS)
        await training.judge_daily()
        await training.judge_daily()
        again = open_training(training.settings, engine, wired.database, SetClock(NOW))
        assert again is not None
        await again.take_newest()
        await again.judge_daily()
        await engine.close()

    asyncio.run(run())

    kinds = [score.kind for score in model_scores(*account(wired), "gru")]
    assert sorted(kinds) == ["live", "walk_forward"]


def live(**changes: Any) -> LiveScore:
    given: dict[str, Any] = {
        "strategy": "gru", "model": "gru-1", "samples": LEAST_SETTLED, "rose": LEAST_SETTLED // 2,
        "right": 300, "squared": 0.24, "last_at": NOW - MINUTE_MS, "bins": [],
    }  # fmt: skip
    return LiveScore(**given | changes)


def test_what_came_true_bars_a_model_only_when_there_is_enough_of_it() -> None:
    assert barred(live()) is None
    assert barred(live(samples=LEAST_SETTLED - 1, squared=0.3)) is None

    refusal = barred(live(squared=0.3))
    assert refusal is not None
    assert refusal.gate == "baseline"
    assert "0.3000" in refusal.reason


def record_of(version: int, age_ms: int = 0, *, passed: bool = True) -> Batch:
    """Return a model's trial and 200 predictions of 0.9 of which half came true."""
    model, price = f"gru-{version}", Decimal(100)
    until = NOW - age_ms
    trial = ModelScore(
        model=model, kind="walk_forward", at=until, strategy="gru", samples=900, accuracy=0.6,
        brier=0.24, baseline_accuracy=0.5, baseline_brier=0.25, passes=passed, detail={},
    )  # fmt: skip
    rows = [
        PredictionRow(
            id=f"{model}:{n}", at=until - n * MINUTE_MS, strategy="gru", symbol="BTC/USDT",
            model=model, horizon_ms=1, due_at=until - n * MINUTE_MS + 1, up_probability=0.9,
            price=price, outcome_price=price, rose=n % 2 == 0,
        )
        for n in range(1, 201)
    ]  # fmt: skip
    return Batch(scores=[trial], predictions=rows)


@pytest.mark.parametrize(
    ("records", "bars"),
    [
        ([record_of(1), record_of(2), record_of(3)], True),
        ([record_of(1), record_of(2)], False),  # too few
        ([record_of(1), record_of(2), record_of(3, 31 * DAY_MS)], False),  # too long ago
        ([record_of(1), record_of(2), record_of(3, passed=False)], False),  # it traded nothing
    ],
)
def test_models_of_the_last_month_that_passed_are_judged_together(
    engine_with_gru: Made, records: list[Batch], *, bars: bool
) -> None:
    wired, training = engine_with_gru()
    asyncio.run(warm(wired))
    for record in records:
        wired.engine.writer.commit(record)

    refusal = asyncio.run(training._bar())

    assert (refusal is not None) is bars
    if refusal is not None:
        assert refusal.reason.startswith("the last 600 live predictions have a Brier score of 0.41")


def test_a_record_that_bars_reaches_the_strategy(engine_with_gru: Made) -> None:
    listener = Listener()
    wired, training = engine_with_gru(listener)
    shelved(wired, training, 0.9)

    async def run() -> None:
        engine = await warm(wired)
        for version in range(3):
            wired.engine.writer.commit(record_of(version))
        await training.take_newest()
        await follow(engine, NOW + HOUR_MS)
        await engine.close()

    asyncio.run(run())

    assert {s["gate"] for s in listener.of("signal_raised")} == {"baseline"}


def test_a_live_score_is_compared_with_the_share_of_rises() -> None:
    row = live_score(live(rose=100, samples=400, right=320, squared=0.17), NOW)

    assert row.baseline_brier == 0.25 * 0.75
    assert row.baseline_accuracy == 0.75
    assert row.accuracy == 0.8
    assert row.passes
