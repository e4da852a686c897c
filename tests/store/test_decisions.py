"""Signals listed and counted, and the story of one trade, on both databases."""

from decimal import Decimal
from typing import Any

from core.ledger import EntryKind
from core.orders import OrderRole
from store import history
from store.accounts import Account, all_accounts
from store.database import Database
from store.decisions import count_decisions, last_signal_at, newest_signals
from store.history import Wanted
from store.imported import imported_account
from store.records import SignalRow
from store.series import last_moment
from store.story import find_signal, find_story
from store.writer import Batch, Writer
from tests.store import samples


def signal(number: int, **changes: Any) -> SignalRow:
    values: dict[str, Any] = {
        "id": f"signal-{number}", "at": samples.START + number, "strategy": "trend",
        "symbol": "BTC/USDT", "action": "hold", "confidence": 0.5, "price": Decimal("1.5"),
        "stop_price": None, "target_price": None, "expected_pct": None, "expected_pnl": None,
        "decision": "held", "gate": "", "value": None, "threshold": None, "why": "quiet",
        "position_id": "", "detail": {"reasons": ["quiet"], "parts": []},
    }  # fmt: skip
    return SignalRow(**values | changes)


def test_signals_are_listed_and_counted_by_the_same_filter(
    database: Database, account: Account, writer: Writer
) -> None:
    rows = [
        signal(0),
        signal(1, action="buy", decision="refused", gate="volatility", confidence=0.9),
        signal(2, action="buy", decision="held", gate="volatility", symbol="ETH/USDT"),
        signal(3, action="sell", decision="refused", gate="exposure", strategy="full_math"),
        signal(4, symbol="ETH/USDT", strategy="full_math"),
    ]
    writer.commit(Batch(signals=rows))

    page = history.signals(database, account.id, Wanted(action="buy", limit=1))
    counted = count_decisions(database, account.id, Wanted(action="buy", limit=1))
    everything = count_decisions(database, account.id, Wanted())
    none = count_decisions(database, account.id, Wanted(since=samples.START + 5))

    assert page.items == [rows[2]]
    assert page.next_cursor is not None
    assert (counted.by_action, counted.by_decision) == ({"buy": 2}, {"refused": 1, "held": 1})
    assert round(counted.avg_confidence or 0, 9) == 0.7
    assert everything.by_gate == [("volatility", 2), ("exposure", 1)]
    assert (none.by_action, none.by_gate, none.avg_confidence) == ({}, [], None)
    newest = newest_signals(database, account.id, "ETH/USDT", samples.START)
    assert newest == [rows[4], rows[2]]
    assert newest_signals(database, account.id, "ETH/USDT", samples.START + 3) == [rows[4]]
    assert last_signal_at(database, account.id) == samples.START + 4


def test_a_trade_is_found_with_its_signal_and_all_that_happened(
    database: Database, account: Account, writer: Writer
) -> None:
    own: dict[str, Any] = {"position_id": 'strategy-"1" 100%'}
    trade = samples.trade(5, id=own["position_id"], opened_at=samples.START)
    entry = signal(0, id=trade.id, decision="traded", **own)
    leave = signal(4000, id="exit", decision="closed", **own)
    told = [samples.fact(n, "order_filled", **own) for n in (1, 2)]
    batch = Batch(
        trades=[trade],
        signals=[entry, leave],
        orders=[
            samples.order(1, **own),
            samples.order(0, id="first", created_at=1, role=OrderRole.ENTRY, **own),
            samples.order(2),
        ],
        journal=[
            samples.entry(1, order_id="first", **own),
            samples.entry(2, kind=EntryKind.FUNDING, order_id="", **own),
            samples.entry(3),
        ],
        facts=[*told, samples.fact(3), samples.fact(4, "order_refused", **own)],
    )
    writer.commit(batch)

    story = find_story(database, account.id, trade.id)

    assert story is not None
    assert (story.trade, story.signal, story.exit_signal) == (trade, entry, leave)
    assert [order.id for order in story.orders] == ["first", "order-1"]
    assert story.entries == batch.journal[:2]
    assert story.facts == told
    assert find_story(database, account.id, "position-2") is None
    assert find_signal(database, account.id, trade.id) == (entry, trade)
    assert find_signal(database, account.id, "nothing") is None


def test_accounts_are_listed_the_last_opened_first(database: Database, account: Account) -> None:
    imported = imported_account(database, "a file", Decimal(5), now=9)

    known = all_accounts(database)

    assert known[0] == account
    assert imported in known
    assert last_moment(database, account.id) is None


def test_an_account_goes_on_until_its_last_trade_or_point(
    database: Database, account: Account, writer: Writer
) -> None:
    writer.commit(Batch(trades=[samples.trade(5)]))
    assert last_moment(database, account.id) == samples.START + 5000

    writer.commit(Batch(equity=[samples.point(1)]))
    assert last_moment(database, account.id) == samples.START + 60_000
