"""Stored minutes as plain numbers: all of a span, in order, of one account and symbol."""

from decimal import Decimal

from core.market import MINUTE_MS, Bar
from store.accounts import Account
from store.database import Database
from store.minutes import CHUNK_MS, minutes, newest_minute
from store.writer import Batch, Writer
from tests.store.samples import START

ETH = "ETH/USDT"


def bar(open_time: int, symbol: str = ETH) -> Bar:
    return Bar(
        symbol, open_time, Decimal("100.5"), Decimal("102.25"), Decimal("99.75"), Decimal(101),
        Decimal("3.5"),
    )  # fmt: skip


def test_minutes_are_read_in_order_over_many_weeks(
    database: Database, account: Account, writer: Writer
) -> None:
    weeks = [START + number * (CHUNK_MS // 2) for number in range(7)]
    writer.commit(Batch(candles=[bar(at) for at in reversed(weeks)] + [bar(START, "BTC/USDT")]))

    found = list(minutes(database, account.id, ETH, START, weeks[-1] + MINUTE_MS))

    assert found == [(at, 100.5, 102.25, 99.75, 101.0, 3.5) for at in weeks]
    assert [m[0] for m in minutes(database, account.id, ETH, weeks[1], weeks[3])] == weeks[1:3]
    assert list(minutes(database, account.id, "SOL/USDT", START, weeks[-1])) == []


def test_the_newest_minute_is_known(database: Database, account: Account, writer: Writer) -> None:
    assert newest_minute(database, account.id, ETH) is None

    writer.commit(Batch(candles=[bar(START), bar(START + 5 * MINUTE_MS), bar(START + MINUTE_MS)]))

    assert newest_minute(database, account.id, ETH) == START + 5 * MINUTE_MS
