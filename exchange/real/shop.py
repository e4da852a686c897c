"""What all parts of the live broker share: the account, prices, tickets, and what is to be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from core.arithmetic import notional
from core.errors import GateRefused
from core.ledger import ZERO, Portfolio
from core.market import Instrument
from core.orders import Accepted, Closed, Filled, Order, OrderStatus, OrderType, Report, Side
from exchange.paper.holdings import Holdings
from exchange.real.limits import Exposure, Limits
from exchange.real.requests import Note, Said
from exchange.real.tickets import Leg, LegState, Ticket, Tickets

Quote = tuple[Decimal, Decimal]


class LastHeld(msgspec.Struct, frozen=True):
    """A position that was closed: whose, and from when to when (the exchange's time, ms)."""

    strategy: str
    opened_at: int
    closed_at: int


@dataclass(slots=True)  # noqa: PLR0904 - the few questions that all parts have of one account
class Shop:
    """One account's books while it trades for real.

    ``reports`` and ``notes`` wait to be taken, ``fresh`` are legs that were reported and not yet
    stored. ``quotes`` are the newest bid and ask, ``marks`` the newest mark prices. ``foreign`` is
    what the exchange holds beyond our own positions, signed, by symbol. ``unsettled`` are symbols
    whose trades and position must be looked up, ``touched`` when something last happened in one.
    ``outside`` is what the wallet holds beyond our cash, ``stirred`` whether somebody else moved
    it. ``last_held`` is the newest closed position of each symbol. ``halt`` is why the account's
    setup allows no entry, ``fault`` what went wrong in ourselves, ``compared`` whether the exchange
    was asked since the start. ``bnb`` is the newest price of BNB, ``now`` our time (ms) of what is
    under way.
    """

    instruments: Mapping[str, Instrument]
    portfolio: Portfolio
    limits: Limits
    tickets: Tickets
    holdings: Holdings = field(init=False)
    reports: list[Report] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    fresh: list[Leg] = field(default_factory=list)
    stored: list[Leg] = field(default_factory=list)
    quotes: dict[str, Quote] = field(default_factory=dict)
    marks: dict[str, Decimal] = field(default_factory=dict)
    foreign: dict[str, Decimal] = field(default_factory=dict)
    prepared: dict[str, int] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)
    touched: dict[str, int] = field(default_factory=dict)
    outside: Decimal | None = None
    stirred: bool = False
    bnb: Decimal | None = None
    now: int = 0
    halt: str = ""
    fault: str = ""
    compared: bool = False
    last_held: dict[str, LastHeld] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.holdings = Holdings(self.portfolio)

    def price(self, symbol: str, side: Side) -> Decimal | None:
        """Return the price at which *side* would trade now, or None before the first."""
        quote = self.quotes.get(symbol)
        if quote is None:
            return self.marks.get(symbol)
        return quote[1] if side is Side.BUY else quote[0]

    def worth(self, order: Order) -> Decimal | None:
        """Return the price at which an order is reckoned, or None before the first.

        A limit's own when that costs more than the market's.
        """
        price = self.price(order.symbol, order.side)
        if order.type is not OrderType.LIMIT or order.price is None:
            return order.trigger_price or price
        return order.price if price is None else max(price, order.price)

    def exposure(self, but: str = "") -> Exposure:
        """Return what is at stake, without the order of the id *but*.

        An entry counts from the moment it is taken until its end is known.
        """
        held = sum(
            (
                notional(p.qty, self.marks.get(p.symbol, p.entry_price))
                for p in self.portfolio.positions.values()
            ),
            ZERO,
        )
        waiting = ZERO
        for ticket in self.tickets.open():
            order = ticket.order
            if not order.reduce_only and order.id != but:
                price = self.worth(order) or ticket.aim
                waiting += max(order.remaining_qty, ZERO) * price
        for report in self.reports:  # not booked yet
            if isinstance(report, Filled) and not report.fill.reduce_only:
                held += notional(report.fill.qty, report.fill.price)
        return Exposure(held=held, waiting=waiting)

    def accept(self, ticket: Ticket, leg: Leg | None) -> None:
        """Report an order as it now is; *leg* may be sent once that is stored."""
        self.reports.append(Accepted(ticket.order))
        if leg is not None:
            self.fresh.append(leg)

    def close(self, ticket: Ticket, status: OrderStatus, reason: str) -> None:
        """Report that an order ended without (further) trading."""
        if ticket.done:
            return
        ticket.done = True
        ticket.order = msgspec.structs.replace(ticket.order, status=status, reason=reason)
        self.reports.append(Closed(ticket.order))

    def say(self, said: Said) -> None:
        """Tell a person something, once for each ``key``."""
        if said.key:
            if said.key in self._said:
                return
            self._said.add(said.key)
        self.notes.append(said)

    def unsay(self, key: str) -> None:
        """Let *key* be told again, for it was over meanwhile."""
        self._said.discard(key)

    def is_quiet(self, symbol: str, since: int) -> bool:
        """Return whether nothing of ours was on its way in *symbol* from *since* (ms) on."""
        if self.touched.get(symbol, 0) >= since:
            return False
        return not any(
            ticket.is_in_doubt or any(leg.busy or leg.ask for leg in ticket.legs)
            for ticket in self.tickets.in_symbol(symbol)
        )

    def is_settled(self, symbol: str) -> bool:
        """Return whether our books know every execution in *symbol*, as far as we can tell."""
        if symbol in self.unsettled or any(isinstance(r, Filled) for r in self.reports):
            return False
        return not any(ticket.is_in_doubt for ticket in self.tickets.in_symbol(symbol))

    def committed(self) -> bool:
        """Let the legs go that were handed out and are stored; return whether there were any."""
        ready, self.stored = self.stored, []
        for leg in ready:
            if leg.state is LegState.NEW:
                leg.state = LegState.READY
        return bool(ready)

    def drain(self) -> list[Report]:
        """Hand the reports out; their legs go when these are stored."""
        reports, self.reports = self.reports, []
        self.stored += self.fresh
        self.fresh = []
        return reports

    def is_held(self, ticket: Ticket) -> bool:
        """Return whether there is something left for an exit to close."""
        return self.holdings.closable(ticket.order) > ZERO

    def left(self, ticket: Ticket) -> Decimal:
        """Return how much a leg of *ticket* may still trade: an exit at most what is held."""
        left = max(ticket.order.remaining_qty, ZERO)
        if not ticket.order.reduce_only:
            return left
        return min(left, self.holdings.closable(ticket.order))

    def has_leftovers(self, symbol: str, position_id: str) -> bool:
        """Return whether orders of another position in *symbol* are not over and booked."""
        return any(t.order.position_id != position_id for t in self.tickets.in_symbol(symbol))

    def check_alone(self, symbol: str) -> None:
        """Make sure that the account may be entered, and that nobody else is in *symbol*.

        Raises:
            GateRefused: naming what is in the way.
        """
        if self.halt or self.fault:
            why = f"the account is in {self.halt}" if self.halt else f"there was {self.fault}"
            raise GateRefused(why, gate="account_setup" if self.halt else "broker_fault")
        if not self.compared:
            raise GateRefused(
                "the account at the exchange was not compared with ours yet", gate="not_reconciled"
            )
        if self.foreign.get(symbol) or symbol in self.unsettled:
            raise GateRefused(
                f"somebody else holds {symbol} at the exchange, or trades it: close that first",
                gate="foreign_position",
            )
