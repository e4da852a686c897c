"""What people were told of, and which types of alerts there are."""

from functools import partial
from typing import Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from core.alerts import DEFAULT_MODES, LEVELS, TITLES, AlertType, Mode
from store import history
from store.access import Role
from store.outbox import OutboxRow
from telegram_webapp import query
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import OF_HISTORY, described
from telegram_webapp.listing import FORMAT, Listing
from telegram_webapp.replies import reply
from telegram_webapp.shapes import page_shape, shown_shape
from telegram_webapp.site import Site

COLUMNS: Final = (
    "id", "at", "type", "level", "symbol", "strategy", "title", "detail", "amount", "link",
    "fact_id", "owner",
)  # fmt: skip


class ShownType(TypedDict):
    """A type of alerts, and how it is told unless somebody says otherwise."""

    type: AlertType
    title: str
    level: str
    default_mode: Mode


class Types(TypedDict):
    """Every type of alerts, and every mode there is."""

    types: list[ShownType]
    modes: list[Mode]


ALERTS: Final = page_shape("Alerts", "alerts", shown_shape("ToldAlert", OutboxRow, COLUMNS))
TYPE: Final = query.one_of("type", "only alerts of this type", list(AlertType))


def alert_routes(site: Site) -> Blueprint:
    """Serve alerts and their types."""
    blueprint = Blueprint("alerts", __name__)

    @blueprint.get("/api/alerts")
    @requires(Role.VIEWER)
    @described(takes=(*query.FILTERED, FORMAT, TYPE), answers=ALERTS, problems=OF_HISTORY)
    def alerts() -> Response:
        """Return what people were told of, and what the own rules told."""
        kind = TYPE.read()
        wanted = msgspec.structs.replace(query.wanted(), types=(kind,) if kind else ())
        mine = partial(history.alerts, owner=current_identity().owner_id)
        return Listing("alerts", mine, COLUMNS).reply(site.archive, wanted)

    @blueprint.get("/api/alerts/types")
    @requires(Role.VIEWER)
    @described(answers=Types)
    def types() -> Response:
        """Return the types of alerts, and how each is told unless somebody says otherwise."""
        return reply({"types": [_type(kind) for kind in AlertType], "modes": list(Mode)})

    return blueprint


def _type(kind: AlertType) -> dict[str, Any]:
    level, mode = LEVELS[kind].value, DEFAULT_MODES[kind].value
    return {"type": kind.value, "title": TITLES[kind], "level": level, "default_mode": mode}
