"""What must be true of a stored account whatever happened to the engine, and of what it told."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.ledger import Entry, EntryKind, Portfolio
from core.market import Bar
from core.orders import Order, OrderStatus
from core.trades import Trade
from runner import payloads
from runner.payloads import candle, num
from store import history, recovery, tables
from store.accounts import current_account
from store.alert_rules import list_rules
from store.database import Database
from store.records import SignalRow
from store.rows import columns_of, read_as
from tests.runner.engine_process import Heard

ZERO = Decimal(0)
TOLD_TO_PEOPLE = {
    "order_filled", "trade_closed", "order_refused", "funding_paid", "alert_raised",
}  # fmt: skip
MONEY = {"order_filled": "fee", "funding_paid": "funding"}


class Books:
    """Everything one account has stored."""

    def __init__(self, folder: Path) -> None:
        database = Database(f"sqlite:///{folder}/quarterdeck.db")
        database.check_version()
        account = current_account(database)
        assert account is not None
        self.journal = list(recovery.journal(database, account.id))
        self.portfolio = Portfolio.replay(self.journal)
        self.trades = _all(database, Trade, tables.trades)
        self.orders = {order.id: order for order in _all(database, Order, tables.orders)}
        rows = sorted(_all(database, SignalRow, tables.signals), key=lambda row: (row.at, row.id))
        self.signals = {body["fact_id"]: body for body in map(_told_signal, rows)}
        facts = select(tables.facts.c.data).order_by(tables.facts.c.number)
        equity = select(tables.equity.c.at)
        with database.read() as connection:
            self.facts: list[dict[str, Any]] = list(connection.execute(facts).scalars())
            self.equity_at: set[int] = set(connection.execute(equity).scalars())
        self.candles = {
            (bar.symbol, bar.open_time): bar
            for symbol in ("BTC/USDT", "ETH/USDT", "SOL/USDT")
            for bar in recovery.last_candles(database, account.id, symbol, 10**6)
        }
        told = select(tables.outbox.c.fact_id).order_by(tables.outbox.c.id)
        with database.read() as connection:
            self.outbox: list[str] = list(connection.execute(told).scalars())
        self.rules = list_rules(database, account_id=account.id)
        self.alerts = history.facts(database, account.id, history.Wanted(types=("alert_raised",)))
        database.close()

    @property
    def happened(self) -> list[dict[str, Any]]:
        """Return the facts of trading, whatever their numbers."""
        told = [fact for fact in self.facts if fact["kind"] != "alert_raised"]
        return [{**fact, "fact_id": ""} for fact in told]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [fact for fact in self.facts if fact["kind"] == kind]


def _told_signal(row: SignalRow) -> dict[str, Any]:
    """Return what was told of a stored signal."""
    return payloads.signal(row, f"{row.action.capitalize()} {row.symbol.partition('/')[0]}")


def _all(database: Database, kind: Any, table: Any) -> list[Any]:
    with database.read() as connection:
        return [read_as(kind, row) for row in connection.execute(select(*columns_of(kind, table)))]


def check_books(books: Books) -> None:
    """Make sure that journal, orders, trades and facts say the same."""
    numbers = [fact["fact_id"] for fact in books.facts]
    assert numbers == [f"f{n}" for n in range(1, len(numbers) + 1)]
    _check_fills(books)
    _check_orders(books)
    _check_trades(books)
    settled = books.of("funding_paid")
    entries = [e for e in books.journal if e.kind is EntryKind.FUNDING]
    assert [(f["position_id"], f["amount"]) for f in settled] == [
        (e.position_id, num(e.amount)) for e in entries
    ]
    _check_outbox(books)


def _check_outbox(books: Books) -> None:
    """Each row is of a stored fact; no fact has two, and they are in the facts' order."""
    known = {fact["fact_id"] for fact in books.facts}
    assert set(books.outbox) <= known | books.signals.keys()
    assert len(set(books.outbox)) == len(books.outbox)
    numbers = [int(fact_id[1:]) for fact_id in books.outbox if fact_id in known]
    assert numbers == sorted(numbers)


def _check_fills(books: Books) -> None:
    """Each fill is in the journal once, with its fee, and is a fact once."""
    fills = [e for e in books.journal if e.kind is EntryKind.FILL]
    fees = [e for e in books.journal if e.kind is EntryKind.FEE]
    assert [e.source_id for e in fills] == [e.source_id for e in fees]
    assert [e.source_id for e in fills] == [fact["id"] for fact in books.of("order_filled")]
    assert max(Counter(e.source_id for e in fills).values(), default=1) == 1


def _check_orders(books: Books) -> None:
    """Each order says what its fills say; what rests belongs to a position or is an entry."""
    filled: dict[str, Decimal] = defaultdict(Decimal)
    for entry in books.journal:
        if entry.kind is EntryKind.FILL:
            filled[entry.order_id] += entry.qty
    held = {p.id: p for p in books.portfolio.positions.values()}
    for order in books.orders.values():
        assert order.filled_qty == filled.pop(order.id, ZERO), order
        assert (order.status is OrderStatus.FILLED) == (order.filled_qty == order.qty), order
        if not order.status.is_final and order.reduce_only:
            assert order.position_id in held, order
    assert not filled
    for position in held.values():
        resting = [
            o for o in books.orders.values()
            if o.position_id == position.id and o.reduce_only and not o.status.is_final
        ]  # fmt: skip
        entered = books.orders[f"{position.id}-entry"]
        assert resting or not entered.status.is_final, f"{position.id} is without protection"


def _check_trades(books: Books) -> None:
    """Each closed position is one trade and one fact, and its money is the journal's."""
    mine: dict[str, list[Entry]] = defaultdict(list)
    for entry in books.journal:
        if entry.position_id:
            mine[entry.position_id].append(entry)
    held = {p.id for p in books.portfolio.positions.values()}
    assert {t.id for t in books.trades} == mine.keys() - held
    assert sorted(t.id for t in books.trades) == sorted(f["id"] for f in books.of("trade_closed"))
    for trade in books.trades:
        entries = mine[trade.id]
        assert sum(e.qty * (e.side.sign if e.side else 0) for e in entries) == 0
        assert trade.gross_pnl == _sum(entries, EntryKind.FILL)
        assert trade.fees == -_sum(entries, EntryKind.FEE)
        assert trade.funding == _sum(entries, EntryKind.FUNDING)


def _sum(entries: Sequence[Entry], kind: EntryKind) -> Decimal:
    return sum((e.amount for e in entries if e.kind is kind), ZERO)


def check_told(books: Books, heard: Heard) -> None:
    """Make sure that everything told is stored as told, and told once."""
    stored = {fact["fact_id"]: fact for fact in books.facts} | books.signals
    told = [fact["fact_id"] for fact in heard.facts]
    assert len(told) == len(set(told))
    live = {body["fact_id"] for kind, body in heard.events if kind in TOLD_TO_PEOPLE}
    assert live <= set(books.outbox)
    for kind, body in heard.events:
        match kind:
            case "candle_closed":
                assert candle(books.candles[body["symbol"], body["open_time"]]) == body
            case "equity_point":
                assert body["at"] in books.equity_at
            case _ if body.get("fact_id", "").startswith(("f", "signal:")):
                assert stored[body["fact_id"]] == body
            case _:
                pass
    _check_told_balance(books, heard)


def _check_told_balance(books: Books, heard: Heard) -> None:
    """Every balance told is the fold of the journal up to the money told before it."""
    balance, after = ZERO, {}
    for entry in books.journal:
        balance += entry.amount
        after[entry.source, entry.source_id] = num(balance)
    expected: float | None = None
    for kind, body in heard.events:
        if kind == "snapshot":
            expected = None
        elif kind == "order_filled":
            expected = after["fee", body["id"]]
        elif kind == "funding_paid":
            expected = after["funding", f"{body['position_id']}:{body['at']}"]
        elif kind == "account" and expected is not None:
            assert body["balance"] == expected


def check_file(books: Books, path: Path) -> None:
    """Make sure that a state file is whole and holds nothing that is not stored."""
    if not path.exists():
        return
    state = json.loads(path.read_bytes())["state"]
    stored = {fact["fact_id"]: fact for fact in books.facts} | books.signals
    for section in ("trades", "activity", "signals", "alerts"):
        for fact in state[section]:
            assert stored[fact["fact_id"]] == fact


def check_state(books: Books, state: dict[str, Any]) -> None:
    """Make sure that *state*, of an engine that has stopped, is what the books say."""
    balance = sum((e.amount for e in books.journal), ZERO)
    assert state["account"]["balance"] == num(balance)
    assert state["account"]["closed_trades"] == len(books.trades)
    assert {p["id"]: p["qty"] for p in state["positions"].values()} == {
        p.id: num(abs(p.qty)) for p in books.portfolio.positions.values()
    }
    resting = {o.id for o in books.orders.values() if not o.status.is_final}
    assert state["orders"].keys() == resting
    for section, kind in (("trades", "trade_closed"), ("alerts", "alert_raised")):
        known = books.of(kind)
        assert state[section] == known[len(known) - len(state[section]) :]
        assert state[section] or not known
    for signal in (*state["signals"], *state["outlook"].values()):
        assert books.signals[signal["fact_id"]] == signal
    assert state["signals"] or not books.signals
    _check_strategies(state)


def _check_strategies(state: dict[str, Any]) -> None:
    """Make sure that the sub-accounts add up to the account."""
    account, own = state["account"], list(state["strategies"].values())
    for figure in ("balance", "equity", "closed_trades", "wins", "losses", "breakevens"):
        assert round(sum(s[figure] for s in own), 6) == round(account[figure], 6), figure
    assert sum(s["positions"] for s in own) == account["positions"]


def check_candles(bars: Sequence[Bar]) -> None:
    """Make sure that the minutes of a symbol follow each other, without gap or overlap."""
    times = [bar.open_time for bar in bars]
    assert times == list(range(times[0], times[0] + 60_000 * len(times), 60_000))
