"""Alert rules of one's own: kept by the engine, set and removed from here."""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from flask import Blueprint, Response

from core.alert_figures import FIGURES
from core.alert_rules import EXAMPLES, LONGEST_TEXT, Known, parse_rule
from core.errors import DataError
from store.access import Role
from store.alert_rules import list_rules
from store.database import Database
from store.records import AlertRule
from telegram_webapp import parameters
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.replies import reply, shown
from telegram_webapp.site import Site
from telegram_webapp.wishing import grant

MAX_RULES: Final = 50
COLUMNS: Final = (
    "id", "text", "cooldown_s", "created_at", "created_by", "fired_at", "fired_count",
)  # fmt: skip

Token = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,64}\Z")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that somebody wants."""

    text: Text
    cooldown_s: int | None = None
    idempotency_key: Token | None = None


def alert_rule_routes(site: Site) -> Blueprint:
    """Serve the rules of who asks."""
    blueprint = Blueprint("alert_rules", __name__)

    @blueprint.get("/api/alerts/rules")
    @requires(Role.VIEWER)
    def rules() -> Response:
        """Return the own rules or, for an owner with all=yes, everybody's."""
        parameters.only("all")
        identity = current_identity()
        everybodys = parameters.one_of("all", ("yes", "no")) == "yes"
        everybodys = everybodys and identity.role is Role.OWNER
        query = partial(_rules, owner=None if everybodys else identity.owner_id)
        known = _known(site)
        found = [_shown(rule, known, identity.owner_id) for rule in site.archive.ask(query)]
        return reply({"rules": found, "limit": MAX_RULES})

    @blueprint.get("/api/alerts/rules/figures")
    @requires(Role.VIEWER)
    def figures() -> Response:
        """Return what a rule can be about, for whoever helps to write one."""
        parameters.only()
        known = _known(site)
        return reply(
            {
                "figures": {scope: _figures(scope) for scope in FIGURES},
                "symbols": known.symbols,
                "strategies": known.strategies,
                "operators": ["<", "<=", ">", ">=", "crosses", "crosses above", "crosses below"],
                "examples": EXAMPLES,
            }
        )

    @blueprint.post("/api/alerts/rules")
    @requires(Role.VIEWER)
    def add() -> Response:
        """Add a rule of who asks."""
        wanted = read_body(Wanted)
        args: dict[str, Any] = {"text": wanted.text}
        if wanted.cooldown_s is not None:
            args["cooldown_s"] = wanted.cooldown_s
        return reply(grant(site, "rule_add", args, wanted.idempotency_key or _new_key()))

    @blueprint.delete("/api/alerts/rules/<rule_id>")
    @requires(Role.VIEWER)
    def remove(rule_id: str) -> Response:
        """Remove a rule of who asks; an owner may remove anybody's."""
        args = {"rule_id": parameters.given("rule_id", rule_id)}
        return reply(grant(site, "rule_remove", args, _new_key()))

    return blueprint


def _rules(database: Database, account_id: int, owner: str | None) -> list[AlertRule]:
    return list_rules(database, owner, account_id)


def _new_key() -> str:
    return secrets.token_urlsafe(12)


def _known(site: Site) -> Known:
    """Return what the engine says it trades, nothing before it said anything."""
    data = site.link.snapshot().data
    state: Mapping[str, Any] = {} if data is None else data["state"]
    return Known(tuple(state.get("stats", ())), tuple(state.get("strategies", ())))


def _shown(rule: AlertRule, known: Known, owner: str) -> dict[str, Any]:
    """Return a rule; ``problem`` says why it rests, empty when it is looked at."""
    try:
        parse_rule(rule.text, known)
    except DataError as error:
        problem = str(error)
    else:
        problem = ""
    return {**shown(rule, COLUMNS), "mine": rule.owner == owner, "problem": problem}


def _figures(scope: Any) -> list[dict[str, Any]]:
    unique = {figure.name: figure for figure in FIGURES[scope].values()}
    return [
        {"name": name, "label": figure.label, "amount": bool(figure.amount),
         "share": bool(figure.share), "count": figure.is_count}
        for name, figure in unique.items()
    ]  # fmt: skip
