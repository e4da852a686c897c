"""What is usual is robust, and what is out of the ordinary is told once, and only when known."""

import statistics
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.anomalies import (
    FEWEST,
    REACH,
    Anomaly,
    Gauge,
    Limits,
    Measure,
    Severity,
    imbalance_pct,
    spread_bps,
    usual,
)
from core.anomaly_watch import Detector
from core.anomaly_words import detail, title
from core.market import HOUR_MS, MINUTE_MS, Bar, Book

BTC = "BTC/USDT"
START = 1_790_000_040_000 // HOUR_MS * HOUR_MS
TICK = Decimal("0.1")
MINUS = "\N{MINUS SIGN}"
EDGY = Limits(mild_z=2.0, strong_z=4.0, extreme_z=8.0, pause_ms=5 * MINUTE_MS)

figures = st.floats(-1e6, 1e6, allow_nan=False)
# cents around 100, so that gaps, jumps and quiet stretches come by themselves
moves = st.lists(
    st.tuples(
        st.integers(-40, 40), st.integers(1, 60), st.integers(1, 30), st.integers(0, 9)
    ),
    min_size=70, max_size=130,
)  # fmt: skip


def bar(minute: int, close: float, volume: float = 5.0) -> Bar:
    price = Decimal(str(round(close, 2)))
    opened = START + minute * MINUTE_MS
    return Bar(BTC, opened, price, price, price, price, Decimal(str(volume)))


def book(minute: int, spread: float = 0.1, bids: float = 5.0, asks: float = 5.0) -> Book:
    at = START + minute * MINUTE_MS + 30_000
    ask = Decimal(100) + Decimal(str(spread))
    return Book(BTC, at, ((Decimal(100), Decimal(str(bids))),), ((ask, Decimal(str(asks))),))


def usual_minute(number: int) -> float:
    return 100 + number * number % 11 / 50


def watched(count: int, limits: Limits = Limits()) -> Detector:  # noqa: B008 - it is frozen
    """Return a detector that has seen *count* usual minutes."""
    detector = Detector(limits)
    for n in range(count):
        detector.book(book(n, 0.1 + n % 3 / 10, bids=5 + n % 5))
        assert detector.bar(bar(n, usual_minute(n), 5 + n % 4), TICK) == []
    return detector


@given(st.lists(figures, min_size=1, max_size=60))
def test_the_median_and_its_distance_are_the_librarys(samples: list[float]) -> None:
    middle, deviation = usual(samples)

    assert middle == pytest.approx(statistics.median(samples))
    distances = [abs(sample - middle) for sample in samples]
    assert deviation == pytest.approx(1.4826 * statistics.median(distances), abs=1e-6)


@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=60), st.integers(-4, 4),
       st.integers(-10_000, 10_000), st.integers(-5000, 5000))  # fmt: skip
def test_a_z_score_does_not_depend_on_the_unit_or_the_zero(
    samples: list[int], power: int, shift: int, value: int
) -> None:
    scale = 2.0**power  # exact in a float

    def z(of: float) -> float | None:
        gauge = Gauge(1, 0.0)
        gauge.samples.extend(scale * sample + shift if of else float(sample) for sample in samples)
        gauge.refresh()
        return gauge.take(scale * value + shift if of else float(value))

    assert z(1.0) == z(0.0)


def test_outliers_do_not_move_what_is_usual() -> None:
    calm = [float(n % 7) for n in range(200)]

    assert usual([*calm, 1e9, -1e9]) == usual(calm)


def test_a_jump_is_told_with_how_much_and_how_unusual_it_is() -> None:
    detector = watched(120)

    (found,) = detector.bar(bar(120, usual_minute(119) * 1.05), TICK)

    assert (found.symbol, found.measure, found.at) == (BTC, Measure.RETURN, START + 121 * MINUTE_MS)
    assert found.severity is Severity.EXTREME
    assert found.value == pytest.approx(5.0, abs=0.01)
    assert found.z == pytest.approx((found.value - found.usual) / found.deviation, rel=1e-3)
    assert title(found) == "BTC/USDT moved 5 % in a minute"
    assert detail(found) == "A usual minute moves it 0.0889 %; this is 56 times that."


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (Measure.VOLUME, ("BTC/USDT traded 900 BTC in a minute", "Usual is")),
        (Measure.SPREAD, ("BTC/USDT spread is 487.80 bps", "Usual is")),
        (Measure.BOOK_IMBALANCE, ("BTC/USDT book leans to sellers by 99 %", "Usual is")),
        (Measure.FUNDING, (f"BTC/USDT funding rate is {MINUS}0.25 %", "Usual is 0.01 %")),
    ],
)
def test_each_measure_is_watched_and_worded(measure: Measure, words: tuple[str, str]) -> None:
    detector = Detector(Limits(mild_z=3.0))
    for n in range(31 * 60):
        if n % 60 == 0:
            detector.rate(BTC, 0.0001 + n // 60 % 3 * 0.00002 - 0.00002)
        detector.book(book(n, 0.1 + n % 3 / 10, bids=5 + n % 3))
        detector.bar(bar(n, usual_minute(n), 5 + n % 4), TICK)
    end = 31 * 60
    detector.rate(BTC, -0.0025 if measure is Measure.FUNDING else 0.0001)
    wide = 5.0 if measure is Measure.SPREAD else 0.2
    asks = 1200.0 if measure is Measure.BOOK_IMBALANCE else 6.0
    detector.book(book(end, wide, bids=6.0, asks=asks))

    volume = 900.0 if measure is Measure.VOLUME else 6.0
    (found,) = detector.bar(bar(end, usual_minute(end), volume), TICK)

    assert found.measure is measure
    assert title(found) == words[0]
    assert detail(found).startswith(words[1])
    assert detail(found).endswith("times that away.")


def test_too_little_history_says_nothing() -> None:
    assert watched(59).bar(bar(59, 900.0, 9e9), TICK) == []


def test_prices_that_never_moved_say_nothing() -> None:
    detector = Detector(Limits())
    for n in range(300):
        detector.bar(bar(n, 100.0), TICK)

    assert detector.bar(bar(300, 200.0), TICK) == []


def test_a_spread_that_was_always_one_step_is_measured_in_steps() -> None:
    detector = Detector(Limits())
    for n in range(120):
        detector.book(book(n, 0.1))
        detector.bar(bar(n, 100.0), TICK)

    detector.book(book(120, 0.3))
    assert detector.bar(bar(120, 100.0), TICK) == []
    detector.book(book(121, 2.0))
    (found,) = detector.bar(bar(121, 100.0), TICK)
    assert (found.measure, found.severity) == (Measure.SPREAD, Severity.STRONG)


def test_one_event_is_told_once_and_again_only_when_it_grows_or_lasts() -> None:
    detector = watched(120)
    jumps = {121: 1.01, 125: 0.99, 126: 1.03, 130: 0.98, 150: 1.02}
    found: list[tuple[int, Severity]] = []
    close = usual_minute(119)
    for n in range(120, 152):
        close *= jumps.get(n, 1.0)
        found += [(n, one.severity) for one in detector.bar(bar(n, close), TICK)]

    assert found == [(121, Severity.MILD), (126, Severity.EXTREME), (150, Severity.EXTREME)]


def test_other_limits_hold_from_the_next_minute_on() -> None:
    detector = watched(120)
    assert detector.bar(bar(120, usual_minute(119) * 1.004), TICK) == []

    detector.limits = EDGY
    (found,) = detector.bar(bar(121, usual_minute(119)), TICK)

    assert (found.measure, found.severity) == (Measure.RETURN, Severity.STRONG)
    assert detector.limits == EDGY


def test_a_minute_that_comes_late_or_after_a_gap_is_no_return() -> None:
    detector = watched(120)

    assert detector.bar(bar(60, 9000.0), TICK) == []
    assert detector.bar(bar(130, 9000.0), TICK) == []


def test_a_book_of_before_the_minute_is_not_measured_again() -> None:
    detector = watched(120)
    detector.book(book(119, 50.0))

    assert detector.bar(bar(120, usual_minute(120)), TICK) == []


def test_the_books_figures_are_worked_out_by_hand() -> None:
    seen = book(0, spread=2.0, bids=3.0, asks=1.0)

    assert spread_bps(seen) == 198.0198  # 2 of 101
    assert imbalance_pct(seen) == 50.0


def play(
    detector: Detector, steps: list[tuple[int, int, int, int]], first: int, last: int
) -> list[Anomaly]:
    """Let *detector* see what *steps* make of the minutes from *first* up to *last*."""
    told: list[Anomaly] = []
    for n in range(first, last):
        move, volume, bids, more = steps[n]
        if more == 0:
            continue  # a gap in the tape
        if more > 2:
            detector.book(book(n, 0.1 * (1 + more % 3), bids=float(bids)))
        if n % 7 == 0:
            detector.rate(BTC, move / 100_000)
        told += detector.bar(bar(n, 100 + move / 100, float(volume)), TICK)
    return told


@settings(max_examples=40, deadline=None)
@given(moves, st.data())
def test_what_is_told_is_the_same_after_a_restart_at_any_minute(
    steps: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(steps)))
    whole = Detector(EDGY)
    before, after = play(whole, steps, 0, cut), play(whole, steps, cut, len(steps))

    first, second = Detector(EDGY), Detector(EDGY)
    assert play(first, steps, 0, cut) == before
    second.load(msgspec.json.decode(msgspec.json.encode(first.save())))
    second.remember(
        bar(n, 100 + move / 100, float(volume))
        for n, (move, volume, _, more) in enumerate(steps[:cut])
        if more
    )

    assert play(second, steps, cut, len(steps)) == after
    assert second.save() == whole.save()


@settings(max_examples=40, deadline=None)
@given(moves)
def test_nothing_is_told_within_the_pause_nor_with_too_little_history(
    steps: list[tuple[int, int, int, int]],
) -> None:
    last: dict[Measure, Anomaly] = {}
    ranks = list(Severity)
    for one in play(Detector(EDGY), steps, 0, len(steps)):
        minute = (one.at - START) // MINUTE_MS
        assert minute > FEWEST[one.measure]
        assert abs(one.z) >= REACH[one.measure] * EDGY.mild_z - 1e-3
        before = last.get(one.measure)
        if before is not None and one.at - before.at < EDGY.pause_ms:
            assert ranks.index(one.severity) > ranks.index(before.severity)
        last[one.measure] = one


@pytest.mark.parametrize("saved", [{BTC: []}, {BTC: {"gauges": {"colour": {}}}}])
def test_what_is_no_saved_state_is_refused(saved: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        Detector(Limits()).load(saved)
