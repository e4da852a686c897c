"""The journal's words and its fold: cash and positions are nothing but the entries applied.

Every sub-account is a strategy's. Average-cost accounting in one-way mode: a symbol has at
most one position a sub-account, and a fill either enlarges or reduces it. A fill that would
turn it over is split by the broker before it gets here.
"""

import enum
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec
from typing_extensions import override

from core.applied import Applied
from core.arithmetic import initial_margin, realized_pnl, truncate8, unrealized_pnl
from core.errors import LedgerError
from core.orders import Fill, FundingCharged, OrderRole, Side

ZERO: Final = Decimal(0)


class EntryKind(enum.StrEnum):
    """What moved."""

    TRANSFER = "transfer"
    FILL = "fill"
    FEE = "fee"
    FUNDING = "funding"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal; ``amount`` is the change of cash in quote.

    (``source``, ``source_id``) is unique: an entry seen before changes nothing. Fill entries
    carry what traded; their amount is the gross realized P&L.
    """

    at: int
    kind: EntryKind
    strategy: str
    amount: Decimal
    source: str
    source_id: str
    symbol: str = ""
    position_id: str = ""
    order_id: str = ""
    side: Side | None = None
    qty: Decimal = ZERO
    price: Decimal = ZERO
    leverage: int = 1
    role: OrderRole | None = None


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """An open holding. ``qty`` is signed (negative when short); ``margin`` is isolated.

    ``entry_cost``/``exit_value`` are sums of price · qty, so that averages stay exact.
    """

    id: str
    strategy: str
    symbol: str
    qty: Decimal
    entry_price: Decimal
    leverage: int
    opened_at: int
    max_qty: Decimal
    entry_qty: Decimal
    entry_cost: Decimal
    exit_qty: Decimal = ZERO
    exit_value: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO

    @property
    def direction(self) -> int:
        """Return +1 when long, -1 when short."""
        return 1 if self.qty > 0 else -1

    @property
    def margin(self) -> Decimal:
        """Return the initial margin of what is open: entry notional ÷ leverage."""
        return initial_margin(self.qty, self.entry_price, self.leverage)

    @property
    def initial_margin(self) -> Decimal:
        """Return the initial margin of everything that was ever entered: ROE's denominator."""
        return self.entry_cost / self.leverage

    def gross_pnl(self, qty: Decimal, price: Decimal) -> Decimal:
        """Return what closing *qty* (positive) at *price* books, cut to 8 decimals."""
        return realized_pnl(qty * self.direction, self.entry_price, price)

    def unrealized_pnl(self, mark_price: Decimal) -> Decimal:
        """Return the gross P&L of what is open at *mark_price*."""
        return unrealized_pnl(self.qty, self.entry_price, mark_price)


def fill_entries(fill: Fill, position: Position | None) -> list[Entry]:
    """Return the journal entries of *fill* against the *position* it meets (None when flat)."""
    traded = Entry(
        at=fill.at, kind=EntryKind.FILL, strategy=fill.strategy,
        amount=_realized(fill, position), source="fill", source_id=fill.id, symbol=fill.symbol,
        position_id=fill.position_id, order_id=fill.order_id, side=fill.side, qty=fill.qty,
        price=fill.price, leverage=fill.leverage, role=fill.role,
    )  # fmt: skip
    fee = Entry(
        at=fill.at, kind=EntryKind.FEE, strategy=fill.strategy, amount=-truncate8(fill.fee),
        source="fee", source_id=fill.id, symbol=fill.symbol, position_id=fill.position_id,
        order_id=fill.order_id,
    )  # fmt: skip
    return [traded, fee]


def funding_entry(charge: FundingCharged) -> Entry:
    """Return the journal entry of a funding settlement."""
    return Entry(
        at=charge.at, kind=EntryKind.FUNDING, strategy=charge.strategy, amount=charge.amount,
        source="funding", source_id=f"{charge.position_id}:{charge.at}", symbol=charge.symbol,
        position_id=charge.position_id, price=charge.mark_price,
    )  # fmt: skip


def _realized(fill: Fill, position: Position | None) -> Decimal:
    if position is None or position.direction == fill.side.sign:
        return ZERO
    return position.gross_pnl(fill.qty, fill.price)


class Portfolio:
    """Cash and positions of every sub-account: the fold of the journal.

    Promise: two portfolios that applied the same entries are equal, and an entry applied twice
    counts once.
    """

    def __init__(self) -> None:
        self.cash: dict[str, Decimal] = {}
        self.positions: dict[tuple[str, str], Position] = {}
        self.transferred: dict[str, Decimal] = {}
        self.fees: Decimal = ZERO
        self.funding: Decimal = ZERO
        self._applied = Applied()

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Portfolio):
            return NotImplemented
        mine = (self.cash, self.positions, self.transferred, self.fees, self.funding)
        others = (other.cash, other.positions, other.transferred, other.fees, other.funding)
        return mine == others

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def replay(cls, entries: Iterable[Entry]) -> "Portfolio":
        """Build the portfolio that *entries*, oldest first, describe."""
        portfolio = cls()
        for entry in entries:
            portfolio.apply(entry)
        return portfolio

    @property
    def deposits(self) -> Decimal:
        """Return what was transferred into all sub-accounts."""
        return sum(self.transferred.values(), ZERO)

    @property
    def balance(self) -> Decimal:
        """Return the cash of all sub-accounts."""
        return sum(self.cash.values(), ZERO)

    def position(self, strategy: str, symbol: str) -> Position | None:
        """Return the open position of a sub-account in *symbol*, if any."""
        return self.positions.get((strategy, symbol))

    def knows(self, source: str, source_id: str) -> bool:
        """Return whether that entry was applied; `core.applied` says how far it remembers."""
        return (source, source_id) in self._applied

    def by_id(self, position_id: str) -> Position | None:
        """Return the open position with that id, if any."""
        return next((p for p in self.positions.values() if p.id == position_id), None)

    def unrealized_pnl(self, marks: Mapping[str, Decimal], strategy: str | None = None) -> Decimal:
        """Return the gross P&L of open positions at *marks*, of all sub-accounts or one.

        A symbol without a mark is valued at its entry price.
        """
        total = ZERO  # a loop, for this runs at every step of the market
        for p in self.positions.values():
            if strategy is None or p.strategy == strategy:
                mark = marks.get(p.symbol, p.entry_price)
                total += unrealized_pnl(p.qty, p.entry_price, mark)
        return total

    def margin_used(self, strategy: str | None = None) -> Decimal:
        """Return the initial margin of open positions, of all sub-accounts or one."""
        held = self.positions.values()
        return sum((p.margin for p in held if strategy in {None, p.strategy}), ZERO)

    def available(self, strategy: str) -> Decimal:
        """Return what a sub-account may still put up as isolated margin."""
        return self.cash.get(strategy, ZERO) - self.margin_used(strategy)

    def apply(self, entry: Entry) -> Position | None:
        """Apply one entry; return the position if this entry closed it.

        Raises:
            LedgerError: the entry contradicts what the journal said so far.
        """
        identity = (entry.source, entry.source_id)
        if identity in self._applied:
            return None
        closed = self._touch(entry)
        self._applied.add(identity, entry.position_id)
        if closed is not None:
            self._applied.close(closed.id)
        self.cash[entry.strategy] = self.cash.get(entry.strategy, ZERO) + entry.amount
        match entry.kind:
            case EntryKind.TRANSFER:
                before = self.transferred.get(entry.strategy, ZERO)
                self.transferred[entry.strategy] = before + entry.amount
            case EntryKind.FEE:
                self.fees -= entry.amount
            case EntryKind.FUNDING:
                self.funding += entry.amount
            case EntryKind.FILL:
                pass
        return closed

    def _touch(self, entry: Entry) -> Position | None:
        """Bring the entry's position up to date; return it if it is now flat and paid for.

        Raises:
            LedgerError: it is not open.
        """
        if entry.kind is EntryKind.TRANSFER:
            return None
        key = (entry.strategy, entry.symbol)
        held = self.positions.get(key)
        if entry.kind is EntryKind.FILL:
            held = _after_fill(held, entry)
        elif held is None or held.id != entry.position_id:
            raise LedgerError(
                f"{entry.kind} {entry.source_id} belongs to position {entry.position_id}, "
                f"which is not open"
            )
        elif entry.kind is EntryKind.FEE:
            held = msgspec.structs.replace(held, fees=held.fees - entry.amount)
        else:
            held = msgspec.structs.replace(held, funding=held.funding + entry.amount)
        # A position stays until the fee of its last fill is booked, so that its trade has it.
        if held.qty == 0 and entry.kind is EntryKind.FEE:
            self.positions.pop(key, None)
            return held
        self.positions[key] = held
        return None


def _after_fill(held: Position | None, entry: Entry) -> Position:
    if entry.side is None or entry.qty <= 0 or entry.price <= 0:
        raise LedgerError(f"fill {entry.source_id} has no side, quantity or price")
    signed = entry.side.sign * entry.qty
    cost = entry.qty * entry.price
    if entry.amount and (held is None or held.direction == entry.side.sign):
        raise LedgerError(
            f"fill {entry.source_id} opens or enlarges position {entry.position_id}, "
            f"so it must book 0, not {entry.amount}"
        )
    if held is None:
        return Position(
            id=entry.position_id, strategy=entry.strategy, symbol=entry.symbol, qty=signed,
            entry_price=entry.price, leverage=entry.leverage, opened_at=entry.at,
            max_qty=entry.qty, entry_qty=entry.qty, entry_cost=cost,
        )  # fmt: skip
    if held.id != entry.position_id:
        raise LedgerError(
            f"fill {entry.source_id} is for position {entry.position_id}, "
            f"but {held.id} is open in {entry.symbol}"
        )
    if held.direction == entry.side.sign:
        entry_qty, entry_cost = held.entry_qty + entry.qty, held.entry_cost + cost
        size = abs(held.qty) + entry.qty
        price = (abs(held.qty) * held.entry_price + cost) / size
        return msgspec.structs.replace(
            held, qty=held.qty + signed, entry_price=price, max_qty=max(held.max_qty, size),
            entry_qty=entry_qty, entry_cost=entry_cost,
        )  # fmt: skip
    if entry.qty > abs(held.qty):
        raise LedgerError(f"fill {entry.source_id} would turn position {held.id} over")
    expected = held.gross_pnl(entry.qty, entry.price)
    if expected != entry.amount:
        raise LedgerError(
            f"fill {entry.source_id} books {entry.amount}, the journal says {expected}"
        )
    return msgspec.structs.replace(
        held, qty=held.qty + signed, realized_pnl=held.realized_pnl + entry.amount,
        exit_qty=held.exit_qty + entry.qty, exit_value=held.exit_value + cost,
    )  # fmt: skip
