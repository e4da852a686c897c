"""What people were told of, who has seen to it, and which types of alerts there are."""

import secrets
from functools import partial
from typing import Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from core.alerts import DEFAULT_MODES, LEVELS, TITLES, AlertType, Mode
from store.access import Role
from store.acknowledgements import AlertRow
from store.acknowledgements import alerts as told_alerts
from telegram_webapp import query
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import OF_HISTORY, OF_WISHES, Kept, Refusal, described
from telegram_webapp.listing import FORMAT, Listing
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.shapes import At, page_shape, shown_shape
from telegram_webapp.site import Site
from telegram_webapp.wishing import grant

MAX_ID: Final = 2**53 - 1
COLUMNS: Final = (
    "id", "at", "type", "level", "symbol", "strategy", "title", "detail", "amount", "link",
    "fact_id", "owner", "acknowledged_at", "acknowledged_by",
)  # fmt: skip


class ShownType(TypedDict):
    """A type of alerts, and how it is told unless somebody says otherwise."""

    type: AlertType
    title: str
    level: str
    default_mode: Mode


class Acknowledged(TypedDict):
    """Who has seen to an alert, and when: the first who said so."""

    id: int
    acknowledged_at: At
    acknowledged_by: str


class Types(TypedDict):
    """Every type of alerts, and every mode there is."""

    types: list[ShownType]
    modes: list[Mode]


ALERTS: Final = page_shape("Alerts", "alerts", shown_shape("ToldAlert", AlertRow, COLUMNS))
OPEN: Final = query.choice(
    "open", "yes for the warnings and errors that nobody has acknowledged", ("yes", "no"), "no"
)
ALERT: Final = query.number_part("alert_id", "the id of an alert", 17)
TYPE: Final = query.one_of("type", "only alerts of this type", list(AlertType))


def alert_routes(site: Site) -> Blueprint:
    """Serve alerts and their types."""
    blueprint = Blueprint("alerts", __name__)

    @blueprint.get("/api/alerts")
    @requires(Role.VIEWER)
    @described(takes=(*query.FILTERED, FORMAT, TYPE, OPEN), answers=ALERTS, problems=OF_HISTORY)
    def alerts() -> Response:
        """Return what people were told of, and what the own rules told."""
        kind = TYPE.read()
        wanted = msgspec.structs.replace(query.wanted(), types=(kind,) if kind else ())
        owner = current_identity().owner_id
        mine = partial(told_alerts, owner=owner, only_open=OPEN.read() == "yes")
        return Listing("alerts", mine, COLUMNS).reply(site.archive, wanted)

    @blueprint.post("/api/alerts/<int:alert_id>/acknowledge")
    @requires(Role.TRADER)
    @described(
        takes=(ALERT,), answers=Acknowledged, kept=Kept.NEVER,
        problems=(*OF_WISHES, Refusal(404, "no_alert", "there is no alert of that id")),
    )  # fmt: skip
    def acknowledge(alert_id: int) -> Response:
        """Say that one has seen to an alert; saying it again changes nothing.

        Raises:
            Problem: there is no such alert.
        """
        if alert_id > MAX_ID:
            raise Problem(404, "no_alert", f"there is no alert {alert_id}")
        key = secrets.token_urlsafe(12)
        return reply(grant(site, "acknowledge", {"alert_id": alert_id}, key))

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
