"""What the live broker asks of an exchange, and what it has to tell people: plain structs."""

import enum
from decimal import Decimal
from typing import Protocol

import msgspec

from core.orders import Order
from exchange.real.updates import AlgoUpdate, OrderUpdate, TradeUpdate


class Ask(enum.StrEnum):
    """What is asked."""

    PLACE = "place"
    CANCEL = "cancel"
    QUERY = "query"
    TRADES = "trades"
    PREPARE = "prepare"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One question or command to the exchange about one leg.

    ``order`` is what is sent, its ``qty`` what is left to trade; the ids are empty where they are
    not known yet. ``asked_at`` is our time (ms) before it is sent.
    """

    ask: Ask
    order: Order
    number: int
    client_id: str
    asked_at: int
    is_conditional: bool
    exchange_id: str = ""
    child_id: str = ""


Found = tuple[OrderUpdate | AlgoUpdate, ...]
Answer = Found | list[TradeUpdate] | None


class Door(Protocol):
    """The way to one exchange: each request is one attempt, without trying again.

    Every method raises ExchangeError; `errors` says what each kind means.
    """

    async def place(self, request: Request) -> Found:
        """Send an order; return how it stands."""
        ...

    async def cancel(self, request: Request) -> Found:
        """Take an order back; return how it stands, or nothing when that is not told."""
        ...

    async def query(self, request: Request) -> Found:
        """Return how an order stands, and the order that it became."""
        ...

    async def trades(self, request: Request) -> list[TradeUpdate]:
        """Return what an order traded."""
        ...

    async def prepare(self, request: Request) -> None:
        """Set the symbol's margin mode and the order's leverage."""
        ...


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person should know; *key* names it, so that it is told once."""

    level: str
    code: str
    title: str
    detail: str = ""
    key: str = ""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was accepted and not sent, by one of our limits."""

    order: Order
    gate: str
    reason: str
    value: Decimal | None = None
    limit: Decimal | None = None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came into the account, or left it, by no order: in quote, negative when it left.

    ``id`` is the exchange's, so that it is booked once; ``strategy`` is whose it is, empty when
    it is for all to share.
    """

    id: str
    amount: Decimal
    at: int
    what: str
    strategy: str = ""


Note = Said | Refused | Moved


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange and our books say differently about ``subject``."""

    subject: str
    ours: str
    theirs: str
    detail: str
