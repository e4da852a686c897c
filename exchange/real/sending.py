"""What is to be asked of the exchange next, and what its answers mean.

Nothing here waits or sends: `due` says what to ask now, `answered` takes what came of it. An
order whose outcome is unknown is looked for by its client id, never sent again; only when the
exchange does not know it long after it could have arrived, it was never taken.
"""

from typing import Final

import msgspec

from core.errors import GateRefused
from core.ledger import ZERO
from core.orders import OrderStatus
from exchange.real.errors import (
    AuthRefused,
    ExchangeError,
    Maintenance,
    RateLimited,
    RegionRefused,
    Rejected,
    Unreachable,
)
from exchange.real.fills import CLOSED
from exchange.real.orders import LONGEST_MS, Orders
from exchange.real.requests import Answer, Ask, Refused, Request, Said
from exchange.real.shop import Shop
from exchange.real.tickets import Leg, LegState, Ticket
from exchange.real.updates import TradeUpdate

RECV_WINDOW_MS: Final = 5_000  # what is older when it arrives, the exchange refuses
SAFE_MS: Final = RECV_WINDOW_MS + 10_000  # and so long it may itself take to know
ENTRY_LIFE_MS: Final = 10_000
STUCK_MS: Final = 5_000
FIRST_MS: Final = 500
PATIENCE: Final = 8

NOT_FOUND: Final = frozenset({-2011, -2013, -20124})
DUPLICATE: Final = frozenset({-4111, -4115, -4116, -20132})
CLOCK: Final = -1021
TOO_LATE: Final = -2021  # "Order would immediately trigger."
NOTHING_TO_REDUCE: Final = -2022
KILLED: Final = "the kill file is there"


class Sending:
    """Decides what is sent, one request at a time about a leg."""

    def __init__(self, shop: Shop, orders: Orders) -> None:
        self._shop = shop
        self._orders = orders

    def due(self, now: int) -> list[Request]:
        """Return what to ask now; each must be answered by `answered`, whatever comes of it."""
        self._shop.now = now
        self._obey_kill_file()
        self._orders.sort_out()
        found = []
        for ticket in self._shop.tickets:
            if ticket.cancel is not None or ticket.done:
                self._orders.drop_unsent(ticket)
            for leg in list(ticket.legs):
                if leg.busy or leg.next_at > now:
                    continue
                request = self._next(ticket, leg)
                if request is not None:
                    leg.busy = True
                    found.append(request)
        return found

    def _obey_kill_file(self) -> None:
        entries = [t for t in self._shop.tickets.open() if not t.order.reduce_only]
        if entries and self._shop.limits.is_killed:
            for ticket in entries:
                ticket.cancel = ticket.cancel or KILLED

    def _next(self, ticket: Ticket, leg: Leg) -> Request | None:
        match leg.state:
            case LegState.READY:
                return self._place(ticket, leg)
            case LegState.UNKNOWN:
                return self._request(Ask.QUERY, ticket, leg)
            case LegState.LIVE:
                return self._look_after(ticket, leg)
            case LegState.GONE if ticket.missing > 0 and leg.executed > 0:
                return self._request(Ask.TRADES, ticket, leg)
            case _:
                return None

    def _look_after(self, ticket: Ticket, leg: Leg) -> Request | None:
        """Return what is to be asked of a leg that the exchange has."""
        unwanted = ticket.cancel is not None or ticket.done or ticket.is_obsolete(leg)
        stuck = 0 < leg.triggered_at <= self._shop.now - STUCK_MS
        if stuck and unwanted and leg.tries % 2:
            return self._request(Ask.CANCEL, ticket, leg)
        if leg.ask or stuck:
            return self._request(Ask.QUERY, ticket, leg)
        if ticket.missing > 0 and leg.executed > 0:
            return self._request(Ask.TRADES, ticket, leg)
        return self._request(Ask.CANCEL, ticket, leg) if unwanted else None

    def _place(self, ticket: Ticket, leg: Leg) -> Request | None:
        order, shop = ticket.order, self._shop
        if ticket.must_wait(leg) or not (self._exit(ticket, leg) and self._entry(ticket, leg)):
            return None
        if not order.reduce_only and shop.prepared.get(order.symbol) != order.leverage:
            return self._request(Ask.PREPARE, ticket, leg)
        leg.state, leg.sent_at = LegState.SENT, shop.now
        shop.touched[order.symbol] = shop.now
        shop.limits.sent(shop.now)
        return self._request(Ask.PLACE, ticket, leg)

    def _exit(self, ticket: Ticket, leg: Leg) -> bool:
        """Return whether an exit may go: there is something to close, and the minute has room."""
        if not ticket.order.reduce_only:
            return True
        if not self._shop.is_held(ticket):
            leg.end(OrderStatus.CANCELLED, CLOSED)
            ticket.cancel = ticket.cancel or CLOSED
            self._orders.settle(ticket)
            return False
        wait = self._shop.limits.wait_ms(self._shop.now)
        leg.next_at = self._shop.now + wait
        return not wait

    def _entry(self, ticket: Ticket, leg: Leg) -> bool:
        """Check an entry's limits again at the last moment; refuse it if it breaks one."""
        if ticket.order.reduce_only:
            return True
        try:
            self._check_entry(ticket, leg)
        except GateRefused as no:
            refused = Refused(
                order=ticket.order, gate=no.gate, reason=str(no), value=no.value, limit=no.limit
            )
            self._shop.notes.append(refused)
            self._orders.refused(ticket, leg, str(no))
            return False
        return True

    def _check_entry(self, ticket: Ticket, leg: Leg) -> None:
        """Let an entry go if it is in time and within the limits.

        Raises:
            GateRefused: it is not.
        """
        order, shop = ticket.order, self._shop
        if shop.now - leg.made_at > ENTRY_LIFE_MS:
            life = ENTRY_LIFE_MS // 1000
            raise GateRefused(f"it could not be sent within {life} s", gate="late")
        shop.check_alone(order.symbol)
        price = shop.worth(order) or ticket.aim
        shop.limits.check_entry(order, price, shop.exposure(order.id), shop.now)

    def _request(self, ask: Ask, ticket: Ticket, leg: Leg) -> Request:
        order = msgspec.structs.replace(leg.order, qty=self._shop.left(ticket), filled_qty=ZERO)
        return Request(
            ask=ask, order=order, number=leg.number, client_id=leg.client_id,
            asked_at=self._shop.now, is_conditional=leg.is_conditional,
            exchange_id=leg.exchange_id, child_id=leg.child_id,
        )  # fmt: skip

    def answered(self, request: Request, answer: Answer | Exception, now: int) -> None:
        """Take what came of a request: an answer, or what was raised instead."""
        self._shop.now = now
        ticket = self._shop.tickets.get(request.order.id)
        leg = _leg_of(ticket, request.number)
        if ticket is None or leg is None:
            return
        leg.busy = False
        if isinstance(answer, Exception):
            self._failed(ticket, leg, request, answer)
        elif request.ask is Ask.PREPARE:
            self._shop.prepared[request.order.symbol] = request.order.leverage
        elif isinstance(answer, list):
            self._traded(ticket, leg, answer)
        else:
            self._found(ticket, leg, request, answer)
        if request.ask is Ask.QUERY:
            self._orders.sort_out()

    def _traded(self, ticket: Ticket, leg: Leg, trades: list[TradeUpdate]) -> None:
        self._orders.traded(ticket, trades)
        if ticket.missing > 0:
            self._later(leg)
            if leg.tries == PATIENCE:
                self._shop.say(
                    Said(
                        level="error", code="fill_missing", key=f"missing:{leg.client_id}",
                        title=f"{ticket.order.symbol}: the exchange does not list an execution",
                        detail=f"{ticket.missing} of order {ticket.order.id} were traded. "
                        f"It is asked again.",
                    )
                )  # fmt: skip

    def _found(self, ticket: Ticket, leg: Leg, request: Request, answer: Answer) -> None:
        if request.ask is Ask.QUERY:
            leg.ask, leg.missed = False, 0
        for update in answer or ():
            if not isinstance(update, TradeUpdate):
                self._orders.told(update)
        if leg.state in {LegState.SENT, LegState.UNKNOWN}:  # the answer told of something else
            leg.state = LegState.UNKNOWN
            self._later(leg)
        elif request.ask is Ask.CANCEL and leg.state is LegState.LIVE:
            leg.ask = True
            self._later(leg)
        elif request.ask is Ask.QUERY and leg.state is LegState.LIVE:
            self._judge_trigger(ticket, leg)

    def _judge_trigger(self, ticket: Ticket, leg: Leg) -> None:
        """Close at market when a triggered stop came to nothing; else ask again, if need be."""
        if not leg.triggered_at:
            return
        self._later(leg)
        late = leg.triggered_at <= self._shop.now - STUCK_MS
        is_alone = leg is ticket.newest and not ticket.done and ticket.cancel is None
        if late and is_alone and not leg.child_id and self._shop.is_held(ticket):
            self._orders.to_market(ticket, "it was triggered and no order came of it")

    def _failed(self, ticket: Ticket, leg: Leg, request: Request, error: Exception) -> None:
        match request.ask:
            case Ask.PLACE:
                self._not_placed(ticket, leg, error)
            case Ask.QUERY:
                self._not_found(ticket, leg, request, error)
            case Ask.PREPARE if isinstance(error, (Rejected, AuthRefused, RegionRefused)):
                self._orders.refused(ticket, leg, str(error))
            case Ask.CANCEL if not isinstance(error, (Unreachable, RateLimited, Maintenance)):
                leg.ask = True
                self._later(leg)
            case _:
                self._later(leg)

    def _not_placed(self, ticket: Ticket, leg: Leg, error: Exception) -> None:
        if leg.state is not LegState.SENT:
            return  # the stream told of it before its answer was lost
        code = error.code if isinstance(error, ExchangeError) else None
        if isinstance(error, (RateLimited, Unreachable, Maintenance)) or (
            isinstance(error, Rejected) and code == CLOCK
        ):
            leg.state = LegState.READY
            self._later(leg)
        elif isinstance(error, (AuthRefused, RegionRefused, Rejected)) and code not in DUPLICATE:
            if code == TOO_LATE:
                leg.triggered_at = self._shop.now
            if code == NOTHING_TO_REDUCE:
                self._shop.unsettled.add(ticket.order.symbol)
            self._orders.refused(ticket, leg, str(error))
        else:
            leg.state, leg.sent_at = LegState.UNKNOWN, self._shop.now
            leg.tries = 0
            self._later(leg)

    def _not_found(self, ticket: Ticket, leg: Leg, request: Request, error: Exception) -> None:
        """Take note that an order could not be found, which by itself means nothing yet."""
        if not isinstance(error, Rejected) or error.code not in NOT_FOUND:
            self._later(leg)
            return
        self._later(leg)
        if leg.state is LegState.UNKNOWN:
            safe_at = leg.sent_at + SAFE_MS
            if request.asked_at >= safe_at:
                self._orders.never_sent(ticket, leg)
            elif self._shop.now < safe_at:
                leg.next_at = min(leg.next_at, safe_at)
        elif leg.state is LegState.LIVE and request.asked_at >= leg.live_at + SAFE_MS:
            leg.missed += 1
            if leg.missed > 1:
                self._orders.vanished(ticket, leg)
            else:
                leg.ask, leg.next_at = True, self._shop.now + SAFE_MS

    def _later(self, leg: Leg) -> None:
        """Ask about *leg* again, later each time."""
        wait = min(LONGEST_MS, FIRST_MS * 2 ** min(leg.tries, 10))
        leg.tries += 1
        leg.next_at = self._shop.now + wait  # a ban is kept by the client's own guard


def _leg_of(ticket: Ticket | None, number: int) -> Leg | None:
    if ticket is None:
        return None
    return next((leg for leg in ticket.legs if leg.number == number), None)
