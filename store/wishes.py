"""How a wish of a person or program to the engine is audited, by whichever door it came."""

import logging
from typing import Any

import msgspec

from core.errors import StoreError
from store.access import Identity
from store.audit import DONE, AuditLog, AuditRow

NO_ANSWER = "no_answer"

log = logging.getLogger(__name__)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Something that *identity* wants of the engine.

    Attributes:
        name: of the bus's request, such as ``prepare``.
        args: what it needs, plain builtins.
        key: idempotency key.
    """

    identity: Identity
    name: str
    args: dict[str, Any]
    key: str


class WishBook:
    """Writes wishes down: that they were asked, before the engine knows, and what came of it.

    Promise: nothing is asked that was not written down. What came of it is told to who asked also
    when it cannot be written: it was done, or not, all the same.
    """

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def asked(self, wish: Wish, now: int) -> int:
        """Write down that *wish* was asked; return its number in the audit.

        Raises:
            StoreError: the audit cannot be written, so the wish must not be passed on.
        """
        who = wish.identity
        row = AuditRow(
            at=now, actor=who.subject, role=who.role, action=wish.name, detail=_detail(wish)
        )
        return self._audit.record(row)

    def answered(self, number: int, wish: Wish, refusal: str, result: dict[str, Any]) -> None:
        """Fill in what the engine said; *refusal* is its code, empty when it granted the wish."""
        detail = _detail(wish)
        if "intent_id" in result:
            detail["intent_id"] = result["intent_id"]
        self._finish(number, wish, refusal or DONE, detail)

    def unanswered(self, number: int, wish: Wish) -> None:
        """Fill in that no answer came."""
        self._finish(number, wish, NO_ANSWER, _detail(wish))

    def _finish(self, number: int, wish: Wish, result: str, detail: dict[str, Any]) -> None:
        try:
            self._audit.finish(number, result, detail)
        except StoreError as error:
            who = wish.identity.subject
            log.error(  # noqa: TRY400 - it says it
                "The audit lacks that %s of %s was %s: %s", wish.name, who, result, error
            )


def _detail(wish: Wish) -> dict[str, Any]:
    return {**wish.args, "idempotency_key": wish.key}
