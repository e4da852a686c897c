"""Curves that are thinned by the database keep what is seen of them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from core.ledger import EntryKind
from core.market import HOUR_MS, MINUTE_MS, Funding
from core.metrics.drawdown import peaks_before, underwater
from store import tables
from store.accounts import Account, find_or_create_account
from store.database import Database
from store.extremes import drawdown_curve, equity_curve, funding_curve
from store.writer import Batch, EquityPoint, Writer
from tests.store import samples

MOST = 40
ALWAYS = (0, 2**53)


@pytest.fixture(scope="module")
def own(database: Database) -> Account:
    return find_or_create_account(database, "test:extremes", Decimal(10000), now=1)


def minute(number: int) -> int:
    return samples.START + number * MINUTE_MS


curves = st.lists(
    st.tuples(st.integers(0, 400), st.integers(-(10**12), 10**12)),
    max_size=300,
    unique_by=lambda point: point[0],
).map(sorted)


def keep(database: Database, account: Account, name: str, points: list[tuple[int, int]]) -> None:
    """Store a curve of its own in place of the one before."""
    table = tables.equity
    with database.write() as connection:
        connection.execute(table.delete().where(table.c.account_id == account.id))
        rows = [
            {
                "account_id": account.id,
                "strategy": name,
                "at": minute(n),
                "equity": Decimal(value) / 10**6,
                "balance": Decimal(0),
            }
            for n, value in points
        ]
        if rows:
            connection.execute(insert(table), rows)


@settings(max_examples=20, deadline=None)
@given(points=curves, most=st.integers(4, 80))
def test_a_thinned_curve_keeps_its_ends_its_least_and_its_greatest(
    database: Database, own: Account, points: list[tuple[int, int]], most: int
) -> None:
    keep(database, own, "x", points)
    whole = [(minute(n), value / 10**6) for n, value in points]

    shown = equity_curve(database, own.id, ALWAYS, most, "x")

    assert len(shown) <= most
    assert set(shown) <= set(whole)
    assert shown == sorted(shown)
    if len(whole) <= most:
        assert shown == whole
        return
    assert (shown[0], shown[-1]) == (whole[0], whole[-1])
    values = [value for _, value in whole]
    assert {min(values), max(values)} <= {value for _, value in shown}


@settings(max_examples=20, deadline=None)
@given(
    points=curves,
    since=st.integers(0, 400),
    moved=st.integers(0, 300),
    amount=st.sampled_from([Decimal(0), Decimal(250)]),
)
def test_falls_are_those_of_the_metrics_and_the_deepest_is_kept(
    database: Database,
    own: Account,
    points: list[tuple[int, int]],
    since: int,
    moved: int,
    amount: Decimal,
) -> None:
    points = [(n, abs(value) + 10**6) for n, value in points]
    keep(database, own, "x", points)
    _transfer(database, own, minute(moved), amount)
    exact = [(minute(n), Decimal(value) / 10**6) for n, value in points]
    inside = [point for point in exact if point[0] >= minute(since)]
    before = [point for point in exact if point[0] < minute(since)]
    flows = [(minute(moved), amount)]
    if inside:
        known_at = before[-1][0] if before else inside[0][0]
        put_in = sum((amount for at, amount in flows if at <= known_at), Decimal(0))
        initial = before[-1][1] if before else put_in or inside[0][1]
        peaks = peaks_before(initial, inside, [flow for flow in flows if flow[0] > known_at])
        expected = underwater(inside, peaks, {at for at, _ in inside})
    else:
        expected = []

    whole = drawdown_curve(database, own.id, (minute(since), 2**53), 1000, "x")
    thin = drawdown_curve(database, own.id, (minute(since), 2**53), MOST, "x")

    assert [at for at, _ in whole] == [at for at, _ in expected]
    assert [value for _, value in whole] == pytest.approx([float(fall) for _, fall in expected])
    assert len(thin) <= MOST
    if whole:
        assert min(value for _, value in thin) == min(value for _, value in whole)
        assert (thin[0], thin[-1]) == (whole[0], whole[-1])


def _transfer(database: Database, account: Account, at: int, amount: Decimal) -> None:
    table = tables.journal
    with database.write() as connection:
        connection.execute(table.delete().where(table.c.account_id == account.id))
    entry = samples.entry(
        1, at=at, kind=EntryKind.TRANSFER, strategy="x", symbol="", amount=amount, side=None,
        role=None,
    )  # fmt: skip
    Writer(database, account.id).commit(Batch(journal=[entry]))


def test_funding_is_of_one_symbol_and_of_the_time_asked_for(
    database: Database, account: Account, writer: Writer
) -> None:
    rates = [
        Funding(symbol, samples.START + n * 8 * HOUR_MS, Decimal(n) / 10**5, Decimal(100))
        for n in range(50)
        for symbol in ("BTC/USDT", "ETH/USDT")
    ]
    writer.commit(Batch(funding=rates))
    span = (samples.START + 8 * HOUR_MS, samples.START + 49 * 8 * HOUR_MS)

    whole = funding_curve(database, account.id, "BTC/USDT", span, 100)
    thin = funding_curve(database, account.id, "BTC/USDT", span, 10)

    assert whole == [(span[0] + n * 8 * HOUR_MS, (n + 1) / 10**5) for n in range(48)]
    assert len(thin) <= 10
    assert {whole[0], whole[-1]} <= set(thin)


def test_a_strategy_has_a_curve_of_its_own(
    database: Database, account: Account, writer: Writer
) -> None:
    writer.commit(
        Batch(
            equity=[
                EquityPoint(minute(1), Decimal(5), Decimal(5)),
                EquityPoint(minute(1), Decimal(7), Decimal(7), "trend"),
            ]
        )
    )

    assert equity_curve(database, account.id, ALWAYS, MOST) == [(minute(1), 5.0)]
    assert equity_curve(database, account.id, ALWAYS, MOST, "trend") == [(minute(1), 7.0)]
    assert drawdown_curve(database, account.id, ALWAYS, MOST, "nobody") == []
