"""Our orders as the exchange has them: a ticket is the intent, its legs are what was sent for it.

A ticket has one leg at first. A stop or target that is moved gets a second one, which rests before
the first is taken back, both reduce-only; what was certainly never taken may get another. Only
one leg of an intent that opens a position can be alive at a time.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.ledger import ZERO
from core.orders import Order, OrderStatus, OrderType
from exchange.real.client_ids import client_id

CONDITIONAL: Final = frozenset({OrderType.STOP, OrderType.TAKE_PROFIT})
REMEMBERED: Final = 500
KEPT_LEGS: Final = 4


class LegState(enum.StrEnum):
    """How far a leg has come."""

    NEW = "new"  # reported, not stored yet
    READY = "ready"  # stored, to be sent
    SENT = "sent"  # on its way
    UNKNOWN = "unknown"  # it may have been taken
    LIVE = "live"  # the exchange has it
    GONE = "gone"  # nothing more can happen to it


@dataclass(slots=True)
class Leg:
    """One order at the exchange, or on its way there.

    ``order`` is what it is sent as. ``executed`` is what the exchange says it traded, ``child_id``
    the order that a conditional one became, ``sent_at`` the last moment at which it may have left
    us, ``next_at`` the moment before which nothing is asked about it; all times are ours, ms.
    """

    order: Order
    number: int
    client_id: str
    state: LegState = LegState.NEW
    exchange_id: str = ""
    child_id: str = ""
    executed: Decimal = ZERO
    made_at: int = 0
    sent_at: int = 0
    live_at: int = 0
    next_at: int = 0
    tries: int = 0
    missed: int = 0
    busy: bool = False
    ask: bool = False
    triggered_at: int = 0
    ended: OrderStatus | None = None
    reason: str = ""

    @property
    def is_conditional(self) -> bool:
        """Return whether it waits for a trigger, outside of the book."""
        return self.order.type in CONDITIONAL

    @property
    def may_live(self) -> bool:
        """Return whether the exchange may have it, now or soon."""
        return self.state in {LegState.SENT, LegState.UNKNOWN, LegState.LIVE}

    def end(self, status: OrderStatus, reason: str = "") -> None:
        """Take note that nothing more can happen to it."""
        self.state, self.ended, self.reason = LegState.GONE, status, reason
        self.next_at = self.tries = 0
        self.ask = False


@dataclass(slots=True)
class Ticket:
    """One intent of ours. ``aim`` is the price it went for; ``cancel`` why it is taken back.

    ``dropped`` is what legs that are not kept any more have traded, ``made`` how many there were.
    ``done`` says that its end was reported; legs that are left are only taken back.
    """

    order: Order
    aim: Decimal = ZERO
    legs: list[Leg] = field(default_factory=list)
    made: int = 0
    dropped: Decimal = ZERO
    refusals: int = 0
    cancel: str | None = None
    done: bool = False

    @property
    def executed(self) -> Decimal:
        """Return what the exchange says was traded for it."""
        return sum((leg.executed for leg in self.legs), self.dropped)

    @property
    def missing(self) -> Decimal:
        """Return what was traded and is not reported, for nobody told how."""
        return self.executed - self.order.filled_qty

    @property
    def newest(self) -> Leg | None:
        """Return the leg that was made last, if it is kept."""
        return self.legs[-1] if self.legs else None

    @property
    def is_over(self) -> bool:
        """Return whether nothing more can happen to it."""
        return all(leg.state is LegState.GONE for leg in self.legs)

    @property
    def is_in_doubt(self) -> bool:
        """Return whether the exchange knows more of it than we do."""
        unsure = any(leg.state in {LegState.SENT, LegState.UNKNOWN} for leg in self.legs)
        return unsure or self.missing > 0

    def make_leg(self, tag: str, now: int, wait_ms: int = 0) -> Leg:
        """Add a leg that is sent as the order now is, in *wait_ms* at the soonest."""
        number, self.made = self.made, self.made + 1
        name = client_id(tag, self.order.id, number)
        leg = Leg(self.order, number, name, next_at=now + wait_ms, made_at=now)
        self.legs.append(leg)
        return leg

    def prune(self) -> None:
        """Forget legs that were never taken, but for the last few."""
        vain = [leg for leg in self.legs if leg.ended is OrderStatus.REJECTED and not leg.executed]
        for leg in vain[:-KEPT_LEGS]:
            self.legs.remove(leg)

    def is_obsolete(self, leg: Leg) -> bool:
        """Return whether a newer leg has taken the place of *leg*."""
        newer = [other for other in self.legs if other.number > leg.number]
        if leg.is_conditional:
            return any(other.state is LegState.LIVE for other in newer)
        return bool(newer)

    def must_wait(self, leg: Leg) -> bool:
        """Return whether *leg* may be sent only when an older one is gone: both could trade."""
        if leg.order.reduce_only:
            return False
        return any(other.may_live and other.number < leg.number for other in self.legs)


class Tickets:
    """All tickets that something can still happen to, and the last ones that are over."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self._open: dict[str, Ticket] = {}
        self._over: dict[str, Ticket] = {}

    def add(self, ticket: Ticket) -> None:
        """Keep a ticket."""
        self._open[ticket.order.id] = ticket

    def get(self, order_id: str) -> Ticket | None:
        """Return the ticket of our order, also of one that is over."""
        return self._open.get(order_id) or self._over.get(order_id)

    def forget(self, ticket: Ticket) -> None:
        """Set a ticket aside that is over."""
        if self._open.pop(ticket.order.id, None) is not None:
            self._over[ticket.order.id] = ticket
            while len(self._over) > REMEMBERED:
                del self._over[next(iter(self._over))]

    def __iter__(self) -> Iterator[Ticket]:
        return iter(list(self._open.values()))

    def open(self) -> list[Ticket]:
        """Return those whose end was not reported, oldest first."""
        return [ticket for ticket in self._open.values() if not ticket.done]

    def of_position(self, position_id: str) -> list[Ticket]:
        """Return those of a position that something can still happen to."""
        return [t for t in self._open.values() if t.order.position_id == position_id]

    def in_symbol(self, symbol: str) -> list[Ticket]:
        """Return those in *symbol* that something can still happen to."""
        return [t for t in self._open.values() if t.order.symbol == symbol]

    def find(
        self, client_id: str, exchange_id: str, symbol: str, *, conditional: bool | None = None
    ) -> tuple[Ticket, Leg] | None:
        """Return the leg that the exchange speaks of, by either id, also of one that is over.

        *conditional* says whether *exchange_id* is that of a conditional order (numbers of the
        two kinds are counted apart); None for an order of the book, which one may have become.
        """
        for ticket in (*self._open.values(), *self._over.values()):
            if ticket.order.symbol != symbol:
                continue
            for leg in ticket.legs:
                if client_id and leg.client_id == client_id:
                    return ticket, leg
                if exchange_id and _is_of(leg, exchange_id, conditional=bool(conditional)):
                    return ticket, leg
        return None

    def save(self) -> dict[str, Any]:
        """Return what is not in the orders themselves, JSON-able, by order id."""
        return {
            ticket.order.id: {
                "made": ticket.made,
                "dropped": str(
                    ticket.executed - sum((leg.executed for leg in _kept(ticket)), ZERO)
                ),
                "refusals": ticket.refusals,
                "cancel": ticket.cancel,
                "aim": str(ticket.aim),
                "done": msgspec.to_builtins(ticket.order) if ticket.done else None,
                "legs": [
                    [leg.number, leg.order.type.value, _text(leg.order)] for leg in _kept(ticket)
                ],
            }
            for ticket in self
        }

    def load(self, order: Order, saved: Mapping[str, Any] | None, now: int) -> Ticket:
        """Take back the ticket of *order*; what became of its legs must be asked."""
        saved = saved or {"made": 1, "legs": [[0, order.type.value, _text(order)]]}
        ticket = Ticket(
            order, aim=Decimal(saved.get("aim", "0")), made=saved["made"],
            dropped=Decimal(saved.get("dropped", "0")), refusals=saved.get("refusals", 0),
            cancel=saved.get("cancel"), done=order.status.is_final,
        )  # fmt: skip
        for number, kind, level in saved["legs"]:
            sent_as = _as_sent(order, OrderType(kind), None if level is None else Decimal(level))
            name = client_id(self.tag, order.id, number)
            leg = Leg(sent_as, number, name, state=LegState.UNKNOWN, sent_at=now)
            ticket.legs.append(leg)
        self.add(ticket)
        return ticket


def left_over(saved: Mapping[str, Any]) -> Iterator[Order]:
    """Yield the orders of saved tickets whose end was reported while legs were left."""
    for ticket in saved.values():
        if ticket["done"] is not None:
            yield msgspec.convert(ticket["done"], Order)


def _kept(ticket: Ticket) -> list[Leg]:
    """Return the legs that must be asked about after a restart."""
    untold = ticket.missing > 0
    return [
        leg
        for leg in ticket.legs
        if leg.state is not LegState.GONE or (untold and leg.executed > 0)
    ]


def _is_of(leg: Leg, exchange_id: str, *, conditional: bool) -> bool:
    if leg.is_conditional and not conditional:
        return leg.child_id == exchange_id
    return leg.exchange_id == exchange_id and leg.is_conditional == conditional


def _text(order: Order) -> str | None:
    level = order.price if order.type is OrderType.LIMIT else order.trigger_price
    return None if level is None else str(level)


def _as_sent(order: Order, kind: OrderType, level: Decimal | None) -> Order:
    field_name = "price" if kind is OrderType.LIMIT else "trigger_price"
    return msgspec.structs.replace(order, type=kind, **{field_name: level})
