"""What the engine tells everybody: once, and again only after it was better."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alert_judging import Look
from core.alert_watch import Limits, Watchers, brink, ladder
from core.alerts import Alarm, Level
from core.anomalies import Anomaly, Measure, Severity

DAY = 86_400_000
LIMITS = Limits(
    liquidation_pct=Decimal(10), liquidation_error_pct=Decimal(5), drawdown_step_pct=Decimal(5),
    daily_loss_pct=Decimal(4), funding_rate_pct=Decimal("0.1"), funding_pay_pct=Decimal("0.1"),
    anomaly_z=Decimal(10),
)  # fmt: skip
MINUS = "\N{MINUS SIGN}"


def watchers(**limits: Any) -> Watchers:
    return Watchers(msgspec.structs.replace(LIMITS, **limits), "USDT")


def look(
    at: int = 0,
    fall: float = 0.0,
    pnl_pct: float = 0.0,
    positions: dict[str, Any] | None = None,
    stats: dict[str, Any] | None = None,
    day: int = DAY,
) -> Look:
    account = {
        "equity": 10_000.0, "_drawdown_pct": fall, "pnl_today_pct": pnl_pct,
        "pnl_today": pnl_pct * 100, "day_open_at": day,
    }  # fmt: skip
    return Look(
        at=at, account=account, positions=positions or {}, prices={}, stats=stats or {},
        strategies={}, last_trades={},
    )  # fmt: skip


def held(distance: float | None = None, side: str = "long", notional: float = 5000.0) -> Any:
    return {
        "symbol": "BTC/USDT", "strategy": "trend", "side": side, "notional": notional,
        "liquidation_distance_pct": distance, "liquidation_price": 56_700.5,
    }  # fmt: skip


def market(rate: float | None, at: int | None = 8 * 3_600_000) -> Any:
    return {"BTC/USDT": {"funding_rate": rate, "next_funding_at": at}}


def told(watch: Watchers, looks: Sequence[Look]) -> list[list[Alarm]]:
    return [list(watch.look(each)) for each in looks]


def counts(found: list[list[Alarm]]) -> list[int]:
    return [len(each) for each in found]


def test_a_position_near_its_liquidation_is_told_once_a_level() -> None:
    distances = (15.0, 9.9, 9.0, 11.0, 9.5, 4.9, 4.0, 6.0, 4.9, None)

    found = told(watchers(), [look(positions={"p1": held(d)}) for d in distances])

    assert counts(found) == [0, 1, 0, 0, 0, 1, 0, 0, 0, 0]
    near, very_near = found[1][0], found[5][0]
    assert (near.level, very_near.level) == (Level.WARN, Level.ERROR)
    assert near.title == "BTC/USDT long is near liquidation"
    assert near.detail == "trend, 9.90 % from its liquidation price 56,700.5."
    assert very_near.title == "BTC/USDT long is very near liquidation"
    assert (near.link, near.symbol, near.strategy) == ("position_p1", "BTC/USDT", "trend")


def test_one_that_came_well_away_from_liquidation_is_told_again() -> None:
    distances = (9.0, 13.0, 9.0)

    found = told(watchers(), [look(positions={"p1": held(d)}) for d in distances])

    assert counts(found) == [1, 0, 1]


def test_a_new_position_is_told_for_itself() -> None:
    both = {"p1": held(9.0), "p2": held(3.0)}

    found = told(watchers(), [look(positions={"p1": held(9.0)}), look(positions=both)])

    assert counts(found) == [1, 1]
    assert found[1][0].level is Level.ERROR


def test_each_further_step_of_a_drawdown_is_told() -> None:
    falls = (0.0, 4.9, 5.1, 4.9, 5.2, 11.0, 16.0, 13.0, 12.0, 15.1, 2.0, 5.5)

    found = told(watchers(), [look(fall=fall) for fall in falls])

    assert counts(found) == [0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1]
    assert found[5][0].title == "Drawdown reached 10 %"
    assert found[5][0].detail == "Equity is 10,000.00 USDT, 11 % below its peak."


def test_what_fell_and_was_lost_before_the_first_look_is_no_news() -> None:
    found = told(watchers(), [look(fall=12.0, pnl_pct=-3.0), look(fall=15.0, pnl_pct=-4.0)])

    assert counts(found) == [0, 2]


def test_the_days_loss_is_told_at_half_the_limit_and_at_the_limit() -> None:
    losses = (0.0, -1.9, -2.0, -1.5, -2.5, -4.0, -3.0, -4.5)
    first, second = DAY, 2 * DAY

    today = [look(pnl_pct=p, day=first) for p in losses]
    watch = watchers()
    found = told(watch, [*today, look(pnl_pct=-2.2, day=second)])

    assert counts(found) == [0, 0, 1, 0, 0, 1, 0, 0, 1]
    half, whole = found[2][0], found[5][0]
    assert half.title == "Half of the daily loss limit is used up"
    assert half.detail == f"{MINUS}2 % since 00:00 UTC, the limit is 4 %."
    assert (whole.level, whole.title) == (Level.ERROR, "The daily loss limit is reached")
    assert whole.amount == Decimal(-400)


def test_a_loss_beyond_the_limit_at_once_is_told_once() -> None:
    found = told(watchers(), [look(), look(pnl_pct=-6.0), look(pnl_pct=-6.0)])

    assert counts(found) == [0, 1, 0]
    assert found[1][0].title == "The daily loss limit is reached"


def test_a_high_funding_rate_is_told_until_it_is_usual_again() -> None:
    rates = (0.0005, 0.0011, 0.0009, 0.0012, 0.0007, -0.0011, None)

    found = told(watchers(), [look(stats=market(rate)) for rate in rates])

    assert counts(found) == [0, 1, 0, 0, 0, 1, 0]
    assert found[1][0].title == "BTC/USDT funding rate is 0.11 %"
    assert found[1][0].detail == "Longs pay shorts at 08:00 UTC."
    assert found[5][0].detail == "Shorts pay longs at 08:00 UTC."
    assert found[5][0].link == "symbol_BTCUSDT"


def test_what_a_position_is_to_pay_is_told_once_a_settlement() -> None:
    eight, sixteen = 8 * 3_600_000, 16 * 3_600_000
    big, watch = {"p1": held(50.0, notional=50_000.0)}, watchers(funding_rate_pct=Decimal(0))
    looks = [
        look(stats=market(0.0001), positions=big),
        look(stats=market(0.0004), positions=big),
        look(stats=market(0.0006), positions=big),
        look(at=eight, stats=market(0.0006, sixteen), positions=big),
        look(
            at=eight, stats=market(0.0006, sixteen), positions={"p2": held(50.0, "short", 50_000.0)}
        ),
    ]

    found = told(watch, looks)

    assert counts(found) == [0, 1, 0, 1, 0]
    assert found[1][0].title == "BTC/USDT long is to pay 20.00 USDT"
    assert found[1][0].detail == "trend, funding rate 0.04 % at 08:00 UTC."
    assert found[1][0].amount == Decimal(-20)


def test_a_limit_of_zero_is_off() -> None:
    off = Watchers(Limits(**dict.fromkeys(Limits.__struct_fields__, Decimal(0))), "USDT")
    worst = look(
        fall=90.0, pnl_pct=-90.0, positions={"p1": held(0.1, notional=1e6)}, stats=market(0.1)
    )

    assert counts(told(off, [look(), worst])) == [0, 0]
    assert off.jump(unusual(1e6)) is None


def unusual(z: float) -> Anomaly:
    return Anomaly(
        at=60_000, symbol="BTC/USDT", measure=Measure.RETURN, value=-5.0, usual=0.0,
        deviation=0.0889, z=z, severity=Severity.MILD,
    )  # fmt: skip


def test_a_jump_is_an_anomaly_that_is_far_enough_out() -> None:
    found = watchers().jump(unusual(-56.2))

    assert found is not None
    assert found.title == f"BTC/USDT moved {MINUS}5 % in a minute"
    assert found.detail == "A usual minute moves it 0.0889 %; this is 56 times that."
    assert (found.code, found.level, found.link) == ("price_jump", Level.WARN, "symbol_BTCUSDT")
    assert watchers().jump(unusual(-9.9)) is None


def test_a_restart_tells_nothing_again() -> None:
    first = watchers()
    worst = look(
        fall=12.0, pnl_pct=-5.0, positions={"p1": held(4.0, notional=1e5)}, stats=market(0.002)
    )
    told(first, [look(), worst])
    saved = msgspec.json.decode(msgspec.json.encode(first.save()))

    second = watchers()
    second.load(saved)

    assert counts(told(second, [worst])) == [0]
    assert second.save() == first.save()


@pytest.mark.parametrize("saved", [{"drawdown": "x"}, {"liquidation": []}])
def test_what_is_no_saved_state_is_refused(saved: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        watchers().load(saved)


@given(st.lists(st.integers(0, 400), max_size=80))
def test_a_ladder_tells_a_step_again_only_after_half_a_step_back(tenths: list[int]) -> None:
    step, told_steps = Decimal(5), 0
    since_told: list[Decimal] = []
    for tenth in tenths:
        value = Decimal(tenth) / 10
        since_told.append(value)
        after = ladder(value, step, told_steps)
        if after > told_steps:
            assert value >= after * step
            since_told = []
        assert value < (after + 1) * step
        assert value >= (after - Decimal("0.5")) * step or after == 0
        told_steps = after


@given(st.lists(st.integers(0, 300), max_size=80))
def test_a_brink_is_told_again_only_after_a_quarter_more(tenths: list[int]) -> None:
    edges, level = (Decimal(10), Decimal(5)), 0
    for tenth in tenths:
        value = Decimal(tenth) / 10
        after = brink(value, edges, level)
        assert after >= sum(value < edge for edge in edges)
        if after < level:
            assert value >= edges[after] * Decimal("1.25")
        level = after


@given(st.lists(st.floats(8, 12), min_size=1, max_size=60))
def test_a_distance_that_trembles_around_the_limit_is_told_once(distances: list[float]) -> None:
    found = told(watchers(), [look(positions={"p1": held(d)}) for d in distances])

    assert sum(counts(found)) <= 1
