"""Closed trades as figures are made of them."""

from decimal import Decimal

from store.accounts import Account
from store.database import Database
from store.results import closed_trades
from store.writer import Batch, Writer
from tests.store import samples


def test_closed_trades_come_oldest_first_and_exactly_as_they_were_stored(
    database: Database, account: Account, writer: Writer
) -> None:
    stored = [
        samples.trade(1),
        samples.trade(2, risk=Decimal("12.50"), slippage=Decimal("-0.00000001")),
        samples.trade(3, id="a", closed_at=samples.START + 2000),
    ]
    writer.commit(Batch(trades=stored))

    assert closed_trades(database, account.id) == [stored[0], stored[2], stored[1]]


def test_closed_trades_can_be_gone_on_with(
    database: Database, account: Account, writer: Writer
) -> None:
    stored = [samples.trade(number) for number in range(5)]
    writer.commit(Batch(trades=stored))

    assert closed_trades(database, account.id, since=stored[3].closed_at) == stored[3:]
    assert closed_trades(database, account.id, limit=2) == stored[:2]
    assert closed_trades(database, 10**6) == []
