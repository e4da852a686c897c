"""Keeps the strategy gru in models: trains them in a process of its own, and judges them live."""

import asyncio
import logging
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from core.errors import StoreError
from core.market import DAY_MS, HOUR_MS
from core.risk import Refusal
from infra.settings import ROOT, Settings, child_environment
from runner.engine import Engine
from runner.pipelines import TRAINING
from store.database import Database
from store.learning import LiveScore, live_scores, model_scores
from store.records import ModelScore
from strategy.gru import Gru
from strategy.predictors.model import Course, Model
from training.shelf import newest
from utils.clock import Clock
from utils.parent_watch import VARIABLE

log: Final = logging.getLogger(__name__)

Row = TypeVar("Row")

LOOKED_EVERY_S: Final = 60.0
HOUR_S: Final = 3600.0
AGAIN_AFTER_MS: Final = HOUR_MS  # after a training that failed
LONGEST_S: Final = 3600.0  # that a training may take; a minute is usual where there is a core
LEAST_SETTLED: Final = 500  # predictions, before what came of them bars a model
RECORD_MS: Final = 30 * DAY_MS  # how long models of the past speak for the newest


def open_training(
    settings: Settings, engine: Engine, database: Database, clock: Clock
) -> "Training | None":
    """Return what keeps *engine*'s gru in models, or None when it is not among the strategies.

    *clock* is the machine's.
    """
    member = engine.trader.council.roster.members.get(Gru.name)
    strategy = member.strategy if member else None
    if not isinstance(strategy, Gru) or strategy.off_reason:
        return None
    return Training(settings, engine, database, clock, strategy)


@dataclass(slots=True)
class Training:
    """Looks every minute whether there is a model, whether it is old, and how it does.

    Promise: neither a damaged file nor a training that fails disturbs trading: both are logged,
    and a training is tried again an hour later. A process that trains ends with this one.
    """

    settings: Settings
    engine: Engine
    database: Database
    clock: Clock
    strategy: Gru
    longest_s: float = LONGEST_S
    model: Model | None = None
    _tried_at: int | None = None
    _judged_day: int = -1
    _told: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Load, train and judge until cancelled."""
        every_s = self.settings.gru.retrain_hours * HOUR_S
        self.engine.pipelines.add(TRAINING, "Predictor training", every_s)
        await self.take_newest()
        while True:
            if self.is_due():
                await self.renew()
            await self.judge_daily()
            await self.clock.sleep(LOOKED_EVERY_S)

    def is_due(self) -> bool:
        """Tell whether a model should be trained now."""
        now = self.clock.now()
        if self._tried_at is not None and now - self._tried_at < AGAIN_AFTER_MS:
            return False
        longest = self.settings.gru.retrain_hours * HOUR_MS
        return self.model is None or now - self.model.card.made_at >= longest

    async def renew(self) -> None:
        """Train a model and take it."""
        self._tried_at = self.clock.now()
        before = self.strategy.model_name
        with self.engine.pipelines.run(TRAINING) as run:
            if not await self.train():
                run.error = "No model was trained; the engine's log says why."
                return
        await self.take_newest()
        if self.model is not None and self.model.card.name != before:
            title = f"New model {self.model.card.name}"
            await self.engine.alert("info", "model_trained", title, _told(self.model))

    async def train(self) -> bool:
        """Train a model in a process of its own; return whether it worked."""
        read_end, write_end = os.pipe()  # which closes with this process, however it ends
        try:
            child = await self._child(read_end)
            return await self._ends_well(child)
        except OSError as error:
            log.warning("No model was trained: its process cannot begin: %s", error)
            return False
        finally:
            os.close(read_end)
            os.close(write_end)

    async def _child(self, pipe: int) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "training", "--account", str(self._account_id),
            *self.engine.trader.board.markets, cwd=ROOT, pass_fds=(pipe,),
            env=child_environment(self.settings) | {VARIABLE: str(pipe)},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def _ends_well(self, child: Process) -> bool:
        try:
            async with asyncio.timeout(self.longest_s):
                _, said = await child.communicate()
        except TimeoutError:
            log.warning("No model was trained: it took more than %.0f s", self.longest_s)
            return False
        finally:
            if child.returncode is None:  # cancelled while it trained, or too slow
                child.kill()
                await child.wait()
        if child.returncode:
            log.warning("No model was trained: %s", said.decode(errors="replace").strip())
        return child.returncode == 0

    async def take_newest(self) -> None:
        """Give the strategy the newest model that can be used, with its trial's score stored."""
        found, refused = await asyncio.to_thread(newest, self._folder, self._course())
        for sentence in refused:
            if sentence not in self._told:
                self._told.add(sentence)
                log.warning("A model is not used: %s", sentence)
        if found is None:
            return
        self.model = found
        await self.engine.between_steps(self._taking(found, await self._bar(), [_trial(found)]))

    async def judge_daily(self) -> None:
        """Store once a day of engine time how the model's predictions came true so far.

        With it the record of the last month is looked at, which may bar the model.
        """
        day = self.engine.now() // DAY_MS
        if self.model is None or day == self._judged_day:
            return
        self._judged_day = day
        name = self.model.card.name
        found = [score for score in await self._read(live_scores) if score.model == name]
        if not found or await self._is_judged(day):
            return
        scores = [live_score(score, self.engine.now()) for score in found]
        await self.engine.between_steps(self._taking(self.model, await self._bar(), scores))

    def _taking(
        self, model: Model, bar: Refusal | None, scores: list[ModelScore]
    ) -> Callable[[int], None]:
        def act(_at: int) -> None:
            self.engine.trader.record.scores.extend(scores)
            self.strategy.take_model(model, bar)

        return act

    async def _bar(self) -> Refusal | None:
        """Return why no model may trade now, if so.

        A model lives a day and predicts too little to be judged alone, so that all that passed
        their trials and were asked in the last month are judged together.
        """
        trials = await self._read(model_scores)
        passed = {score.model for score in trials if score.kind == "walk_forward" and score.passes}
        since = self.engine.now() - RECORD_MS
        live = await self._read(live_scores)
        record = pooled([s for s in live if s.model in passed and s.last_at >= since])
        return None if record is None else barred(record)

    async def _is_judged(self, day: int) -> bool:
        stored = await self._read(model_scores)
        return any(score.kind == "live" and score.at // DAY_MS == day for score in stored)

    async def _read(self, query: Callable[[Database, int, str], list[Row]]) -> list[Row]:
        """Return what *query* finds of this strategy, nothing while the database refuses."""
        try:
            return await asyncio.to_thread(
                query, self.database, self._account_id, self.strategy.name
            )
        except StoreError as error:
            log.warning("What came of predictions cannot be read: %s", error)
            return []

    def _course(self) -> Course:
        given = self.settings.gru
        return Course(
            market=self.engine.feed.market_id, symbols=list(self.engine.trader.board.markets),
            bar_minutes=given.bar_minutes, horizon_bars=given.horizon_bars,
        )  # fmt: skip

    @property
    def _folder(self) -> Path:
        return self.settings.data_dir / "models"

    @property
    def _account_id(self) -> int:
        return self.engine.writer.account_id


def pooled(scores: Sequence[LiveScore]) -> LiveScore | None:
    """Return what came of the predictions of several models together, None without any."""
    if not scores:
        return None
    samples = sum(score.samples for score in scores)
    return LiveScore(
        strategy=scores[0].strategy, model="", samples=samples,
        rose=sum(score.rose for score in scores), right=sum(score.right for score in scores),
        squared=sum(score.squared * score.samples for score in scores) / samples,
        last_at=max(score.last_at for score in scores), bins=[],
    )  # fmt: skip


def baseline_brier(live: LiveScore) -> float:
    """Return the Brier score of always telling the share of rises that there was."""
    share = live.rose / live.samples
    return share * (1 - share)


def barred(live: LiveScore) -> Refusal | None:
    """Return why no model may trade after what came of predictions, if so."""
    limit = baseline_brier(live)
    if live.samples < LEAST_SETTLED or live.squared < limit:
        return None
    text = (
        f"the last {live.samples} live predictions have a Brier score of {live.squared:.4f}, "
        f"not under the {limit:.4f} of the share of rises"
    )
    return Refusal("baseline", Decimal(f"{live.squared:.4f}"), Decimal(f"{limit:.4f}"), text)


def live_score(live: LiveScore, at: int) -> ModelScore:
    """Return what came of a model's predictions as a row."""
    limit = baseline_brier(live)
    return ModelScore(
        model=live.model, kind="live", at=at, strategy=live.strategy, samples=live.samples,
        accuracy=live.right / live.samples, brier=live.squared,
        baseline_accuracy=max(live.rose, live.samples - live.rose) / live.samples,
        baseline_brier=limit, passes=live.squared < limit,
        detail={"last_at": live.last_at, "bins": msgspec.to_builtins(live.bins)},
    )  # fmt: skip


def _told(model: Model) -> str:
    score = model.card.score
    if score.failing:
        return f"It trades nothing: {score.failing}."
    return f"It may trade: Brier score {score.brier:.4f}, baseline {score.baseline_brier:.4f}."


def _trial(model: Model) -> ModelScore:
    """Return the score of a model's walk-forward trial as a row; the same one at every start."""
    card, score = model.card, model.card.score
    detail: dict[str, Any] = {
        "failing": score.failing, "p_value": score.p_value, "skill": score.skill,
        "moments": score.moments, "bins": msgspec.to_builtins(score.bins),
    }  # fmt: skip
    return ModelScore(
        model=card.name, kind="walk_forward", at=card.trained_until, strategy=Gru.name,
        samples=score.samples, accuracy=score.accuracy, brier=score.brier,
        baseline_accuracy=score.baseline_accuracy, baseline_brier=score.baseline_brier,
        passes=score.passes, detail=detail,
    )  # fmt: skip
