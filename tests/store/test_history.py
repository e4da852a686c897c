import base64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DataError
from core.ledger import EntryKind
from core.orders import Order, OrderStatus
from core.trades import Trade
from store import history
from store.accounts import Account
from store.database import Database
from store.history import Page, Wanted
from store.writer import Batch, Writer
from tests.store import samples

LISTS = [history.trades, history.orders, history.facts, history.fills]
SYMBOLS = ["BTC/USDT", "ETH/USDT"]
STRATEGIES = ["trend", "breakout"]

List = Callable[[Database, int, Wanted], Page[Any]]


@pytest.fixture
def filled(writer: Writer, account: Account) -> Account:
    """An account with forty of everything, many at the same moment."""
    batch = Batch()
    for number in range(40):
        at = samples.START + number // 6 * 1000
        own = {"symbol": SYMBOLS[number % 2], "strategy": STRATEGIES[number % 3 == 0]}
        batch.trades.append(samples.trade(number, closed_at=at, **own))
        batch.orders.append(samples.order(number, created_at=at, **own))
        batch.journal.append(samples.entry(number, at=at, **own))
        batch.facts.append(samples.fact(number + 1, "alert_raised" if number % 5 else "other"))
    writer.commit(batch)
    return account


def moment(item: Any) -> int:
    match item:
        case Trade():
            return item.closed_at
        case Order():
            return item.created_at
        case _:
            return int(item.at)


def walk(of: List, database: Database, account: Account, limit: int) -> list[Any]:
    """Return the items of every page, one after the other."""
    items: list[Any] = []
    cursor = None
    while True:
        page = of(database, account.id, Wanted(cursor=cursor, limit=limit))
        assert len(page.items) <= limit
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            return items


@pytest.mark.parametrize("of", LISTS)
@pytest.mark.parametrize("limit", [1, 7, 20, 40, 41])
def test_pages_together_are_the_whole_list_newest_first(
    of: List, limit: int, database: Database, filled: Account
) -> None:
    whole = of(database, filled.id, Wanted(limit=1000))
    times = [moment(item) for item in whole.items]

    assert whole.next_cursor is None
    assert len(whole.items) == 40
    assert times == sorted(times, reverse=True)
    assert walk(of, database, filled, limit) == whole.items


def test_what_is_added_meanwhile_neither_repeats_nor_hides(
    database: Database, filled: Account, writer: Writer
) -> None:
    first = history.trades(database, filled.id, Wanted(limit=10))
    writer.commit(Batch(trades=[samples.trade(100, closed_at=samples.START + 99_000)]))
    rest = history.trades(database, filled.id, Wanted(limit=100, cursor=first.next_cursor))

    ids = [trade.id for trade in first.items + rest.items]
    assert len(ids) == len(set(ids)) == 40


@pytest.mark.parametrize(
    ("of", "time"),
    [(history.trades, "closed_at"), (history.orders, "created_at"), (history.fills, "at")],
)
def test_a_list_is_narrowed_by_symbol_strategy_and_time(
    of: List, time: str, database: Database, filled: Account
) -> None:
    everything = of(database, filled.id, Wanted(limit=1000)).items
    wanted = Wanted(
        symbol="ETH/USDT", strategy="trend", since=samples.START + 2000, until=samples.START + 5000
    )

    shown = of(database, filled.id, wanted).items

    assert shown == [
        item
        for item in everything
        if item.symbol == "ETH/USDT"
        and item.strategy == "trend"
        and 2000 <= getattr(item, time) - samples.START < 5000
    ]
    assert shown


def test_facts_are_chosen_by_type(database: Database, filled: Account) -> None:
    alerts = history.facts(database, filled.id, Wanted(types=("alert_raised",))).items
    both = history.facts(database, filled.id, Wanted(types=("alert_raised", "other"))).items

    assert {fact.type for fact in alerts} == {"alert_raised"}
    assert (len(alerts), len(both)) == (32, 40)
    assert [fact.number for fact in both] == list(range(40, 0, -1))


def test_fills_leave_out_fees_and_funding(
    database: Database, account: Account, writer: Writer
) -> None:
    fee = samples.entry(2, kind=EntryKind.FEE, source="fee")
    writer.commit(Batch(journal=[samples.entry(1), fee]))

    assert history.fills(database, account.id).items == [samples.entry(1)]


def test_orders_that_are_final_stay_in_the_list(
    database: Database, account: Account, writer: Writer
) -> None:
    expired = samples.order(1, status=OrderStatus.EXPIRED, reason="the session ended")
    writer.commit(Batch(orders=[expired]))

    assert history.orders(database, account.id).items == [expired]


def test_an_account_without_a_past_has_one_empty_page(database: Database, account: Account) -> None:
    for of in LISTS:
        assert of(database, account.id, Wanted()) == Page([], None)


@settings(max_examples=60, deadline=None)
@given(cursor=st.text() | st.binary().map(lambda b: b.decode("latin-1")))
@pytest.mark.parametrize("of", LISTS)
def test_a_cursor_that_is_not_ours_is_refused(of: List, cursor: str, database: Database) -> None:
    with pytest.raises(DataError, match="cursor must be one that a page gave"):
        of(database, 1, Wanted(cursor=cursor))


@pytest.mark.parametrize("place", ['[1e99,"a"]', "[99999999999999999999,1]", '[1,"a\\u0000"]', "7"])
def test_a_cursor_that_no_database_could_hold_is_refused(place: str, database: Database) -> None:
    forged = base64.urlsafe_b64encode(place.encode()).decode()
    for of in LISTS:
        with pytest.raises(DataError):
            of(database, 1, Wanted(cursor=forged))


def test_a_cursor_of_another_list_is_refused(database: Database, filled: Account) -> None:
    cursor = history.trades(database, filled.id, Wanted(limit=5)).next_cursor

    with pytest.raises(DataError):
        history.facts(database, filled.id, Wanted(cursor=cursor))


def test_anomalies_are_narrowed_by_what_they_are_of(database: Database, account: Account) -> None:
    rows = [
        samples.anomaly(1),
        samples.anomaly(2, symbol="ETH/USDT"),
        samples.anomaly(3, measure="spread"),
        samples.anomaly(4, severity="mild"),
    ]
    Writer(database, account.id).commit(Batch(anomalies=rows))

    def found(**wanted: Any) -> list[int]:
        page = history.anomalies(database, account.id, Wanted(**wanted))
        return [rows.index(row) + 1 for row in page.items]

    assert found() == [4, 3, 2, 1]
    assert found(symbol="BTC/USDT") == [4, 3, 1]
    assert found(measure="return") == [4, 2, 1]
    assert found(severity="extreme") == [3, 2, 1]


def test_predictions_are_listed_with_what_came_true(database: Database, account: Account) -> None:
    rows = [
        samples.prediction(1, rose=True, outcome_price=Decimal(61000)),
        samples.prediction(2, model="other-1"),
    ]
    Writer(database, account.id).commit(Batch(predictions=rows))

    assert history.predictions(database, account.id).items == rows[::-1]
    assert history.predictions(database, account.id, Wanted(model="other-1")).items == rows[1:]
