"""How good the parts and models of strategies are, by what came of what they said."""

from collections.abc import Sequence
from typing import Any, Final

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
from telegram_webapp import parameters
from telegram_webapp.auth.needs import requires
from telegram_webapp.replies import number, reply
from telegram_webapp.results import Answer
from telegram_webapp.site import Site

NOT_LEANED: Final = "it leaned to no side of a trade that made or lost money yet"
LIVE: Final = "live"
DECIMALS: Final = 6


def learning_routes(site: Site) -> Blueprint:
    """Serve what theories and models were worth."""
    blueprint = Blueprint("learning", __name__)

    @blueprint.get("/api/theories")
    @requires(Role.VIEWER)
    def theories() -> Response:
        """Return for each theory how often it was right, and how sure that is."""
        parameters.only("strategy", "account")
        strategy = parameters.text("strategy")

        def compute(database: Database, account_id: int, _: int) -> Answer:
            tallies = theory_tallies(database, account_id, strategy)
            return _answer({"theories": [_theory(tally) for tally in tallies]})

        return _reply(site.results.made(("theories", strategy), compute, parameters.account()))

    @blueprint.get("/api/models")
    @requires(Role.VIEWER)
    def models() -> Response:
        """Return how models did in their trials, and what came of their predictions since."""
        parameters.only("strategy", "account")
        strategy = parameters.text("strategy")

        def compute(database: Database, account_id: int, _: int) -> Answer:
            live = live_scores(database, account_id, strategy)
            tried = model_scores(database, account_id, strategy)
            rows = [_live(score) for score in live]
            rows += [_tried(score) for score in tried if score.kind != LIVE]
            return _answer({"models": rows})

        return _reply(site.results.made(("models", strategy), compute, parameters.account()))

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
