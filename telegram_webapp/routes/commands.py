"""Wishes: asked here, decided by the engine, recorded whatever comes of them."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response

from core.errors import BusError
from infra.bus.base import CommandFailure, CommandRequest
from store.access import Role
from store.audit import DONE, AuditRow
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.site import Site

Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z_]{1,64}\Z")]
Token = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,64}\Z")]
Argument = Annotated[str, msgspec.Meta(max_length=200)] | int | float
Arguments = Annotated[dict[Word, Argument], msgspec.Meta(max_length=10)]


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is posted: a ``command`` with its ``args``, or the intent to ``confirm``."""

    idempotency_key: Token
    command: Word | None = None
    args: Arguments = {}
    confirm: Token | None = None


def command_routes(site: Site) -> Blueprint:
    """Serve the one door for wishes."""
    blueprint = Blueprint("commands", __name__)

    @blueprint.post("/api/commands")
    @requires(Role.TRADER)
    def commands() -> Response:
        """Return what a command would do, or do what was confirmed.

        Raises:
            Problem: it is neither, or both.
        """
        wish = read_body(Wish)
        if (wish.command is None) == (wish.confirm is None):
            detail = "the body must have either command, with its args, or confirm"
            raise Problem(400, "bad_body", detail)
        if wish.command is not None:
            args: dict[str, Any] = {"command": wish.command, "args": wish.args}
            return reply({"intent": _grant(site, wish, "prepare", args)})
        return reply({"result": _grant(site, wish, "confirm", {"intent_id": wish.confirm})})

    return blueprint


def _grant(site: Site, wish: Wish, name: str, args: dict[str, Any]) -> dict[str, Any]:
    """Return the engine's result; the audit knows of the wish before the engine does.

    Raises:
        BusError: the engine is away, or did not answer.
        Problem: the engine refused.
        StoreError: the audit cannot be written, so the wish was not passed on.
    """
    identity, audit = current_identity(), site.doorman.store.audit
    request = CommandRequest(wish.idempotency_key, name, args, identity.subject, identity.role)
    detail = {**args, "idempotency_key": wish.idempotency_key}
    row = AuditRow(
        at=site.clock.now(), actor=identity.subject, role=identity.role, action=name, detail=detail
    )
    number = in_thread(audit.record, row)
    try:
        answer = site.link.command(request)
    except BusError:
        in_thread(audit.finish, number, "no_answer", detail)
        raise
    failure, result = answer.error, answer.result or {}
    if "intent_id" in result:
        detail["intent_id"] = result["intent_id"]
    in_thread(audit.finish, number, failure.code if failure else DONE, detail)
    if failure is not None:
        raise Problem(_status(failure), failure.code, failure.text)
    return result


def _status(failure: CommandFailure) -> int:
    is_refusal = HTTPStatus.BAD_REQUEST <= failure.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return failure.status if is_refusal else HTTPStatus.SERVICE_UNAVAILABLE
