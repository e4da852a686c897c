"""What people were told of, and which types of alerts there are."""

from functools import partial
from typing import Any, Final

import msgspec
from flask import Blueprint, Response

from core.alerts import DEFAULT_MODES, LEVELS, TITLES, AlertType, Mode
from store import history
from store.access import Role
from telegram_webapp import parameters
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.listing import FILTERED, Listing
from telegram_webapp.replies import reply
from telegram_webapp.site import Site

COLUMNS: Final = (
    "id", "at", "type", "level", "symbol", "strategy", "title", "detail", "amount", "link",
    "fact_id", "owner",
)  # fmt: skip


def alert_routes(site: Site) -> Blueprint:
    """Serve alerts and their types."""
    blueprint = Blueprint("alerts", __name__)

    @blueprint.get("/api/alerts")
    @requires(Role.VIEWER)
    def alerts() -> Response:
        """Return what people were told of, and what the own rules told."""
        parameters.only(*FILTERED, "type")
        kind = parameters.one_of("type", list(AlertType))
        wanted = msgspec.structs.replace(parameters.wanted(), types=(kind,) if kind else ())
        mine = partial(history.alerts, owner=current_identity().owner_id)
        return Listing("alerts", mine, COLUMNS).reply(site.archive, wanted)

    @blueprint.get("/api/alerts/types")
    @requires(Role.VIEWER)
    def types() -> Response:
        """Return the types of alerts, and how each is told unless somebody says otherwise."""
        parameters.only()
        return reply({"types": [_type(kind) for kind in AlertType], "modes": list(Mode)})

    return blueprint


def _type(kind: AlertType) -> dict[str, Any]:
    level, mode = LEVELS[kind].value, DEFAULT_MODES[kind].value
    return {"type": kind.value, "title": TITLES[kind], "level": level, "default_mode": mode}
