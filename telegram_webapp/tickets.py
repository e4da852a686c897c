"""Links that are good once and for a minute, for programs that have none of our credentials."""

import secrets
from typing import Final, NamedTuple

from store.access import Identity
from utils.clock import Clock

LIFE_MS: Final = 60_000
MOST: Final = 1000


class Ticket(NamedTuple):
    """One answer that may be fetched by whoever shows it."""

    identity: Identity
    path: str
    query: str
    expires_at: int


class Tickets:
    """The tickets of this process.

    Promise: one is taken once; who asks for many loses their own oldest first.
    """

    def __init__(self, clock: Clock, most_each: int = 20, most: int = MOST) -> None:
        self._clock = clock
        self._most_each = most_each
        self._most = most
        self._waiting: dict[str, Ticket] = {}

    def give(self, identity: Identity, path: str, query: str) -> str:
        """Return the secret of a new ticket for what *identity* gets at *path* with *query*."""
        self._forget_old()
        own = [key for key, ticket in self._waiting.items() if _same(ticket.identity, identity)]
        for key in own[: len(own) - self._most_each + 1]:
            del self._waiting[key]
        while len(self._waiting) >= self._most:
            del self._waiting[next(iter(self._waiting))]
        secret = secrets.token_urlsafe(32)
        self._waiting[secret] = Ticket(identity, path, query, self._clock.now() + LIFE_MS)
        return secret

    def look(self, secret: str) -> Ticket | None:
        """Return a ticket that stays good."""
        self._forget_old()
        return self._waiting.get(secret)

    def take(self, secret: str) -> Ticket | None:
        """Return a ticket and void it."""
        self._forget_old()
        return self._waiting.pop(secret, None)

    def _forget_old(self) -> None:
        now = self._clock.now()
        for key in [key for key, ticket in self._waiting.items() if ticket.expires_at <= now]:
            del self._waiting[key]


def _same(one: Identity, other: Identity) -> bool:
    return one.credential_id == other.credential_id
