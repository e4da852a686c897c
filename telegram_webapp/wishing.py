"""How the web process asks the engine for something: written down before and after."""

from http import HTTPStatus
from typing import Any

from core.errors import BusError
from infra.bus.base import CommandFailure, CommandRequest
from store.wishes import Wish, WishBook
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.site import Site


def grant(site: Site, name: str, args: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the engine's result of request *name*, asked by who is signed in.

    Args:
        site: knows the engine and the audit.
        name: of the request.
        args: what it needs, plain builtins.
        key: the idempotency key.

    Raises:
        BusError: the engine is away, or did not answer.
        Problem: the engine refused.
        StoreError: the audit cannot be written, so the wish was not passed on.
    """
    identity, book = current_identity(), WishBook(site.doorman.store.audit)
    wish = Wish(identity=identity, name=name, args=args, key=key)
    number = in_thread(book.asked, wish, site.clock.now())
    try:
        answer = site.link.command(
            CommandRequest(key, name, args, identity.subject, identity.role, identity.owner_id)
        )
    except BusError:
        in_thread(book.unanswered, number, wish)
        raise
    failure, result = answer.error, answer.result or {}
    in_thread(book.answered, number, wish, failure.code if failure else "", result)
    if failure is not None:
        raise Problem(_status(failure), failure.code, failure.text)
    return result


def _status(failure: CommandFailure) -> int:
    is_refusal = HTTPStatus.BAD_REQUEST <= failure.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return failure.status if is_refusal else HTTPStatus.SERVICE_UNAVAILABLE
