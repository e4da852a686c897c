"""Where people are signed in, and how to end that."""

from typing import Any

import msgspec
from flask import Blueprint, Response

from store.access import Identity, Role, SessionRow
from telegram_webapp import parameters
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.site import Site


def open_session_routes(site: Site) -> Blueprint:
    """Serve the open sessions."""
    blueprint = Blueprint("sessions", __name__)
    store, clock = site.doorman.store, site.clock

    @blueprint.get("/api/sessions")
    @requires(Role.VIEWER)
    def sessions() -> Response:
        """Return one's own open sessions; an owner sees everybody's."""
        parameters.only()
        identity = current_identity()
        rows = _visible(identity, in_thread(store.list_sessions, clock.now()))
        return reply({"sessions": [_session(row, identity) for row in rows]})

    @blueprint.delete("/api/sessions/<int:session_id>")
    @requires(Role.VIEWER)
    def end(session_id: int) -> Response:
        """End a session of one's own; an owner may end anybody's.

        Raises:
            Problem: it is not open, or somebody else's.
        """
        identity = current_identity()
        rows = _visible(identity, in_thread(store.list_sessions, clock.now()))
        mine = {row.id for row in rows}
        if session_id not in mine or not in_thread(
            store.end_session, session_id, identity, clock.now()
        ):
            raise Problem(404, "unknown_session", f"session {session_id} is not open")
        if identity.credential_id == f"session-{session_id}":
            site.doorman.forget(identity)
        return Response(status=204)

    return blueprint


def _session(row: SessionRow, identity: Identity) -> dict[str, Any]:
    return {**msgspec.structs.asdict(row), "is_current": _is_current(row, identity)}


def _visible(identity: Identity, rows: list[SessionRow]) -> list[SessionRow]:
    if identity.role is Role.OWNER:
        return rows
    if identity.user_id is not None:
        return [row for row in rows if row.user_id == identity.user_id]
    return [row for row in rows if _is_current(row, identity)]


def _is_current(row: SessionRow, identity: Identity) -> bool:
    return identity.credential_id == f"session-{row.id}"
