"""Candles for learning and for predicting: whole ones, in order, of sound minutes."""

import math

import numpy as np
import pytest

from core.market import MINUTE_MS
from strategy.predictors.candles import (
    CLOSE,
    HOLE_CANDLES,
    OPEN_TIME,
    Minute,
    candle_rows,
    unbroken,
)
from tests.strategy.predictors.markets import START, market

FIVE = 5 * MINUTE_MS


def minute(number: int, close: float = 100.0, volume: float = 2.0) -> Minute:
    return START + number * MINUTE_MS, 100.0, max(100.0, close), min(100.0, close), close, volume


def test_a_candle_goes_from_its_first_open_to_its_last_close() -> None:
    moves = (101.0, 99.0, 104.0, 98.0, 102.0)
    rows = candle_rows([minute(n, close) for n, close in enumerate(moves)], FIVE)

    assert rows.tolist() == [[START, 100, 104, 98, 102, 10]]


def test_a_candle_without_its_last_minute_never_was() -> None:
    minutes = [minute(n) for n in range(15) if n != 9]

    assert candle_rows(minutes, FIVE)[:, OPEN_TIME].tolist() == [START, START + 2 * FIVE]


def test_a_candle_that_lacks_an_earlier_minute_is_made_of_the_others() -> None:
    rows = candle_rows([minute(n, 100.0 + n) for n in (0, 1, 4)], FIVE)

    assert rows[0].tolist() == [START, 100, 104, 100, 104, 6]


@pytest.mark.parametrize(
    "wrong",
    [
        minute(2, math.nan), minute(2, math.inf), minute(2, -1.0), minute(2, 0.0),
        minute(2, volume=math.nan), minute(2, volume=-1.0), minute(1), minute(-4),
        (START + 2 * MINUTE_MS, 100.0, 90.0, 110.0, 100.0, 1.0),
    ],
)  # fmt: skip
def test_a_minute_that_is_no_price_or_out_of_order_is_as_if_it_were_not_there(
    wrong: Minute,
) -> None:
    sound = [minute(0), minute(1), minute(3), minute(4)]

    rows = candle_rows([*sound[:2], wrong, *sound[2:]], FIVE)

    assert rows.tolist() == candle_rows(sound, FIVE).tolist()
    assert np.isfinite(rows).all()


def test_the_past_is_cut_only_where_a_hole_is_long() -> None:
    rows = market(1, 60)
    short = np.delete(rows, range(20, 20 + HOLE_CANDLES), axis=0)
    long = np.delete(rows, range(20, 21 + HOLE_CANDLES), axis=0)

    assert [len(part) for part in unbroken(short, 900_000)] == [60 - HOLE_CANDLES]
    assert [len(part) for part in unbroken(long, 900_000)] == [20, 60 - 21 - HOLE_CANDLES]
    assert unbroken(rows[:0], 900_000) == []
    assert unbroken(long, 900_000)[1][0, CLOSE] == rows[21 + HOLE_CANDLES, CLOSE]
