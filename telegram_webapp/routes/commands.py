"""Wishes: asked here, decided by the engine, recorded whatever comes of them."""

from typing import Annotated, Any, Final, NotRequired, TypedDict

import msgspec
from flask import Blueprint, Response

from store.access import Role
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import OF_WISHES, Refusal, described
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.site import Site
from telegram_webapp.wishing import grant

AT_ONCE: Final = "stop"  # the kill switch: the one command that needs no second step

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


class Granted(TypedDict):
    """Either an intent, which says what would happen and waits for ``confirm``, or the result."""

    intent: NotRequired[dict[str, Any]]
    result: NotRequired[dict[str, Any]]


EXAMPLE: Final = {
    "intent": {"intent_id": "9f2c", "title": "Close p-17", "consequence": "sells 0.25 BTC/USDT"}
}
EXPIRED: Final = Refusal(409, "intent_expired", "what was to be confirmed is too old or was done")


def command_routes(site: Site) -> Blueprint:
    """Serve the one door for wishes."""
    blueprint = Blueprint("commands", __name__)

    @blueprint.post("/api/commands")
    @requires(Role.TRADER)
    @described(body=Wish, answers=Granted, example=EXAMPLE, problems=(*OF_WISHES, EXPIRED))
    def commands() -> Response:
        """Return what a command would do, or do what was confirmed; a stop is done at once.

        Raises:
            Problem: it is neither, or both.
        """
        wish = read_body(Wish)
        if (wish.command is None) == (wish.confirm is None):
            detail = "the body must have either command, with its args, or confirm"
            raise Problem(400, "bad_body", detail)
        key = wish.idempotency_key
        if wish.command == AT_ONCE:
            return reply({"result": grant(site, AT_ONCE, dict(wish.args), key)})
        if wish.command is not None:
            args: dict[str, Any] = {"command": wish.command, "args": wish.args}
            return reply({"intent": grant(site, "prepare", args, key)})
        return reply({"result": grant(site, "confirm", {"intent_id": wish.confirm}, key)})

    return blueprint
