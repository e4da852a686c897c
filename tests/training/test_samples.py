"""What is learned from: each window beside what came a horizon later, and nothing unknown."""

import numpy as np

from strategy.predictors.candles import CLOSE, OPEN_TIME
from strategy.predictors.features import NEEDED, SEQUENCE, features
from strategy.predictors.model import Course
from tests.strategy.predictors.markets import market
from training.samples import make_samples

QUARTER = 900_000
COURSE = Course(market="test", symbols=["A", "B"], bar_minutes=15, horizon_bars=4)


def test_each_window_is_beside_what_came_a_horizon_later() -> None:
    rows = market(1, 150)
    samples = make_samples({"A": rows}, COURSE)

    assert len(samples) == 150 - NEEDED + 1 - 4
    for number in (0, 7, len(samples) - 1):
        last = NEEDED - 1 + number
        assert samples.at[number] == rows[last, OPEN_TIME] + QUARTER
        assert samples.rose[number] == (rows[last + 4, CLOSE] > rows[last, CLOSE])
        assert samples.persists[number] == (rows[last, CLOSE] > rows[last - 4, CLOSE])
        np.testing.assert_allclose(
            samples.windows(np.array([number]))[0],
            features(rows[last - NEEDED + 1 : last + 1]), atol=1e-5,
        )  # fmt: skip


def test_symbols_are_told_apart_and_taken_by_time() -> None:
    one, other = market(2, 150), market(3, 150)
    both = make_samples({"A": one, "B": other}, COURSE)

    assert (np.diff(both.at) >= 0).all()
    for rows in (one, other):
        alone = make_samples({"A": rows}, COURSE)
        windows = alone.windows(np.arange(len(alone)))
        found = both.windows(np.arange(len(both)))
        assert all((found == window).all(axis=(1, 2)).any() for window in windows[:5])


def test_a_close_that_is_the_same_has_not_risen() -> None:
    rows = market(4, 150)
    rows[:, CLOSE] = rows[:, 1] = 100
    rows[:, 2], rows[:, 3] = 101, 99

    assert not make_samples({"A": rows}, COURSE).rose.any()


def test_where_a_candle_is_missing_nobody_knows_the_outcome() -> None:
    rows = market(5, 150)
    gone = 120
    samples = make_samples({"A": np.delete(rows, gone, axis=0)}, COURSE)

    times = set(samples.at.tolist())
    closes = (rows[:, OPEN_TIME].astype(np.int64) + QUARTER).tolist()
    assert closes[gone - 4] not in times
    assert closes[gone + 4] not in times  # whose own past move is not known
    assert closes[gone - 5] in times
    assert closes[gone + 1] in times


def test_no_window_reaches_across_a_long_hole() -> None:
    rows = market(6, 300)
    samples = make_samples({"A": np.delete(rows, range(140, 170), axis=0)}, COURSE)

    after = samples.at > rows[170, OPEN_TIME]
    assert samples.at[after].min() == rows[170 + NEEDED - 1, OPEN_TIME] + QUARTER


def test_a_sample_is_known_when_its_outcome_is() -> None:
    samples = make_samples({"A": market(7, 200)}, COURSE)
    at = int(samples.at[50])

    known = samples.known_by(at)

    assert samples.at[known].max() == at - samples.horizon_ms
    assert samples.between(at, int(samples.at[60])).tolist() == list(range(50, 60))


def test_too_short_a_past_gives_nothing() -> None:
    samples = make_samples({"A": market(8, NEEDED), "B": market(9, 3)}, COURSE)

    assert len(samples) == 0
    assert samples.windows(np.empty(0, dtype=np.int64)).shape == (0, SEQUENCE, 7)
    assert len(make_samples({}, COURSE)) == 0
