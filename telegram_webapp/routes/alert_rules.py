"""Alert rules of one's own: kept by the engine, set and removed from here."""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from core.alert_figures import FIGURES
from core.alert_rules import EXAMPLES, LONGEST_TEXT, Known, parse_rule
from core.errors import DataError
from store.access import Role
from store.alert_rules import list_rules
from store.database import Database
from store.records import AlertRule
from telegram_webapp import query
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import OF_HISTORY, OF_WISHES, Refusal, described
from telegram_webapp.replies import reply, shown
from telegram_webapp.shapes import At
from telegram_webapp.site import Site
from telegram_webapp.wishing import grant

MAX_RULES: Final = 50
COLUMNS: Final = (
    "id", "text", "cooldown_s", "created_at", "created_by", "fired_at", "fired_count",
)  # fmt: skip

Token = Annotated[str, msgspec.Meta(pattern=r"\A[!-~]{1,64}\Z")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]


class NewRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that somebody wants."""

    text: Text
    cooldown_s: int | None = None
    idempotency_key: Token | None = None


class ShownRule(TypedDict):
    """A rule; ``problem`` says why it rests, empty when it is looked at."""

    id: str
    text: str
    cooldown_s: int
    created_at: At
    created_by: str
    fired_at: At | None
    fired_count: int
    mine: bool
    problem: str


class Rules(TypedDict):
    """Rules, and how many one may have."""

    rules: list[ShownRule]
    limit: int


class RuleFigure(TypedDict):
    """A figure that a rule can be about, and what it may be compared with."""

    name: str
    label: str
    amount: bool
    share: bool
    count: bool


class RuleWords(TypedDict):
    """What a rule can be about."""

    figures: dict[str, list[RuleFigure]]
    symbols: list[str]
    strategies: list[str]
    operators: list[str]
    examples: list[str]


ALL: Final = query.one_of("all", "yes: everybody's, for an owner", ("yes", "no"))
RULE_ID: Final = query.part("rule_id", "the id of a rule", "rule-3")
BAD_RULE: Final = Refusal(400, "bad_rule", "the text is no rule; detail says why")
NO_RULE: Final = Refusal(404, "no_rule", "there is no rule of that id of yours")


def alert_rule_routes(site: Site) -> Blueprint:
    """Serve the rules of who asks."""
    blueprint = Blueprint("alert_rules", __name__)

    @blueprint.get("/api/alerts/rules")
    @requires(Role.VIEWER)
    @described(takes=(ALL,), answers=Rules, problems=OF_HISTORY)
    def rules() -> Response:
        """Return the own rules or, for an owner with all=yes, everybody's."""
        identity = current_identity()
        everybodys = ALL.read() == "yes"
        everybodys = everybodys and identity.role is Role.OWNER
        query = partial(_rules, owner=None if everybodys else identity.owner_id)
        known = _known(site)
        found = [_shown(rule, known, identity.owner_id) for rule in site.archive.ask(query)]
        return reply({"rules": found, "limit": MAX_RULES})

    @blueprint.get("/api/alerts/rules/figures")
    @requires(Role.VIEWER)
    @described(answers=RuleWords)
    def figures() -> Response:
        """Return what a rule can be about, for whoever helps to write one."""
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
    @described(body=NewRule, answers=dict[str, Any], problems=(*OF_WISHES, BAD_RULE))
    def add() -> Response:
        """Add a rule of who asks."""
        wanted = read_body(NewRule)
        args: dict[str, Any] = {"text": wanted.text}
        if wanted.cooldown_s is not None:
            args["cooldown_s"] = wanted.cooldown_s
        return reply(grant(site, "rule_add", args, wanted.idempotency_key or _new_key()))

    @blueprint.delete("/api/alerts/rules/<rule_id>")
    @requires(Role.VIEWER)
    @described(takes=(RULE_ID,), answers=dict[str, Any], problems=(*OF_WISHES, NO_RULE))
    def remove(rule_id: str) -> Response:
        """Remove a rule of who asks; an owner may remove anybody's."""
        args = {"rule_id": query.of_path(RULE_ID, rule_id)}
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
