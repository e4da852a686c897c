from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.market import MINUTE_MS, Bar
from store import series
from store.accounts import Account, find_or_create_account
from store.database import Database
from store.series import Candle
from store.writer import Batch, Writer
from tests.store import samples

LONG = 3000


def minute(number: int) -> int:
    return samples.START + number * MINUTE_MS


@pytest.fixture
def traded(writer: Writer, account: Account) -> Account:
    """An account with three thousand minutes, some of them missing."""
    kept = [m for m in range(LONG) if m % 97 and not 500 < m < 620]
    writer.commit(
        Batch(
            equity=[samples.point(m, equity=f"{10_000 + m}.25") for m in kept],
            candles=[samples.bar(m, close=f"{60_000 + m % 7}.5") for m in kept]
            + [samples.bar(m, symbol="ETH/USDT") for m in kept],
        )
    )
    return account


@pytest.mark.parametrize("max_points", [2, 3, 50, 599, 2999])
def test_thinned_equity_keeps_both_ends_and_never_exceeds_its_limit(
    max_points: int, database: Database, traded: Account
) -> None:
    whole = series.equity(database, traded.id, max_points=LONG)

    thin = series.equity(database, traded.id, max_points=max_points)

    assert len(thin) <= max_points
    assert (thin[0], thin[-1]) == (whole[0], whole[-1])
    assert set(thin) <= set(whole)
    assert thin == sorted(thin, key=lambda p: p.at)


def test_each_thinned_point_is_the_last_of_its_slot(database: Database, traded: Account) -> None:
    whole = series.equity(database, traded.id, max_points=LONG)
    first, width = whole[0].at, -(-(whole[-1].at - whole[0].at) // 49)

    slots = groupby(whole[1:], key=lambda p: (p.at - first - 1) // width)
    expected = [whole[0], *[list(points)[-1] for _, points in slots]]

    assert series.equity(database, traded.id, max_points=50) == expected


def test_equity_that_fits_is_not_thinned(database: Database, traded: Account) -> None:
    day = series.equity(database, traded.id, since=minute(100), until=minute(200))

    assert [p.at for p in day] == [minute(m) for m in range(100, 200) if m % 97]


def test_an_account_without_a_past_has_no_equity(database: Database, account: Account) -> None:
    assert series.equity(database, account.id) == []
    assert series.candles(database, account.id, "BTC/USDT", minute(0), minute(60)) == []


def aggregated(bars: Iterable[Bar], interval_ms: int) -> list[Candle]:
    """Return what *bars* make, by hand."""
    made = []
    for slot, group in groupby(bars, key=lambda b: b.open_time // interval_ms):
        minutes = list(group)
        made.append(
            (
                slot * interval_ms,
                float(minutes[0].open),
                float(max(b.high for b in minutes)),
                float(min(b.low for b in minutes)),
                float(minutes[-1].close),
                float(sum(b.volume for b in minutes)),
            )
        )
    return made


@settings(max_examples=25, deadline=None)
@given(
    interval=st.sampled_from([1, 5, 15, 60]),
    start=st.integers(0, LONG),
    length=st.integers(0, LONG),
)
def test_candles_are_what_their_minutes_make(
    database: Database, shared: Account, interval: int, start: int, length: int
) -> None:
    since, until = minute(start), minute(start + length)
    width = interval * MINUTE_MS
    aligned = -(-since // width) * width

    shown = series.candles(database, shared.id, "BTC/USDT", since, until, width)

    assert shown == aggregated(
        [
            samples.bar(m, close=f"{60_000 + m % 7}.5")
            for m in range(LONG)
            if m % 3 and aligned <= minute(m) < until
        ],
        width,
    )


@pytest.fixture(scope="module")
def shared(database: Database) -> Account:
    account = find_or_create_account(database, "shared", Decimal(1), now=1)
    minutes = [m for m in range(LONG) if m % 3]
    Writer(database, account.id).commit(
        Batch(candles=[samples.bar(m, close=f"{60_000 + m % 7}.5") for m in minutes])
    )
    return account


def test_headline_figures_of_a_symbol_stand_beside_those_of_the_account(
    database: Database, account: Account
) -> None:
    whose = ("trend", ""), ("", ""), ("", "BTC/USDT")
    rows = [samples.figures(1, strategy=s, symbol=symbol) for s, symbol in whose]
    Writer(database, account.id).commit(Batch(performance=rows))

    found = [series.performance(database, account.id, s, symbol=symbol) for s, symbol in whose]

    assert found == [[row] for row in rows]
