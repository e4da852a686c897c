"""One lesson: read the account's candles, try the network out, teach it, put it on the shelf."""

from typing import Final

from core.errors import DataError
from core.market import DAY_MS, MINUTE_MS
from store.database import Database
from store.minutes import minutes, newest_minute
from strategy.predictors.candles import Rows, candle_rows
from strategy.predictors.features import NAMES, SEQUENCE
from strategy.predictors.model import FORMAT, Card, Course, Model
from strategy.predictors.network import HIDDEN, Network
from strategy.predictors.scoring import judge
from training.fitting import MADE_WITH, fit
from training.samples import Integers, Samples, make_samples
from training.shelf import new_name
from training.walk_forward import check_enough, try_out

SEED: Final = 20_261


def read_candles(
    database: Database, account_id: int, course: Course, train_days: int
) -> dict[str, Rows]:
    """Return the candles of the newest *train_days* by symbol.

    Raises:
        DataError: there are none.
        StoreError: the database refused.
    """
    held = [newest_minute(database, account_id, symbol) for symbol in course.symbols]
    last = max((at for at in held if at is not None), default=None)
    if last is None:
        raise DataError(f"there are no candles of {', '.join(course.symbols)} to learn from")
    since, until = last - train_days * DAY_MS, last + MINUTE_MS
    return {
        symbol: candle_rows(
            minutes(database, account_id, symbol, since, until), course.bar_minutes * MINUTE_MS
        )
        for symbol in course.symbols
    }


def teach(samples: Samples, course: Course, made_at: int) -> Model:
    """Return a network that has learned from all *samples*, with the score of its trials.

    Raises:
        DataError: they are too few.
    """
    check_enough(samples, course.horizon_bars)
    trial = try_out(samples, _fit)
    return Model(
        Card(
            format=FORMAT, name=new_name(made_at), course=course, features=list(NAMES),
            sequence=SEQUENCE, hidden=HIDDEN, trained_from=int(samples.at[0]),
            trained_until=int(samples.at[-1]) + samples.horizon_ms, made_at=made_at,
            samples=len(samples), seed=SEED, made_with=MADE_WITH,
            score=judge(trial, course.horizon_bars),
        ),
        fit(samples, samples.known_by(int(samples.at[-1]) + samples.horizon_ms), SEED),
    )  # fmt: skip


def learn(
    database: Database, account_id: int, course: Course, train_days: int, made_at: int
) -> Model:
    """Return a model of what *account_id* has stored.

    Raises:
        DataError: it is too little.
        StoreError: the database refused.
    """
    candles = read_candles(database, account_id, course, train_days)
    return teach(make_samples(candles, course), course, made_at)


def _fit(samples: Samples, chosen: Integers) -> Network:
    return fit(samples, chosen, SEED)
