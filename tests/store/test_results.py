"""Closed trades and curves of equity as figures are made of them."""

from decimal import Decimal
from typing import Final

import pytest

from core.ledger import Entry, EntryKind
from core.market import DAY_MS, HOUR_MS
from core.metrics import Sample
from store.accounts import Account
from store.database import Database
from store.imported import add_points, add_trades, imported_account
from store.results import closed_trades, count_trades, read_curve
from store.writer import Batch, EquityPoint, Writer
from tests.store import samples

DAY: Final = samples.START - samples.START % DAY_MS


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


def deposit(number: int, at: int, amount: int, strategy: str = "trend") -> Entry:
    return samples.entry(
        number, kind=EntryKind.TRANSFER, at=at, amount=Decimal(amount), strategy=strategy,
        symbol="", position_id="", order_id="", side=None, role=None,
    )  # fmt: skip


def point(hour: int, equity: int, strategy: str = "") -> EquityPoint:
    return EquityPoint(DAY + hour * HOUR_MS, Decimal(equity), Decimal(equity), strategy)


def test_a_curve_begins_with_what_was_put_in(
    database: Database, account: Account, writer: Writer
) -> None:
    writer.commit(Batch(
        journal=[deposit(1, DAY, 600), deposit(2, DAY, 400, "other"), deposit(3, DAY + 5, 100)],
        equity=[point(1, 1010), point(2, 990), point(1, 605, "trend")],
    ))  # fmt: skip

    whole = read_curve(database, account.id, "all", DAY + 2 * HOUR_MS)
    own = read_curve(database, account.id, "all", DAY + 2 * HOUR_MS, "trend")

    assert (whole.since, whole.initial) == (DAY, Decimal(1000))
    assert whole.points == [(DAY + HOUR_MS, Decimal(1010))]
    assert whole.transfers == [
        (DAY, Decimal(600)), (DAY, Decimal(400)), (DAY + 5, Decimal(100)),
    ]  # fmt: skip
    assert (own.since, own.initial) == (DAY, Decimal(600))
    assert own.points == [(DAY + HOUR_MS, Decimal(605))]


def test_a_curve_of_today_begins_with_yesterdays_end(
    database: Database, account: Account, writer: Writer
) -> None:
    writer.commit(Batch(
        journal=[deposit(1, DAY, 1000), deposit(2, DAY + 23 * HOUR_MS + 5, 50)],
        equity=[point(22, 990), point(23, 1010), point(25, 1070)],
    ))  # fmt: skip

    today = read_curve(database, account.id, "today", DAY + 26 * HOUR_MS)

    assert (today.since, today.initial) == (DAY + DAY_MS, Decimal(1060))
    assert today.points == [(DAY + 25 * HOUR_MS, Decimal(1070))]


@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_day_is_the_same_whatever_range_it_is_seen_in(
    database: Database, account: Account, writer: Writer, days: int
) -> None:
    points = [point(hour, 1000 + hour * 7 % 50) for hour in range(1, 96)]
    writer.commit(Batch(journal=[deposit(1, DAY, 1000)], equity=points))
    now = DAY + 95 * HOUR_MS

    def daily(span: str) -> list[tuple[int, Decimal | None, Decimal]]:
        curve = read_curve(database, account.id, span, now)
        span_ms = (curve.since, now)
        return Sample(
            [], curve.points, initial=curve.initial, span=span_ms, transfers=curve.transfers
        ).days

    assert daily(f"{days + 1}d") == daily("all")[-days:]


def test_an_imported_curve_begins_with_its_balance_or_else_its_first_point(
    database: Database,
) -> None:
    for label, balance, initial in (("with one", 500, 500), ("without", 0, 990)):
        account = imported_account(database, label, Decimal(balance), now=1)
        add_points(database, account.id, [point(1, 990)])
        add_trades(database, account.id, [samples.trade(1, opened_at=DAY, closed_at=DAY + 9)])

        curve = read_curve(database, account.id, "all", DAY + DAY_MS)

        assert (curve.since, curve.initial) == (DAY, Decimal(initial))


def test_an_account_of_nothing_has_an_empty_curve(database: Database, account: Account) -> None:
    curve = read_curve(database, account.id, "7d", DAY)

    assert (curve.since, curve.initial) == (DAY, account.initial_balance)
    assert (curve.points, curve.transfers) == ([], [])
    assert count_trades(database, account.id) == 0
