"""Keys for programs, and the record of what people and programs asked for; for owners."""

from typing import Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from core.errors import ConfigError
from store.access import ApiKey, Role
from store.audit import AuditRow
from telegram_webapp import query
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import Kept, Refusal, described
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.site import Site

MAX_ROWS = 500
USUAL_ROWS = 100
MAX_ID = 2**53


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that is wanted."""

    name: str
    role: Role


class Keys(TypedDict):
    """Every key there ever was, without its secret."""

    keys: list[ApiKey]


class MadeKey(TypedDict):
    """A new key; the secret is shown this once."""

    name: str
    role: Role
    secret: str


class Audit(TypedDict):
    """What was asked for, newest first."""

    audit: list[AuditRow]
    next_cursor: str | None


NAME: Final = query.part("name", "the name of a key", "desk")
CURSOR: Final = query.whole("cursor", "the next_cursor of the page before", 1, MAX_ID)
LIMIT: Final = query.whole_or("limit", "how many at most", 1, MAX_ROWS, USUAL_ROWS)
BAD_NAME: Final = Refusal(409, "bad_key_name", "the name is taken, or none that a key may have")
NO_KEY: Final = Refusal(404, "unknown_key", "there is no living key of that name")


def key_routes(site: Site) -> Blueprint:
    """Serve keys and the audit."""
    blueprint = Blueprint("keys", __name__)
    store, clock = site.doorman.store, site.clock

    @blueprint.get("/api/keys")
    @requires(Role.OWNER)
    @described(answers=Keys, kept=Kept.NEVER)
    def keys() -> Response:
        """Return every key there ever was, without its secret."""
        return reply({"keys": [_key(key) for key in in_thread(store.list_keys)]})

    @blueprint.post("/api/keys")
    @requires(Role.OWNER)
    @described(body=NewKey, answers=MadeKey, problems=(BAD_NAME,))
    def create() -> Response:
        """Make a key and return its secret, this once.

        Raises:
            Problem: the name is taken, or none that a key may have.
        """
        wanted = read_body(NewKey)
        by = current_identity()
        try:
            secret = in_thread(store.create_key, wanted.name, wanted.role, clock.now(), by)
        except ConfigError as error:
            raise Problem(409, "bad_key_name", str(error)) from error
        return reply({"name": wanted.name, "role": wanted.role, "secret": secret})

    @blueprint.delete("/api/keys/<path:name>")
    @requires(Role.OWNER)
    @described(takes=(NAME,), status=204, problems=(NO_KEY,))
    def revoke(name: str) -> Response:
        """Make a key useless at once.

        Raises:
            Problem: there is no living key of that name.
        """
        asked = query.of_path(NAME, name)
        if not in_thread(store.revoke_key, asked, clock.now(), current_identity()):
            raise Problem(404, "unknown_key", f"there is no living key {asked[:80]!r}")
        return Response(status=204)

    @blueprint.get("/api/audit")
    @requires(Role.OWNER)
    @described(takes=(CURSOR, LIMIT), answers=Audit, kept=Kept.NEVER)
    def audit() -> Response:
        """Return what was asked for and what came of it, newest first."""
        limit = LIMIT.read()
        before = CURSOR.read()
        rows = in_thread(store.audit.newest, limit, before)
        cursor = str(rows[-1].id) if len(rows) == limit else None
        return reply({"audit": rows, "next_cursor": cursor})

    return blueprint


def _key(key: ApiKey) -> dict[str, Any]:
    return msgspec.structs.asdict(key)
