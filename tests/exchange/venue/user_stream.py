"""Listen keys and the events of accounts on the websockets that opened with them."""

import asyncio
from itertools import count
from typing import Any, Final

import msgspec

from tests.exchange.venue.account import Account
from tests.exchange.venue.clock import VenueClock
from tests.exchange.venue.hub import Connection, Hub

KEY_LASTS_MS: Final = 60 * 60_000


class UserStreams:
    """Gives out listen keys, lets them die, and sends events to their owners."""

    def __init__(self, hub: Hub, clock: VenueClock) -> None:
        self.hub = hub
        self.clock = clock
        self.owners: dict[str, Account] = {}
        self._numbers = count(1)

    def grant(self, account: Account) -> str:
        """Return the account's listen key, a new one when it has none; it lasts an hour more."""
        if account.listen_key is None:
            account.listen_key = f"listen-{next(self._numbers):04d}-for-{account.key}"
            self.owners[account.listen_key] = account
        account.listen_key_until = self.clock.now() + KEY_LASTS_MS
        return account.listen_key

    def renew(self, account: Account) -> str | None:
        """Return the listen key, which lasts an hour more, or None when there is none."""
        return None if account.listen_key is None else self.grant(account)

    def revoke(self, account: Account) -> None:
        """Take the account's listen key back."""
        if account.listen_key is not None:
            del self.owners[account.listen_key]
        account.listen_key = None

    def connections(self, account: Account) -> list[Connection]:
        """Return the websockets that listen with the account's valid key."""
        key = account.listen_key
        return [one for one in self.hub.connections if key and one.listen_key == key]

    def tell(self, account: Account, events: list[dict[str, Any]]) -> None:
        """Send *events* to *account*, later when the faults say so."""
        delay_s = self.hub.faults.event_delay_s
        if not delay_s:
            return self._send(self.connections(account), events)
        loop = asyncio.get_running_loop()
        loop.call_later(delay_s, self._send, self.connections(account), events)
        return None

    def expire(self, now: int) -> None:
        """Let keys die whose time has come, or that the faults want dead."""
        faults = self.hub.faults
        orders, faults.keys_to_expire = faults.keys_to_expire, []
        for key, account in list(self.owners.items()):
            over = self.clock.now() >= account.listen_key_until
            if not over and not orders:
                continue
            listening = self.connections(account)
            self.revoke(account)
            if not (orders[0] if orders else faults.quiet_expiry):
                event = {"e": "listenKeyExpired", "E": str(now), "listenKey": key}
                self._send(listening, [event])

    def _send(self, connections: list[Connection], events: list[dict[str, Any]]) -> None:
        for event in events:
            frame = msgspec.json.encode(event)
            for connection in connections:
                self.hub.send(connection, frame, f"user@{event['e']}")
