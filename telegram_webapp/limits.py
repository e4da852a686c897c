"""How often one may ask: wrong credentials are slowed, then refused; right ones have a budget."""

import ipaddress
from typing import Final, NamedTuple

import gevent
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from telegram_webapp.problems import Problem
from utils.clock import Clock

WRONG_PER_ADDRESS: Final = RateLimitItemPerMinute(10)
WRONG_PER_SERVER: Final = RateLimitItemPerMinute(100)
REQUESTS: Final = RateLimitItemPerMinute(1200)
CHANGES: Final = RateLimitItemPerMinute(60)
SLOWED_S: Final = 0.3
WRONG_FROM: Final = "wrong credentials from your address"
IPV6_SUBSCRIBER: Final = 64


class Budget(NamedTuple):
    """How often somebody may ask for something, and under which name that is told."""

    name: str
    limit: RateLimitItem
    what: str
    who: str


def of_requests(credential_id: str) -> Budget:
    """Return the budget of a credential for reading."""
    return Budget("requests", REQUESTS, "requests", credential_id)


def of_changes(credential_id: str) -> Budget:
    """Return the budget of a credential for changing something."""
    return Budget("changes", CHANGES, "changes", credential_id)


def of_strangers(address: str) -> Budget:
    """Return the budget of an address for wrong credentials, which is all that a stranger has."""
    return Budget("wrong-credentials", WRONG_PER_ADDRESS, WRONG_FROM, _subscriber(address))


class Limits:
    """Counts by client.

    Promise: wrong credentials never lock out who has a right one, because only wrong ones are
    counted, and after they were found to be wrong. Secrets are too long to be guessed: this
    keeps guessing from costing anything.
    """

    def __init__(self, clock: Clock, slowed_s: float = SLOWED_S) -> None:
        self._clock = clock
        self._slowed_s = slowed_s
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def wrong(self, address: str) -> None:
        """Count a wrong credential from *address*, and hold its answer back for a moment.

        Raises:
            Problem: there were too many; at once, so that waiting costs us nothing.
        """
        client = _subscriber(address)
        self._spend(WRONG_PER_ADDRESS, WRONG_FROM, client)
        self._spend(WRONG_PER_SERVER, "wrong credentials", "everybody")
        gevent.sleep(self._slowed_s)

    def request(self, credential_id: str) -> None:
        """Count a request that reads.

        Raises:
            Problem: there were too many.
        """
        self._spend(REQUESTS, "requests", credential_id)

    def change(self, credential_id: str) -> None:
        """Count a request that changes something.

        Raises:
            Problem: there were too many.
        """
        self._spend(CHANGES, "changes", credential_id)

    def told(self, budget: "Budget") -> tuple[str, str]:
        """Return *budget* and what is left of it, as RateLimit-Policy and RateLimit tell them.

        Source: https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-10.html
        """
        window = self._limiter.get_window_stats(budget.limit, budget.what, budget.who)
        seconds = max(0, int(window.reset_time - self._clock.now() / 1000) + 1)
        limit = budget.limit
        policy = f'"{budget.name}";q={limit.amount};w={limit.get_expiry()}'
        left = min(seconds, limit.get_expiry())
        return policy, f'"{budget.name}";r={max(0, window.remaining)};t={left}'

    def _spend(self, limit: RateLimitItem, what: str, who: str) -> None:
        if self._limiter.hit(limit, what, who):
            return
        reset_at = self._limiter.get_window_stats(limit, what, who).reset_time
        wait_s = max(1, int(reset_at - self._clock.now() / 1000) + 1)
        detail = f"{what} must be at most {limit.amount} a minute: try again in {wait_s} s"
        raise Problem(429, "too_many", detail, {"Retry-After": str(wait_s)})


def _subscriber(address: str) -> str:
    """Return what one client can not easily change: an IPv4 address, or the network of a v6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004
        return address
    return str(ipaddress.ip_network((parsed, IPV6_SUBSCRIBER), strict=False))
