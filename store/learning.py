"""How well the parts and models of strategies did: counted by the database, not read row by row."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, Select, case, func, select

from store import tables
from store.database import Database
from store.records import ModelScore
from store.rows import columns_of, read_as

BINS: Final = 5
SCORES_SHOWN: Final = 100


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sayings from ``low`` to ``high``; ``right`` is among ``count``."""

    low: float
    high: float
    count: int
    right: int
    said: float


class TheoryTally(msgspec.Struct, frozen=True, kw_only=True):
    """What a theory was worth over the closed trades it had a say in.

    Of ``trades``, it ``leaned`` to a side in some that made or lost money, and was ``right`` in
    some of these. ``avg_contribution`` is the mean of score · weight towards the side that was
    taken. ``bins`` are by how far it leaned, 0 to 1.
    """

    strategy: str
    theory: str
    trades: int
    leaned: int
    right: int
    avg_contribution: float
    bins: list[Bin]


class LiveScore(msgspec.Struct, frozen=True, kw_only=True):
    """How predictions of a model came true so far: ``rose`` of ``samples`` went up.

    ``right`` had the likelier side, ``squared`` is the mean of (probability - outcome)². ``bins``
    are by the probability that was told.
    """

    strategy: str
    model: str
    samples: int
    rose: int
    right: int
    squared: float
    last_at: int
    bins: list[Bin]


def theory_tallies(
    database: Database, account_id: int, strategy: str | None = None
) -> list[TheoryTally]:
    """Return what each theory was worth, by strategy and theory.

    Raises:
        StoreError: the database refused.
    """
    rows = _rows(database, _theories(account_id, strategy))
    groups: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault((row.strategy, row.theory), []).append(row)
    return [_tally(strategy, theory, found) for (strategy, theory), found in groups.items()]


def live_scores(
    database: Database, account_id: int, strategy: str | None = None
) -> list[LiveScore]:
    """Return how the predictions that are due came true, by strategy and model.

    Raises:
        StoreError: the database refused.
    """
    rows = _rows(database, _predictions(account_id, strategy))
    groups: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault((row.strategy, row.model), []).append(row)
    return [_score(strategy, model, found) for (strategy, model), found in groups.items()]


def model_scores(
    database: Database, account_id: int, strategy: str | None = None
) -> list[ModelScore]:
    """Return the stored scores of models, newest first, at most a hundred.

    Raises:
        StoreError: the database refused.
    """
    table = tables.model_performance
    query = select(*columns_of(ModelScore, table)).where(table.c.account_id == account_id)
    if strategy is not None:
        query = query.where(table.c.strategy == strategy)
    newest = query.order_by(table.c.at.desc(), table.c.model, table.c.kind).limit(SCORES_SHOWN)
    return [read_as(ModelScore, row) for row in _rows(database, newest)]


def _theories(account_id: int, strategy: str | None) -> Select[Any]:
    table, trades = tables.theory_performance, tables.trades
    strength = func.abs(table.c.score)
    way = case((trades.c.side == "long", 1), else_=-1)
    is_its_trade = (trades.c.account_id == table.c.account_id) & (trades.c.id == table.c.trade_id)
    leaned = case((table.c.hit.is_(None), 0), else_=1)
    query = (
        select(table.c.strategy, table.c.theory, _bin(strength).label("bin"))
        .add_columns(func.count().label("trades"), func.sum(leaned).label("leaned"))
        .add_columns(func.sum(_one_if(table.c.hit.is_(True))).label("right"))
        .add_columns(func.sum(strength).label("said"))
        .add_columns(func.sum(table.c.score * table.c.weight * way).label("contribution"))
        .select_from(table.join(trades, is_its_trade))
        .where(table.c.account_id == account_id)
    )
    if strategy is not None:
        query = query.where(table.c.strategy == strategy)
    keys = (table.c.strategy, table.c.theory)
    return query.group_by(*keys, "bin").order_by(*keys, "bin")


def _predictions(account_id: int, strategy: str | None) -> Select[Any]:
    table = tables.signal_predictions
    chance = table.c.up_probability
    rose = _one_if(table.c.rose.is_(True))
    is_right = ((chance > 0.5) & table.c.rose.is_(True)) | (  # noqa: PLR2004 - as likely as not
        (chance < 0.5) & table.c.rose.is_(False)  # noqa: PLR2004
    )
    query = (
        select(table.c.strategy, table.c.model, _bin(chance).label("bin"))
        .add_columns(func.count().label("samples"), func.sum(rose).label("rose"))
        .add_columns(func.sum(_one_if(is_right)).label("right"), func.sum(chance).label("said"))
        .add_columns(func.sum((chance - rose) * (chance - rose)).label("squared"))
        .add_columns(func.max(table.c.due_at).label("last_at"))
        .where(table.c.account_id == account_id, table.c.rose.is_not(None))
    )
    if strategy is not None:
        query = query.where(table.c.strategy == strategy)
    keys = (table.c.strategy, table.c.model)
    return query.group_by(*keys, "bin").order_by(*keys, "bin")


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _bin(share: ColumnElement[Any]) -> ColumnElement[int]:
    """Return which fifth of 0 to 1 *share* is in, counted from 0."""
    return case(*((share < (n + 1) / BINS, n) for n in range(BINS - 1)), else_=BINS - 1)


def _tally(strategy: str, theory: str, rows: Sequence[Row[Any]]) -> TheoryTally:
    trades = sum(row.trades for row in rows)
    return TheoryTally(
        strategy=strategy,
        theory=theory,
        trades=trades,
        leaned=sum(row.leaned for row in rows),
        right=sum(row.right for row in rows),
        avg_contribution=sum(row.contribution for row in rows) / trades,
        bins=[_told(row, row.leaned, row.right, row.said / row.trades) for row in rows],
    )


def _score(strategy: str, model: str, rows: Sequence[Row[Any]]) -> LiveScore:
    samples = sum(row.samples for row in rows)
    return LiveScore(
        strategy=strategy,
        model=model,
        samples=samples,
        rose=sum(row.rose for row in rows),
        right=sum(row.right for row in rows),
        squared=sum(row.squared for row in rows) / samples,
        last_at=max(row.last_at for row in rows),
        bins=[_told(row, row.samples, row.rose, row.said / row.samples) for row in rows],
    )


def _told(row: Row[Any], count: int, right: int, said: float) -> Bin:
    return Bin(low=row.bin / BINS, high=(row.bin + 1) / BINS, count=count, right=right, said=said)


def _rows(database: Database, query: Select[Any]) -> Sequence[Row[Any]]:
    with database.read() as connection:
        return connection.execute(query).all()
