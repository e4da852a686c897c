"""What the dashboard shows now, from memory: neither a database nor the engine is asked."""

from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict

from flask import Blueprint, Response

from core.catalogue import payload_schema
from core.dashboard import EVENT_TYPES
from store.access import Role
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import ENGINE_AWAY, Refusal, described
from telegram_webapp.listing import FORMAT
from telegram_webapp.mirror import Snapshot
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.results import aged
from telegram_webapp.shapes import At
from telegram_webapp.site import Site
from telegram_webapp.spreadsheet import file_response

SCHEMA: Final = Path(__file__).parents[2] / "docs" / "dashboard_state.schema.json"
OF_EVENTS: Final = {"fact_id", "kind"}  # fields that a list does not need
FILTERS: Final = (query.SYMBOL, query.STRATEGY)


class Whole(TypedDict):
    """The state at an event; ``/api/schema`` has the JSON Schema of all of it.

    The last three stand there only while the engine is away.
    """

    schema_version: int
    epoch: str
    seq: int
    at: At
    state: dict[str, Any]
    stale: NotRequired[bool]
    age_ms: NotRequired[int | None]
    away_since: NotRequired[At | None]


POSITIONS: Final = {
    "title": "Positions",
    "type": "object",
    "properties": {
        "at": {"type": "integer"},
        "stale": {"type": "boolean"},
        "positions": {"type": "array", "items": payload_schema("position")},
    },
    "required": ["at", "stale", "positions"],
}
NO_SCHEMA: Final = Refusal(404, "not_found", "the schema is not part of this installation")


def state_routes(site: Site) -> Blueprint:
    """Serve the folded state, whole and in parts."""
    blueprint = Blueprint("state", __name__)

    @blueprint.get("/api/dashboard")
    @requires(Role.VIEWER)
    @described(answers=Whole, problems=(ENGINE_AWAY,))
    def dashboard() -> Response:
        """Return the snapshot; while the engine is away, with how stale it is."""
        snapshot, _ = site.heard()
        packed = None if snapshot.stale else snapshot.packed
        return reply(told(snapshot), etag=snapshot.etag, packed=packed)

    @blueprint.get("/api/positions")
    @requires(Role.VIEWER)
    @described(takes=(*FILTERS, FORMAT), answers=POSITIONS, problems=(ENGINE_AWAY,))
    def positions() -> Response:
        """Return the open positions."""
        return section_reply(site, "positions", "position")

    @blueprint.get("/api/schema")
    @requires(Role.VIEWER)
    @described(answers=dict[str, Any], problems=(NO_SCHEMA,))
    def schema() -> Response:
        """Return the JSON Schema of the snapshot.

        Raises:
            Problem: it is not there.
        """
        try:
            return reply(SCHEMA.read_bytes())
        except OSError as error:
            raise Problem(
                404, "not_found", "the schema is not part of this installation"
            ) from error

    return blueprint


def told(snapshot: Snapshot) -> bytes:
    """Return the JSON of *snapshot*, which must hold a state; with its age if it is stale."""
    return aged(snapshot, snapshot.bytes)


def section_reply(site: Site, section: str, event_type: str) -> Response:
    """Answer with the filtered values of a *section*, shaped as *event_type*, or as a file."""
    snapshot, data = site.heard()
    items = [item for item in data["state"][section].values() if _is_asked_for(item)]
    kind = FORMAT.read()
    if kind != "json":
        columns = [name for name in EVENT_TYPES[event_type]["fields"] if name not in OF_EVENTS]
        rows = ([item[column] for column in columns] for item in items)
        return file_response(kind, section, columns, rows)
    body: dict[str, Any] = {"at": data["at"], "stale": snapshot.stale, section: items}
    return reply(body, etag=snapshot.etag)


def _is_asked_for(item: dict[str, Any]) -> bool:
    return all(one.read() in {None, item[one.name]} for one in FILTERS)
