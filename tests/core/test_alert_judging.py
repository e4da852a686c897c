"""When alert rules fire, and when they do not."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alert_judging import Judge, Look, Ruling, State, words_of
from core.alert_rules import Known, parse_rule

KNOWN = Known(("BTC/USDT", "ETH/USDT"), ("trend",))


def judge(text: str) -> Judge:
    return Judge(parse_rule(text, KNOWN))


def held(symbol: str = "BTC/USDT", **figures: Any) -> dict[str, Any]:
    return {"symbol": symbol, "side": "long", "strategy": "trend", **figures}


def look(**given_: Any) -> Look:
    nothing: dict[str, Any] = {
        "at": 0, "account": {}, "positions": {}, "prices": {}, "stats": {}, "strategies": {},
        "last_trades": {},
    }  # fmt: skip
    return Look(**nothing | given_)


def price(value: float | None) -> Look:
    return look(prices={} if value is None else {"BTC/USDT": {"last": value}})


def keys(ruling: Ruling) -> list[str]:
    return [reading.key for reading in ruling.fired]


def test_a_comparison_fires_when_it_becomes_true_and_again_after_it_was_false() -> None:
    rule, state, fired = judge("equity < 100"), State(), list[bool]()

    for equity in (120, 99, 98, 100, 97, 97):
        ruling = rule.look(look(account={"equity": equity}), state, may_fire=True)
        state = ruling.state
        fired.append(bool(ruling.fired))

    assert fired == [False, True, False, False, True, False]


def test_what_becomes_true_within_the_cooldown_fires_when_that_ends() -> None:
    rule, low = judge("equity < 100"), look(account={"equity": 99})

    waiting = rule.look(low, {}, may_fire=False)

    assert (waiting.state, keys(waiting)) == ({}, [])
    assert keys(rule.look(low, waiting.state, may_fire=True)) == [""]


@pytest.mark.parametrize(
    ("text", "fired"),
    [
        ("BTC/USDT crosses 100", [False, False, True, False, True]),
        ("BTC/USDT crosses above 100", [False, False, True, False, False]),
        ("BTC/USDT crosses below 100", [False, False, False, False, True]),
    ],
)
def test_a_crossing_fires_when_the_level_is_passed(text: str, fired: list[bool]) -> None:
    rule, state, found = judge(text), State(), list[bool]()

    for value in (98, 100, 101, 100, 99):
        ruling = rule.look(price(value), state, may_fire=True)
        state = ruling.state
        found.append(bool(ruling.fired))

    assert found == fired


def test_a_crossing_within_the_cooldown_is_passed_over() -> None:
    rule = judge("BTC/USDT crosses 100")
    state = rule.look(price(99), {}, may_fire=True).state

    ruling = rule.look(price(101), state, may_fire=False)

    assert not ruling.fired
    assert not rule.look(price(101), ruling.state, may_fire=True).fired


def test_what_is_not_known_leaves_a_rule_as_it_was() -> None:
    for text, state in (("BTC/USDT > 100", {"": 1}), ("BTC/USDT crosses 100", {"": -1})):
        assert judge(text).look(price(None), state, may_fire=True) == Ruling(state)
    assert judge("no trade for 1h").look(look(), {"": 1}, may_fire=True) == Ruling({"": 1})


def test_each_position_is_told_once_and_again_when_it_was_better_in_between() -> None:
    rule = judge("position pnl < -2 %")
    both = {"p1": held(roe_pct=-3.0), "p2": held("ETH/USDT", roe_pct=-1.0)}

    first = rule.look(look(positions=both), {}, may_fire=True)
    worse = {**both, "p2": held("ETH/USDT", roe_pct=-2.5)}
    second = rule.look(look(positions=worse), first.state, may_fire=True)
    alone = rule.look(look(positions={"p2": worse["p2"]}), second.state, may_fire=True)

    assert (keys(first), keys(second), keys(alone)) == (["p1"], ["p2"], [])
    assert alone.state == {"p2": 1}, "a closed position is forgotten"


def test_a_rule_for_a_symbols_position_looks_at_no_other() -> None:
    positions = {"p1": held(unrealized_pnl=-60.0), "p2": held("ETH/USDT", unrealized_pnl=-70.0)}

    ruling = judge("ETH/USDT pnl < -50").look(look(positions=positions), {}, may_fire=True)

    assert keys(ruling) == ["p2"]


def test_silence_is_measured_from_the_last_trade_of_whom_it_is_about() -> None:
    hour = 3_600_000
    now = look(at=10 * hour, last_trades={"": 9 * hour, "trend": 4 * hour})

    assert not judge("no trade for 6h").look(now, {}, may_fire=True).fired
    assert judge("trend no trade for 6h").look(now, {}, may_fire=True).fired


@pytest.mark.parametrize(
    ("text", "now", "sentence"),
    [
        ("equity < 100", {"account": {"equity": -1299.5}}, "Equity is −1,299.50 USDT."),
        ("drawdown > 5 %", {"account": {"_drawdown_pct": 5.25}}, "Drawdown is 5.25 %."),
        ("positions >= 3", {"account": {"positions": 3}}, "Open positions is 3."),
        (
            "BTC/USDT > 70000",
            {"prices": {"BTC/USDT": {"last": 70012.5}}},
            "BTC/USDT is at 70,012.5.",
        ),
        (
            "funding BTC/USDT > 0.05 %",
            {"stats": {"BTC/USDT": {"funding_rate": 0.0007}}},
            "BTC/USDT: Funding rate is 0.07 %.",
        ),
        (
            "trend equity < 5000",
            {"strategies": {"trend": {"equity": 4900.0}}},
            "trend: Equity is 4,900.00 USDT.",
        ),
        (
            "position pnl < -2 %",
            {"positions": {"p1": held(roe_pct=-3.5), "p2": held("ETH/USDT", roe_pct=-2.25)}},
            "BTC/USDT long of trend: P&L is −3.5 %; ETH/USDT long of trend: P&L is −2.25 %.",
        ),
        (
            "no trade for 6h",
            {"at": 22_000_000, "last_trades": {"": 0}},
            "Nobody has opened or closed anything for 6h 6m.",
        ),
        (
            "trend no trade for 6h",
            {"at": 22_000_000, "last_trades": {"trend": 0}},
            "trend has opened or closed nothing for 6h 6m.",
        ),
    ],
)
def test_an_alert_says_what_the_figure_is(text: str, now: dict[str, Any], sentence: str) -> None:
    rule = judge(text)

    fired = rule.look(look(**now), {}, may_fire=True).fired

    assert words_of(rule.rule, fired, "USDT") == sentence.replace("−", "\N{MINUS SIGN}")


@given(
    values=st.lists(st.integers(95, 105), max_size=60),
    text=st.sampled_from(["BTC/USDT < 100", "BTC/USDT >= 100", "BTC/USDT crosses 100"]),
)
def test_it_never_fires_twice_on_the_same_side(values: list[int], text: str) -> None:
    rule, state, last_side = judge(text), State(), None
    for value in values:
        ruling = rule.look(price(value), state, may_fire=True)
        state = ruling.state
        side = (value > 100) - (value < 100)
        if text.endswith("crosses 100"):
            if ruling.fired:
                assert side not in (0, last_side)
            last_side = side or last_side
        else:
            is_true = value < 100 if "<" in text else value >= 100
            assert bool(ruling.fired) == (is_true and last_side is not True)
            last_side = is_true


@given(
    values=st.lists(st.tuples(st.integers(90, 110), st.integers(1, 400)), max_size=80),
    cooldown=st.integers(60, 900),
)
def test_there_is_always_a_cooldown_between_two_alerts(
    values: list[tuple[int, int]], cooldown: int
) -> None:
    rule, state, at = judge("BTC/USDT < 100"), State(), 0
    fired: list[int] = []
    for value, passed in values:
        at += passed
        may = not fired or at - fired[-1] >= cooldown
        ruling = rule.look(price(value), state, may_fire=may)
        state = ruling.state
        if ruling.fired:
            fired.append(at)
    gaps = [after - before for before, after in pairwise(fired)]
    assert all(gap >= cooldown for gap in gaps)
