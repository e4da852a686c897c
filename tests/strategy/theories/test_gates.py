"""Each gate names its value and its limit, and opens on the other side of it."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.risk import Refusal
from strategy.base import Part
from strategy.theories.base import Proposal
from strategy.theories.bayes import Belief
from strategy.theories.gates import Case, late_refusal, refusal, unsure
from strategy.theories.monte_carlo import Outlook
from strategy.theories.vote import LARGEST, SKILL, USUAL_SCORE, Vote

PROPOSAL = Proposal(side=1, stop=0.01, target=0.015, cost=0.0012, drift=4e-5, bars=96)
SOUND = Case(
    vote=Vote((), 0.4), proposal=PROPOSAL, belief=Belief(6.0, 4.0, 0.5, 0.0), entropy=0.99,
    rested_ms=None, rest_ms=7_200_000,
)  # fmt: skip
GOOD = Outlook(0.3, 0.4, 0.001, 0.01, 1.2, 0.05)
weights = st.just(0.0) | st.floats(1e-6, 1)
part_lists = st.lists(
    st.builds(Part, st.just("p"), st.floats(-1, 1), weights, st.just("t")), max_size=8
)


def changed(**changes: Any) -> Refusal | None:
    return refusal(msgspec.structs.replace(SOUND, **changes))


def test_a_sound_entry_passes() -> None:
    assert refusal(SOUND) is None
    assert late_refusal(GOOD, 0.0012) is None
    assert unsure(Vote((), -0.25), Decimal("0.25")) is None


def test_too_little_confidence() -> None:
    assert unsure(Vote((), -0.2104), Decimal("0.25")) == Refusal(
        "confidence", Decimal("0.2104"), Decimal("0.25"), "confidence 0.21 down, below 0.25"
    )


def test_too_much_noise() -> None:
    assert changed(entropy=0.9995) == Refusal(
        "entropy", Decimal("0.9995"), Decimal("0.9990"),
        "entropy 0.9995 over 0.999: the bars look like pure noise",
    )  # fmt: skip


def test_a_stop_too_far_away() -> None:
    far = msgspec.structs.replace(PROPOSAL, stop=0.125)

    assert changed(proposal=far) == Refusal(
        "volatility", Decimal("12.5000"), Decimal("10.0000"),
        "the stop would be 12.5% away, limit 10%",
    )  # fmt: skip


def test_too_soon_after_a_trade() -> None:
    assert changed(rested_ms=7_200_000) is None
    assert changed(rested_ms=2_700_000) == Refusal(
        "rest", Decimal(45), Decimal(120), "45 min since the last trade here, rest is 120 min"
    )


def test_a_record_that_leaves_no_hope() -> None:
    poor = Belief(5.0, 20.0, 0.45, 15.0)

    assert changed(belief=poor) == Refusal(
        "win_probability", Decimal("0.2784"), Decimal("0.4500"),
        "win probability 0.20, at best 0.28, below breakeven 0.45",
    )  # fmt: skip


def test_a_forecast_that_does_not_pay_its_costs() -> None:
    weak = msgspec.structs.replace(PROPOSAL, drift=5e-6)

    assert changed(proposal=weak) == Refusal(
        "expected_pct", Decimal("-0.0720"), Decimal(0),
        "the forecast comes to −0.07% after 0.12% costs",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "refused"),
    [
        (
            "expected", -0.0004,
            Refusal(
                "expected_pct", Decimal("-0.0400"), Decimal(0),
                "its futures come to −0.04% after 0.12% costs",
            ),
        ),
        (
            "shortfall", 1.75,
            Refusal(
                "shortfall", Decimal("1.7500"), Decimal("1.6000"),
                "the worst twentieth of its futures loses 1.75 times the risk, limit 1.6",
            ),
        ),
        (
            "ruin", 0.3,
            Refusal(
                "ruin", Decimal("0.3000"), Decimal("0.2500"),
                "100 such trades lose 20 times the risk with probability 0.30, limit 0.25",
            ),
        ),
    ],
)  # fmt: skip
def test_futures_that_are_not_worth_it(field: str, value: float, refused: Refusal) -> None:
    assert late_refusal(msgspec.structs.replace(GOOD, **{field: value}), 0.0012) == refused


@given(part_lists)
def test_a_vote_is_the_weighted_mean_of_its_parts(parts: list[Part]) -> None:
    vote = Vote.of(parts)
    scores = [part.score for part in parts if part.weight > 0] or [0.0]

    assert min(scores) - 1e-9 <= vote.score <= max(scores) + 1e-9
    assert 0 <= vote.confidence <= 1
    assert vote.parts == tuple(parts)
    assert Vote.of(parts[:-1]).joined_by(parts[-1]) == vote if parts else True


@given(st.floats(-1, 1))
def test_the_chance_of_a_rise_goes_with_the_score_and_claims_no_more_than_the_skill(
    score: float,
) -> None:
    vote, other = Vote((), score), Vote((), -score)

    assert (vote.up_probability - 0.5) * score >= 0
    assert vote.up_probability + other.up_probability == pytest.approx(1)
    assert 0.4 < vote.up_probability < 0.6
    assert abs(vote.forecast) <= SKILL * LARGEST


def test_one_usual_score_is_worth_the_skill() -> None:
    assert Vote((), USUAL_SCORE).forecast == pytest.approx(SKILL)


def test_the_loudest_parts_are_the_reasons() -> None:
    parts = [Part(n, s, w, "x") for n, s, w in (("a", 0.1, 1), ("b", -1, 0.5), ("c", 1, 0.2))]

    assert Vote.of([*parts, Part("d", 1, 0, "x")]).reasons("why") == (
        "why", "b: x", "c: x", "a: x"
    )  # fmt: skip
