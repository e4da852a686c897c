"""How good the parts and models of strategies are, by what came of what they said."""

from collections.abc import Sequence
from typing import Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from core.metrics import win_rate_pct
from store.access import Role
from store.database import Database
from store.learning import (
    Bin,
    LiveScore,
    TheoryTally,
    live_scores,
    model_scores,
    theory_tallies,
)
from store.records import ModelScore
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import OF_HISTORY, described
from telegram_webapp.replies import number, reply
from telegram_webapp.results import Answer
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

NOT_LEANED: Final = "it leaned to no side of a trade that made or lost money yet"
LIVE: Final = "live"
DECIMALS: Final = 6


class ScoreBin(TypedDict):
    """What was said within a range, and how often it came true."""

    low: float
    high: float
    count: int
    said: float
    came_true: float


class TheoryWorth(TypedDict):
    """How often a theory leaned to the side that made money, with a 95% interval."""

    strategy: str
    theory: str
    trades: int
    leaned: int
    right: int
    hit_rate_pct: float | None
    low_pct: float | None
    high_pct: float | None
    reason: str
    avg_contribution: float
    bins: list[ScoreBin]


class Theories(TypedDict):
    """What theories were worth."""

    theories: list[TheoryWorth]


class ModelWorth(TypedDict):
    """How a model did: ``live``, or in a trial before it was used."""

    model: str
    kind: str
    at: At
    strategy: str
    samples: int
    accuracy: float | None
    brier: float | None
    baseline_accuracy: float | None
    baseline_brier: float | None
    passes: bool
    detail: dict[str, Any]


class Models(TypedDict):
    """What models were worth."""

    models: list[ModelWorth]


def learning_routes(site: Site) -> Blueprint:
    """Serve what theories and models were worth."""
    blueprint = Blueprint("learning", __name__)

    @blueprint.get("/api/theories")
    @requires(Role.VIEWER)
    @described(takes=(query.STRATEGY, query.ACCOUNT), answers=Theories, problems=OF_HISTORY)
    def theories() -> Response:
        """Return for each theory how often it was right, and how sure that is."""
        strategy = query.STRATEGY.read()

        def compute(database: Database, account_id: int, _: int) -> Answer:
            tallies = theory_tallies(database, account_id, strategy)
            return _answer({"theories": [_theory(tally) for tally in tallies]})

        return _reply(site.results.made(("theories", strategy), compute, query.ACCOUNT.read()))

    @blueprint.get("/api/models")
    @requires(Role.VIEWER)
    @described(takes=(query.STRATEGY, query.ACCOUNT), answers=Models, problems=OF_HISTORY)
    def models() -> Response:
        """Return how models did in their trials, and what came of their predictions since."""
        strategy = query.STRATEGY.read()

        def compute(database: Database, account_id: int, _: int) -> Answer:
            live = live_scores(database, account_id, strategy)
            tried = model_scores(database, account_id, strategy)
            rows = [_live(score) for score in live]
            rows += [_tried(score) for score in tried if score.kind != LIVE]
            return _answer({"models": rows})

        return _reply(site.results.made(("models", strategy), compute, query.ACCOUNT.read()))

    return blueprint


def _theory(tally: TheoryTally) -> dict[str, Any]:
    rate = win_rate_pct(tally.right, tally.leaned)
    return {
        "strategy": tally.strategy,
        "theory": tally.theory,
        "trades": tally.trades,
        "leaned": tally.leaned,
        "right": tally.right,
        "hit_rate_pct": _value(rate.value),
        "low_pct": _value(rate.low),
        "high_pct": _value(rate.high),
        "reason": "" if tally.leaned else NOT_LEANED,
        "avg_contribution": round(tally.avg_contribution, DECIMALS),
        "bins": _bins(tally.bins),
    }


def _live(score: LiveScore) -> dict[str, Any]:
    """Return how a model's predictions came true, beside always telling how often it rises."""
    share = score.rose / score.samples
    baseline = share * (1 - share)
    return {
        "model": score.model,
        "kind": LIVE,
        "at": score.last_at,
        "strategy": score.strategy,
        "samples": score.samples,
        "accuracy": round(score.right / score.samples, DECIMALS),
        "brier": round(score.squared, DECIMALS),
        "baseline_accuracy": round(max(share, 1 - share), DECIMALS),
        "baseline_brier": round(baseline, DECIMALS),
        "passes": score.squared < baseline,
        "detail": {"bins": _bins(score.bins)},
    }


def _tried(score: ModelScore) -> dict[str, Any]:
    return msgspec.structs.asdict(score)


def _bins(bins: Sequence[Bin]) -> list[dict[str, Any]]:
    """Return what was said and what came true in each range; empty ones are left out."""
    return [
        {
            "low": part.low,
            "high": part.high,
            "count": part.count,
            "said": round(part.said, DECIMALS),
            "came_true": round(part.right / part.count, DECIMALS),
        }
        for part in bins
        if part.count
    ]


def _value(value: Any) -> float | None:
    return None if value is None else number(value)


def _answer(told: dict[str, Any]) -> Answer:
    return Answer.of(msgspec.json.encode(told))


def _reply(answer: Answer) -> Response:
    return reply(answer.body, etag=answer.etag)
