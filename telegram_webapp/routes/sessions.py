"""Where people are signed in, and how to end that."""

from typing import Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from store.access import Identity, Role, SessionRow
from telegram_webapp import query
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import Kept, Refusal, described
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.shapes import shown_shape
from telegram_webapp.site import Site

ROW: Final = shown_shape(
    "OpenSession", SessionRow, SessionRow.__struct_fields__, {"is_current": bool}
)


class Sessions(TypedDict):
    """Where somebody is signed in."""

    sessions: list[ROW]  # type: ignore[valid-type]


SESSION_ID: Final = query.number_part("session_id", "the number of a session")
NOT_OPEN: Final = Refusal(404, "unknown_session", "it is not open, or somebody else's")


def open_session_routes(site: Site) -> Blueprint:
    """Serve the open sessions."""
    blueprint = Blueprint("sessions", __name__)
    store, clock = site.doorman.store, site.clock

    @blueprint.get("/api/sessions")
    @requires(Role.VIEWER)
    @described(answers=Sessions, kept=Kept.NEVER)
    def sessions() -> Response:
        """Return one's own open sessions; an owner sees everybody's."""
        identity = current_identity()
        rows = _visible(identity, in_thread(store.list_sessions, clock.now()))
        return reply({"sessions": [_session(row, identity) for row in rows]})

    @blueprint.delete("/api/sessions/<int:session_id>")
    @requires(Role.VIEWER)
    @described(takes=(SESSION_ID,), status=204, problems=(NOT_OPEN,))
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
