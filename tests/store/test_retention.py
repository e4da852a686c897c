"""Old history is thinned or dropped, on both databases; what is younger is never touched."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.errors import StoreError
from core.market import DAY_MS, MINUTE_MS
from store import tables
from store.accounts import Account, archive_account, find_or_create_account
from store.database import Database
from store.records import PredictionRow, SignalRow
from store.retention import KEPT_EVERY_MS, Limits, Sweep
from store.writer import Batch, EquityPoint, Fact, Writer
from tests.store import samples
from tests.store.conftest import markets

START = samples.START
FOR_EVER = {
    "equity_minute_days": 0, "candle_days": 0, "hold_signal_days": 0, "prediction_days": 0,
    "fact_days": 0,
}  # fmt: skip
SWEPT = (
    tables.equity, tables.candles, tables.facts, tables.signals, tables.signal_predictions,
    tables.outbox, tables.funding_rates, tables.anomalies, tables.alert_acknowledgements,
)  # fmt: skip
A_DAY = Limits(**dict.fromkeys(FOR_EVER, 1))
QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
minutes = st.sets(st.integers(0, 3 * 24 * 60), min_size=1, max_size=40)


def limits(**days: int) -> Limits:
    return Limits(**FOR_EVER | days)


def new_writer(database: Database) -> Writer:
    """Return the writer of a new account in a database without any other history."""
    with database.write(durable=False) as connection:
        for table in SWEPT:
            connection.execute(table.delete())
    account = find_or_create_account(database, next(markets), Decimal(10000), now=1)
    return Writer(database, account.id, durable=False)


def times(database: Database, column: Any, owner: int) -> list[int]:
    query = select(column).where(column.table.c.account_id == owner).order_by(column)
    with database.read() as connection:
        return [row[0] for row in connection.execute(query)]


def at_minute(minute: int) -> int:
    return START + minute * MINUTE_MS


def signal(minute: int, decision: str) -> SignalRow:
    return SignalRow(
        id=f"s{minute:06}-{decision}", at=at_minute(minute), strategy="trend", symbol="BTC/USDT",
        action="hold", confidence=0.5, price=Decimal(1), stop_price=None, target_price=None,
        expected_pct=None, expected_pnl=None, decision=decision, gate="", value=None,
        threshold=None, why="", position_id="", detail={},
    )  # fmt: skip


def prediction(minute: int) -> PredictionRow:
    return PredictionRow(
        id=f"p{minute:06}", at=at_minute(minute) - 1, strategy="trend", symbol="BTC/USDT",
        model="gru", horizon_ms=1, due_at=at_minute(minute), up_probability=0.5, price=Decimal(1),
    )  # fmt: skip


def kept_of(points: list[int], before: int) -> list[int]:
    """Return what should stay of a curve, worked out the slow way."""
    whole = before // KEPT_EVERY_MS * KEPT_EVERY_MS
    last: dict[int, int] = {}
    for at in sorted(points):
        last[(at - 1) // KEPT_EVERY_MS] = at
    return [at for at in sorted(points) if at > whole or at in last.values() or at == min(points)]


@QUICK
@given(minutes=minutes, rows_at_once=st.sampled_from([1, 7, 1000]))
@example(minutes={0, 7, 15, 16, 1440, 2880}, rows_at_once=1)
def test_of_old_equity_the_last_of_each_quarter_stays_and_of_young_equity_all(
    database: Database, minutes: set[int], rows_at_once: int
) -> None:
    writer = new_writer(database)
    points = [at_minute(minute) for minute in sorted(minutes)]
    writer.commit(
        Batch(
            equity=[
                EquityPoint(at, Decimal(1), Decimal(1), strategy)
                for at in points
                for strategy in ("", "trend")
            ]
        )
    )

    for _ in range(2):  # the second time changes nothing
        Sweep(database, limits(equity_minute_days=1), rows_at_once).run()

        stays = kept_of(points, points[-1] - DAY_MS)
        kept = times(database, tables.equity.c.at, writer.account_id)
        assert kept == sorted(stays * 2)


@QUICK
@given(minutes=minutes, rows_at_once=st.sampled_from([1, 7, 1000]))
@example(minutes={0, 1, 1440, 2880}, rows_at_once=1)
def test_what_is_older_than_its_days_goes_and_nothing_else(
    database: Database, minutes: set[int], rows_at_once: int
) -> None:
    writer = new_writer(database)
    ordered = sorted(minutes)
    numbers = range(1, len(ordered) + 1)
    writer.commit(
        Batch(
            equity=[EquityPoint(at_minute(ordered[-1]), Decimal(1), Decimal(1))],
            candles=[samples.bar(m, symbol) for m in ordered for symbol in ("BTC/USDT", "ETH")],
            signals=[signal(m, d) for m in ordered for d in ("held", "refused", "traded")],
            predictions=[prediction(minute) for minute in ordered],
            facts=[
                Fact(n, f"f{n}", "alert_raised", at_minute(m), {})
                for n, m in zip(numbers, ordered, strict=True)
            ],
            outbox=[samples.told(m, at=at_minute(m)) for m in ordered],
            acknowledgements=[samples.seen(m, at_minute(m)) for m in ordered],
            anomalies=[samples.anomaly(m, at=at_minute(m)) for m in ordered],
        )
    )
    young = [at_minute(m) for m in ordered if m >= ordered[-1] - 24 * 60]

    for _ in range(2):
        Sweep(database, A_DAY, rows_at_once).run()

        owner = writer.account_id
        assert times(database, tables.candles.c.open_time, owner) == sorted(young * 2)
        assert times(database, tables.signal_predictions.c.due_at, owner) == young
        assert times(database, tables.facts.c.at, owner) == young
        assert times(database, tables.outbox.c.at, owner) == young
        assert times(database, tables.alert_acknowledgements.c.at, owner) == young
        assert times(database, tables.anomalies.c.at, owner) == young
        held = [name for name in names(database, owner) if name.endswith("held")]
        assert len(held) == len(young)
        assert len(names(database, owner)) == len(young) + 2 * len(ordered)


def names(database: Database, owner: int) -> list[str]:
    query = select(tables.signals.c.id).where(tables.signals.c.account_id == owner)
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def everything(database: Database, owner: int) -> dict[str, int]:
    with database.read() as connection:
        return {
            name: len(connection.execute(select(table).where(table.c.account_id == owner)).all())
            for name, table in tables.metadata.tables.items()
            if "account_id" in table.c
        }


def years_apart(writer: Writer) -> None:
    """Store a row everywhere, two more minutes of it, and years later a point of equity."""
    for number in range(3):
        writer.commit(samples.batch(number))
    writer.commit(Batch(signals=[signal(0, "held")], predictions=[prediction(0)]))
    writer.commit(Batch(equity=[samples.point(4000 * 24 * 60)]))


def test_trades_orders_and_the_journal_are_never_touched(
    database: Database, account: Account, writer: Writer
) -> None:
    years_apart(writer)
    before = everything(database, account.id)

    Sweep(database, A_DAY).run()

    after = everything(database, account.id)
    assert {name for name in before if after[name] < before[name]} == {t.name for t in SWEPT}
    assert all(after[name] == before[name] for name in ("journal", "orders", "trades"))


def test_for_ever_is_for_ever(database: Database, account: Account, writer: Writer) -> None:
    years_apart(writer)
    before = everything(database, account.id)

    sweep = Sweep(database, limits())
    sweep.run()

    assert everything(database, account.id) == before
    assert not sweep.removed


def test_the_newest_fact_stays_so_that_its_number_is_not_given_again(
    database: Database, account: Account, writer: Writer
) -> None:
    years_apart(writer)

    Sweep(database, limits(fact_days=1)).run()

    assert times(database, tables.facts.c.number, account.id) == [2]


def test_an_archived_account_is_swept_by_its_own_time(
    database: Database, account: Account, writer: Writer
) -> None:
    years_apart(writer)
    archive_account(database, account.id, now=2)
    market = next(markets)  # of a replay that ends long before
    other = find_or_create_account(database, market, Decimal(10000), now=3)
    later = Writer(database, other.id)
    later.commit(Batch(candles=[samples.bar(0)], equity=[samples.point(1)]))

    Sweep(database, A_DAY).run()

    assert times(database, tables.candles.c.open_time, account.id) == []
    assert len(times(database, tables.candles.c.open_time, later.account_id)) == 1


def test_an_account_without_equity_is_left_alone(database: Database, writer: Writer) -> None:
    writer.commit(Batch(candles=[samples.bar(0)]))

    Sweep(database, A_DAY).run()

    assert len(times(database, tables.candles.c.open_time, writer.account_id)) == 1


def test_no_step_removes_more_than_it_may(
    database: Database, account: Account, writer: Writer
) -> None:
    years_apart(writer)
    writer.commit(Batch(candles=[samples.bar(minute) for minute in range(100)]))
    sweep, removed = Sweep(database, A_DAY, rows_at_once=10), [0]

    while not sweep.done:
        sweep.step()
        removed.append(sum(sweep.removed.values()))

    assert max(b - a for a, b in pairwise(removed)) == 10
    assert times(database, tables.candles.c.open_time, account.id) == []


@pytest.fixture
def away() -> Iterator[Database]:
    with closing(Database("postgresql://me@127.0.0.1:1/nothing")) as database:
        yield database


def test_a_sweep_that_was_refused_is_not_done(away: Database) -> None:
    sweep = Sweep(away, A_DAY)

    for _ in range(2):
        with pytest.raises(StoreError, match="refused"):
            sweep.step()

    assert not sweep.done
