"""What trading came to, of an account or a part of it, and of two strategies side by side."""

from functools import partial
from typing import Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from core.metrics import DEFINITIONS
from core.performance import RANGES
from store.access import Role
from store.database import Database
from store.figures import Asked, Moment, SideBySide, performance, side_by_side
from telegram_webapp import query
from telegram_webapp.apart import Apart
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import OF_HISTORY, Refusal, described
from telegram_webapp.errands import LongHistory
from telegram_webapp.histories import MOST_TRADES, Histories
from telegram_webapp.problems import BadParameter, Problem
from telegram_webapp.replies import reply
from telegram_webapp.results import Answer, aged
from telegram_webapp.site import Site

SIDES: Final = ("long", "short")
NOBODY: Final = "none"
ONE_ALONE: Final = {
    "state": "awaiting",
    "title": "Awaiting a second strategy",
    "text": "Two are needed: name another in the setting strategies.",
}


class Measure(TypedDict):
    """A figure; without a value it says why there is none."""

    value: float | None
    reason: str
    low: float | None
    high: float | None
    at: int | None
    basis: str


class Definition(TypedDict):
    """What a figure means."""

    label: str
    formula: str
    unit: str
    minimum: str
    source: str


class Performance(TypedDict):
    """Every figure of a range, what each means, and what draws its curves."""

    scope: dict[str, Any]
    counts: dict[str, int]
    measures: dict[str, Measure]
    definitions: dict[str, Definition]


class OneSide(TypedDict):
    """A strategy of the two, with its figures and its equity in percent."""

    id: str
    status: str
    note: str
    color_role: str
    measures: dict[str, Measure]
    equity_pct: list[Any]


class Comparison(TypedDict):
    """Two strategies side by side."""

    scope: dict[str, Any]
    a: OneSide
    b: OneSide
    difference: dict[str, Any] | None
    verdict: dict[str, Any]
    strategies: list[dict[str, Any]]


RANGE: Final = query.choice("range", "of which time", tuple(RANGES), "all")
SIDE: Final = query.one_of("side", "only trades of this side", SIDES)
A: Final = query.text("a", "a strategy", "trend")
B: Final = query.text("b", "another strategy", "theories")
TOO_MANY: Final = Refusal(422, "too_many_trades", "there are too many trades to compare")


def performance_routes(site: Site) -> Blueprint:
    """Serve figures; those of one moment are worked out once, however many ask."""
    blueprint = Blueprint("performance", __name__)
    desk = _Desk(site)

    @blueprint.get("/api/performance")
    @requires(Role.VIEWER)
    @described(
        takes=(RANGE, query.STRATEGY, query.SYMBOL, SIDE, query.ACCOUNT),
        answers=Performance,
        problems=OF_HISTORY,
    )
    def figures() -> Response:
        """Return every figure, curve and split of a range, with what each figure means."""
        asked = Asked(
            span=RANGE.read(),
            strategy=query.STRATEGY.read(),
            symbol=query.SYMBOL.read(),
            side=SIDE.read(),
        )
        return _aged(site, desk.figures(asked, query.ACCOUNT.read()))

    @blueprint.get("/api/performance/definitions")
    @requires(Role.VIEWER)
    @described(answers=dict[str, Definition])
    def definitions() -> Response:
        """Return what each figure means: label, formula, unit, minimum and source."""
        return reply(DEFINITIONS)

    @blueprint.get("/api/ab-test")
    @requires(Role.VIEWER)
    @described(
        takes=(A, B, RANGE, query.ACCOUNT), answers=Comparison, problems=(*OF_HISTORY, TOO_MANY)
    )
    def comparison() -> Response:
        """Return two strategies side by side, the difference a trade, and a verdict.

        Raises:
            BadParameter: a strategy is not known, or both are the same.
        """
        span = RANGE.read()
        return _aged(site, desk.comparison(span, query.ACCOUNT.read()))

    return blueprint


class _Desk:
    """Has figures worked out, here or, where a history is long, by a child."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._histories = Histories()
        self._apart = Apart(site.clock)

    def figures(self, asked: Asked, account_id: int | None) -> Answer:
        compute = partial(self._figures, asked=asked, moment=_moment(self._site, account_id))
        found = self._site.results.made(("figures", asked), compute, account_id)
        if isinstance(found, Answer):
            return found
        return Answer.of(self._apart.figures(found))

    def comparison(self, span: str, account_id: int | None) -> Answer:
        traded = self._site.results.made("traded", self._traded, account_id)
        strategies = _known(self._site, traded, account_id)
        names = _pair([str(strategy["id"]) for strategy in strategies])
        pair = (Asked(span=span, strategy=names[0]), Asked(span=span, strategy=names[1]))
        compute = partial(self._pair, pair=pair, moment=_moment(self._site, account_id))
        found = self._site.results.made(("pair", pair), compute, account_id)
        told = {strategy["id"]: strategy for strategy in strategies}
        parts = {
            "scope": msgspec.Raw(found.scope),
            **{
                role: _side(told.get(name, {"id": name}), role, found.figures[number])
                for number, (role, name) in enumerate(zip(("a", "b"), names, strict=True))
            },
            **self._verdict(names, found),
            "strategies": strategies,
        }
        return Answer.of(msgspec.json.encode(parts))

    def _verdict(self, names: tuple[str, str], found: SideBySide) -> dict[str, Any]:
        if NOBODY in names:
            return {"difference": None, "verdict": ONE_ALONE}
        compared = self._apart.compare(names, found.returns)
        return msgspec.json.decode(compared, type=dict[str, Any])

    def _figures(
        self, database: Database, account_id: int, now: int, *, asked: Asked, moment: Moment
    ) -> Answer | LongHistory:
        trades = self._histories.trades(database, account_id)
        moment = msgspec.structs.replace(moment, now=now)
        if trades is None:
            url = self._site.settings.database
            return LongHistory(database_url=url, account_id=account_id, asked=asked, moment=moment)
        return Answer.of(performance(database, account_id, trades, asked, moment))

    def _pair(
        self,
        database: Database,
        account_id: int,
        now: int,
        *,
        pair: tuple[Asked, Asked],
        moment: Moment,
    ) -> SideBySide:
        """Return two strategies side by side.

        Raises:
            Problem: there are too many trades to hold.
        """
        trades = self._histories.trades(database, account_id)
        if trades is None:
            detail = f"more than {MOST_TRADES:,} trades are too many to compare"
            raise Problem(422, "too_many_trades", detail)
        moment = msgspec.structs.replace(moment, now=now)
        return side_by_side(database, account_id, trades, pair, moment)

    def _traded(self, database: Database, account_id: int, _: int) -> tuple[str, ...]:
        trades = self._histories.trades(database, account_id) or ()
        return tuple(dict.fromkeys(trade.strategy for trade in trades))


def _moment(site: Site, account_id: int | None) -> Moment:
    """Return what the engine knows beside the history of its account; the time comes later."""
    data = site.link.snapshot().data if account_id is None else None
    return Moment(now=0) if data is None else Moment.of(data["state"])


def _known(site: Site, traded: tuple[str, ...], account_id: int | None) -> list[dict[str, Any]]:
    """Return the strategies there are, those that trade first, with their status."""
    data = site.link.snapshot().data if account_id is None else None
    members = [] if data is None else list(data["state"]["strategies"].values())
    told = [{name: member[name] for name in ("id", "status", "note")} for member in members]
    told.sort(key=lambda member: member["status"] != "trading")
    known = {member["id"] for member in told}
    return told + [
        {"id": name, "status": "retired", "note": "it traded before"}
        for name in traded
        if name not in known
    ]


def _pair(known: list[str]) -> tuple[str, str]:
    """Return which two are to be compared: those that are asked for, else the first ones.

    Raises:
        BadParameter: one is not known, or both are the same.
    """
    asked = {"a": A.read(), "b": B.read()}
    for role, name in asked.items():
        if name is not None and name not in known:
            raise BadParameter(role, f"one of {', '.join(known) or 'none'}", name)
    if asked["a"] is not None and asked["a"] == asked["b"]:
        raise BadParameter("b", "another strategy than a", asked["b"])
    free = iter([name for name in known if name not in asked.values()] + [NOBODY, NOBODY])
    return asked["a"] or next(free), asked["b"] or next(free)


def _side(strategy: dict[str, Any], role: str, figures: bytes) -> dict[str, Any]:
    told = {"status": "off", "note": "", **strategy, "color_role": role}
    return {**told, **msgspec.json.decode(figures, type=dict[str, msgspec.Raw])}


def _aged(site: Site, answer: Answer) -> Response:
    """Answer with figures; those of the engine's account say it while the engine is away."""
    if query.ACCOUNT.read() is not None:
        return reply(answer.body, etag=answer.etag)
    snapshot = site.link.snapshot()
    away = "-away" if snapshot.stale else ""
    return reply(aged(snapshot, answer.body), etag=f"{answer.etag}{away}")
