"""Works an account out of its journal again and says where what is stored beside it differs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, select

from core.errors import LedgerError
from core.ledger import ZERO, Entry, EntryKind, Portfolio
from core.market import MINUTE_MS
from core.orders import Order, OrderStatus
from core.trades import Trade
from store import tables
from store.accounts import Account
from store.database import Database
from store.imported import PREFIX
from store.rows import columns_of, read_as
from store.writer import CHECKPOINT

CHUNK: Final = 5000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one account came to: how much was looked at, and a sentence for each difference."""

    entries: int
    trades: int
    differences: list[str]


@dataclass(slots=True)
class _Money:
    """What the journal says about one position."""

    gross: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    qty: Decimal = ZERO


@dataclass(slots=True)
class _Fold:
    """The journal, added up in every way that something else is stored."""

    portfolio: Portfolio = field(default_factory=Portfolio)
    positions: dict[str, _Money] = field(default_factory=dict)
    filled: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    transfers: list[Decimal] = field(default_factory=list)
    entries: int = 0
    fault: str = ""

    def take(self, entry: Entry) -> None:
        self.entries += 1
        if entry.kind is EntryKind.TRANSFER:
            self.transfers.append(entry.amount)
        elif entry.position_id:
            self._add(entry, self.positions.setdefault(entry.position_id, _Money()))
        if self.fault:
            return
        try:
            self.portfolio.apply(entry)
        except LedgerError as error:
            self.fault = f"the journal contradicts itself: {error}"

    def _add(self, entry: Entry, money: _Money) -> None:
        match entry.kind:
            case EntryKind.FILL:
                money.gross += entry.amount
                money.qty += entry.qty * (entry.side.sign if entry.side else 0)
                self.filled[entry.order_id] += entry.qty
            case EntryKind.FEE:
                money.fees -= entry.amount
            case EntryKind.FUNDING:
                money.funding += entry.amount
            case EntryKind.TRANSFER:
                pass


def reconcile(database: Database, account: Account) -> Verdict:
    """Compare everything stored of *account* with its journal, as of one moment; write nothing.

    An account of imported history has no journal: its trades are held against themselves.

    Raises:
        StoreError: the database refused.
    """
    with database.read() as connection:
        reader = _Reader(connection, account.id)
        if account.market_id.startswith(PREFIX):
            return _imported(reader, account)
        fold = _Fold()
        for entry in reader.journal():
            fold.take(entry)
        held = {position.id for position in fold.portfolio.positions.values()}
        trades = reader.trades()
        found = [
            *([fold.fault] if fold.fault else []),
            *_trades(fold, held, trades),
            *_orders(fold, held, reader.orders()),
            *([] if fold.fault else _curve(fold, reader)),
            *_deposits(fold, account, reader.checkpoint()),
        ]
    return Verdict(fold.entries, len(trades), [f"{_name(account)}: {text}" for text in found])


def _name(account: Account) -> str:
    return f"account {account.id} ({account.market_id})"


def _imported(reader: "_Reader", account: Account) -> Verdict:
    trades = reader.trades()
    found = [f"{_name(account)}: {text}" for t, net in trades.values() for text in _net(t, net)]
    return Verdict(0, len(trades), found)


def _net(trade: Trade, stored: Decimal) -> Iterator[str]:
    if stored != trade.net_pnl:
        yield (
            f"trade {trade.id} has net {_plain(stored)}, "
            f"gross - fees + funding is {_plain(trade.net_pnl)}"
        )


def _trades(
    fold: _Fold, held: set[str], trades: Mapping[str, tuple[Trade, Decimal]]
) -> Iterator[str]:
    """Yield what is wrong between closed positions and trades."""
    for number, money in fold.positions.items():
        if number in trades or number in held:
            continue
        flat = "is closed but has no trade" if money.qty == 0 else "is neither open nor a trade"
        yield f"position {number} {flat}"
    for number, (trade, net) in trades.items():
        money = fold.positions.get(number, _Money())
        if number not in fold.positions:
            yield f"trade {number} has no entry in the journal"
        elif number in held or money.qty != 0:
            yield f"trade {number} is stored, but its position is open by {_plain(money.qty)}"
        for what, stored, told in (
            ("gross", trade.gross_pnl, money.gross),
            ("fees", trade.fees, money.fees),
            ("funding", trade.funding, money.funding),
        ):
            if stored != told:
                told_text, stored_text = _plain(told), _plain(stored)
                yield f"trade {number} has {what} {stored_text}, its journal says {told_text}"
        yield from _net(trade, net)


def _orders(fold: _Fold, held: set[str], orders: Iterator[Order]) -> Iterator[str]:
    """Yield what is wrong between orders, fills and positions."""
    unknown = dict(fold.filled)
    for order in orders:
        filled = unknown.pop(order.id, ZERO)
        if order.filled_qty != filled:
            yield (
                f"order {order.id} is filled {_plain(order.filled_qty)}, "
                f"its fills come to {_plain(filled)}"
            )
        if (order.status is OrderStatus.FILLED) != (order.filled_qty == order.qty):
            yield f"order {order.id} is {order.status}, filled {_plain(order.filled_qty)}"
        rests = order.reduce_only and not order.status.is_final
        if rests and not fold.fault and order.position_id not in held:
            yield f"order {order.id} rests for position {order.position_id}, which is not open"
    for number, filled in unknown.items():
        yield f"order {number or '(none)'} is not stored, its fills come to {_plain(filled)}"


def _curve(fold: _Fold, reader: "_Reader") -> Iterator[str]:
    """Yield where the newest point of a curve is not the cash there was then.

    A point bears the beginning of its minute and is taken at the minute's first step, so it may
    hold what the journal says of that minute. Equity is cash only while nothing is open.
    """
    busy = {position.strategy for position in fold.portfolio.positions.values()}
    for name in ("", *fold.portfolio.cash):
        point = reader.newest_point(name)
        if point is None:
            continue
        later = [entry for entry in reader.since(point.at) if name in {"", entry.strategy}]
        now = fold.portfolio.cash[name] if name else fold.portfolio.balance
        cash = now - sum((entry.amount for entry in later), ZERO)
        within = (entry.amount for entry in later if entry.at < point.at + MINUTE_MS)
        wrong = []
        if point.balance not in accumulate(within, initial=cash):
            wrong.append(("balance", point.balance))
        is_flat = not (later or (name in busy if name else busy))
        if is_flat and point.equity != cash:
            wrong.append(("equity", point.equity))
        for what, stored in wrong:
            whose = f"sub-account {name}" if name else "the account"
            yield f"{whose} had {_plain(cash)}, its newest {what} is {_plain(stored)}"


def _deposits(fold: _Fold, account: Account, saved: Mapping[str, Any]) -> Iterator[str]:
    """Yield where transfers are not what the account and its sub-accounts began with."""
    total, sums = ZERO, set()
    for amount in fold.transfers:
        total += amount
        sums.add(total)
    if account.initial_balance not in sums and (fold.transfers or saved):
        began = _plain(account.initial_balance)
        yield f"the account began with {began}, its transfers come to {_plain(total)}"
    transferred = fold.portfolio.transferred
    tallies = saved.get("tallies", {})
    for name, tally in tallies.items():
        deposits, known = Decimal(tally["initial"]), transferred.get(name, ZERO)
        # one that could not trade until now is given its first transfer before the next commit
        if name and deposits and deposits != known:
            text = f"deposits {_plain(deposits)}, its transfers come to {_plain(known)}"
            yield f"sub-account {name} has {text}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


class _Reader:
    """The rows of one account as one connection sees them."""

    def __init__(self, connection: Connection, account_id: int) -> None:
        self._connection = connection
        self._id = account_id

    def journal(self) -> Iterator[Entry]:
        table = tables.journal
        query = select(*columns_of(Entry, table), table.c.id).where(table.c.account_id == self._id)
        last = 0
        while rows := self._rows(query.where(table.c.id > last).order_by(table.c.id).limit(CHUNK)):
            last = rows[-1].id
            yield from (read_as(Entry, row) for row in rows)

    def since(self, at: int) -> list[Entry]:
        """Return the entries from *at* (ms) on, in the order of the journal."""
        table = tables.journal
        query = select(*columns_of(Entry, table), table.c.id).where(
            table.c.account_id == self._id,
            table.c.kind.in_([kind.value for kind in EntryKind]),  # what their index begins with
            table.c.at >= at,
        )
        rows = sorted(self._rows(query), key=lambda row: int(row.id))
        return [read_as(Entry, row) for row in rows]

    def orders(self) -> Iterator[Order]:
        table = tables.orders
        query = select(*columns_of(Order, table)).where(table.c.account_id == self._id)
        last = ""
        while rows := self._rows(query.where(table.c.id > last).order_by(table.c.id).limit(CHUNK)):
            last = rows[-1].id
            yield from (read_as(Order, row) for row in rows)

    def trades(self) -> dict[str, tuple[Trade, Decimal]]:
        """Return each trade with its stored net result, by its id."""
        table = tables.trades
        query = select(*columns_of(Trade, table), table.c.net_pnl.label("net"))
        rows = self._rows(query.where(table.c.account_id == self._id).order_by(table.c.closed_at))
        return {row.id: (read_as(Trade, row), row.net) for row in rows}

    def newest_point(self, strategy: str) -> Row[Any] | None:
        table = tables.equity
        mine = (table.c.account_id == self._id) & (table.c.strategy == strategy)
        newest = select(func.max(table.c.at)).where(mine).scalar_subquery()
        return self._connection.execute(select(table).where(mine, table.c.at == newest)).first()

    def checkpoint(self) -> Mapping[str, Any]:
        table = tables.checkpoints
        mine = (table.c.account_id == self._id) & (table.c.name == CHECKPOINT)
        return self._connection.execute(select(table.c.value).where(mine)).scalar() or {}

    def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        return list(self._connection.execute(query))
