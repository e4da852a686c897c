"""Keys for programs, and the record of what people and programs asked for; for owners."""

from typing import Any

import msgspec
from flask import Blueprint, Response

from core.errors import ConfigError
from store.access import ApiKey, Role
from telegram_webapp import parameters
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
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


def key_routes(site: Site) -> Blueprint:
    """Serve keys and the audit."""
    blueprint = Blueprint("keys", __name__)
    store, clock = site.doorman.store, site.clock

    @blueprint.get("/api/keys")
    @requires(Role.OWNER)
    def keys() -> Response:
        """Return every key there ever was, without its secret."""
        parameters.only()
        return reply({"keys": [_key(key) for key in in_thread(store.list_keys)]})

    @blueprint.post("/api/keys")
    @requires(Role.OWNER)
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
    def revoke(name: str) -> Response:
        """Make a key useless at once.

        Raises:
            Problem: there is no living key of that name.
        """
        asked = parameters.given("name", name)
        if not in_thread(store.revoke_key, asked, clock.now(), current_identity()):
            raise Problem(404, "unknown_key", f"there is no living key {asked[:80]!r}")
        return Response(status=204)

    @blueprint.get("/api/audit")
    @requires(Role.OWNER)
    def audit() -> Response:
        """Return what was asked for and what came of it, newest first."""
        parameters.only("limit", "cursor")
        limit = parameters.whole("limit", 1, MAX_ROWS, USUAL_ROWS) or USUAL_ROWS
        before = parameters.whole("cursor", 1, MAX_ID)
        rows = in_thread(store.audit.newest, limit, before)
        cursor = str(rows[-1].id) if len(rows) == limit else None
        return reply({"audit": rows, "next_cursor": cursor})

    return blueprint


def _key(key: ApiKey) -> dict[str, Any]:
    return msgspec.structs.asdict(key)
