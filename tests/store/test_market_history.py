from decimal import Decimal

import pytest

from core.market import MINUTE_MS
from store import market_history
from store.accounts import Account
from store.database import Database
from store.writer import Batch, Writer
from tests.store import samples
from tests.store.samples import START

BTC = "BTC/USDT"


def minute(number: int) -> int:
    return START + number * MINUTE_MS


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ([], [(0, 10)]),
        (range(10), []),
        ([3], [(0, 3), (4, 10)]),
        ([0, 1, 5, 6, 9], [(2, 5), (7, 9)]),
        ([-1, 10], [(0, 10)]),
    ],
)
def test_the_missing_minutes_of_a_span_are_told(
    database: Database, account: Account, kept: list[int], missing: list[tuple[int, int]]
) -> None:
    others = [samples.bar(number, "ETH/USDT") for number in range(10)]
    writer = Writer(database, account.id)
    writer.commit(Batch(candles=[*others, *(samples.bar(number) for number in kept)]))

    found = market_history.missing_minutes(database, account.id, BTC, minute(0), minute(10))

    assert found == [(minute(start), minute(end)) for start, end in missing]


def test_settlements_come_back_exact_and_once(database: Database, account: Account) -> None:
    rows = [samples.funding(hour) for hour in (0, 8, 16)]
    writer = Writer(database, account.id)
    assert market_history.newest_funding(database, account.id, BTC) is None
    writer.commit(Batch(funding=[rows[1], rows[0]]))
    writer.commit(Batch(funding=[*rows, samples.funding(20, "ETH/USDT")]))

    found = market_history.funding_between(database, account.id, BTC, rows[0].at, rows[2].at)

    assert found == rows[:2]
    assert isinstance(found[0].rate, Decimal)
    assert market_history.newest_funding(database, account.id, BTC) == rows[2].at
