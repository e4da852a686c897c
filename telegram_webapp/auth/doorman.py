"""Knows who holds which credential, without asking the database at every request."""

import hashlib
import logging
from typing import Final

from core.errors import StoreError
from store.access import AccessStore, Identity
from store.audit import AuditRow
from telegram_webapp.offload import in_thread
from utils.clock import Clock

FRESH_S: Final = 2.0
USE_NOTED_EVERY_S: Final = 60.0

log = logging.getLogger(__name__)


class Doorman:
    """Recognises credentials.

    Promise: a key or session that was revoked, here or by another process, or has expired, is
    turned away after `FRESH_S` at the latest; one query serves everybody meanwhile.
    """

    def __init__(self, store: AccessStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._known: dict[bytes, Identity] = {}
        self._holding: set[str] = set()
        self._came: set[str] = set()
        self._used: set[str] = set()
        self._fresh_until = 0.0
        self._noted_at = clock.monotonic()

    def identify(self, secret: str) -> Identity | None:
        """Return whose *secret* this is, if it holds.

        Raises:
            StoreError: the database refused.
        """
        digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        identity = self._known.get(digest)
        if identity is None or not self.still_valid(identity):
            identity = in_thread(self.store.find, secret, self._clock.now())
            if identity is None:
                return None
            self._known[digest] = identity
            self._holding.add(identity.credential_id)
            self._came.add(identity.credential_id)
        self._used.add(identity.credential_id)
        return identity

    def still_valid(self, identity: Identity) -> bool:
        """Return whether the credential of *identity* still holds.

        Raises:
            StoreError: the database refused.
        """
        if self._clock.monotonic() >= self._fresh_until:
            self._refresh()
        return identity.credential_id in self._holding

    def forget(self, identity: Identity) -> None:
        """Turn away the credential of *identity* from now on: it was revoked just now."""
        self._holding.discard(identity.credential_id)
        self._came.discard(identity.credential_id)

    def record_refusal(self, identity: Identity, action: str) -> None:
        """Tell the audit what *identity* asked for without having the role.

        Raises:
            StoreError: the database refused.
        """
        row = AuditRow(
            at=self._clock.now(),
            actor=identity.subject,
            role=identity.role,
            action=action,
            result="role_needed",
        )
        in_thread(self.store.audit.record, row)

    def _refresh(self) -> None:
        self._fresh_until = self._clock.monotonic() + FRESH_S
        self._came.clear()
        try:
            holding = in_thread(self.store.holding, self._clock.now())
        except Exception:
            self._fresh_until = 0.0
            raise
        self._holding = holding | self._came  # the answer may lack who came meanwhile
        kept = {k: who for k, who in self._known.items() if who.credential_id in self._holding}
        self._known = kept
        if self._clock.monotonic() >= self._noted_at + USE_NOTED_EVERY_S:
            self._note_use()

    def _note_use(self) -> None:
        self._noted_at = self._clock.monotonic()
        used, self._used = self._used, set()
        try:
            in_thread(self.store.note_use, used, self._clock.now())
        except StoreError as error:  # a full disk must not keep out who only reads
            log.warning("When keys were used was not written down: %s", error)
