"""What the strategies said, what was decided on it, and why nothing was traded."""

from functools import partial
from typing import Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from core.market import DAY_MS, HOUR_MS
from store import history
from store.access import Role
from store.database import Database
from store.decisions import Decisions, count_decisions, last_signal_at
from store.history import Wanted
from store.records import SignalRow
from store.story import find_signal
from store.why import lately, sentences
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import (
    ENGINE_AWAY,
    OF_HISTORY,
    UNKNOWN_SYMBOL,
    Refusal,
    described,
)
from telegram_webapp.listing import FORMAT, Listing
from telegram_webapp.problems import BadParameter, Problem
from telegram_webapp.replies import reply
from telegram_webapp.routes.lists import TRADE, TRADES
from telegram_webapp.shapes import At, shown_shape
from telegram_webapp.site import Site
from telegram_webapp.symbols import known_symbol

SIGNALS: Final = Listing("signals", history.signals, SignalRow.__struct_fields__)
ACTIONS: Final = ("buy", "sell", "hold")
DECISIONS: Final = ("traded", "closed", "refused", "held")
USUAL_HOURS: Final = 2
MAX_HOURS: Final = 10 * 366 * 24
LOOKED_BACK_MS: Final = DAY_MS


SIGNAL: Final = shown_shape("Signal", SignalRow, SIGNALS.columns)


class Gate(TypedDict):
    """What stopped signals, and how often."""

    gate: str
    count: int


class Signals(TypedDict):
    """Signals, newest first, and how many of what kind there were."""

    signals: list[SIGNAL]  # type: ignore[valid-type]
    counts: dict[str, int]
    avg_confidence: float | None
    by_gate: list[Gate]
    since: At | None
    next_cursor: str | None


class SignalStory(TypedDict):
    """A signal, and the trade it led to if that is over."""

    signal: SIGNAL  # type: ignore[valid-type]
    trade: TRADE | None


class Why(TypedDict):
    """Why there is, or is no, trade in a symbol."""

    symbol: str
    at: At
    stale: bool
    answer: str
    decisions: list[SIGNAL]  # type: ignore[valid-type]
    refusals: list[Gate]
    counts: dict[str, int]


HOURS: Final = query.whole("hours", "how far back, two unless a time is given", 1, MAX_HOURS, 2)
ACTION: Final = query.one_of("action", "only signals of this action", ACTIONS)
DECISION: Final = query.one_of("decision", "only those decided like this", DECISIONS)
SIGNAL_ID: Final = query.part("signal_id", "the id of a signal", "s-17")
MEANT: Final = query.required(query.SYMBOL, "given, such as ETH/USDT or ETH")
NO_SIGNAL: Final = Refusal(404, "unknown_signal", "there is none of that id, or not any more")


def signal_routes(site: Site) -> Blueprint:
    """Serve signals with the decisions on them."""
    blueprint = Blueprint("signals", __name__)

    @blueprint.get("/api/signals")
    @requires(Role.VIEWER)
    @described(
        takes=(*query.FILTERED, FORMAT, HOURS, ACTION, DECISION),
        answers=Signals,
        problems=OF_HISTORY,
    )
    def signals() -> Response:
        """Return the signals of the last hours with their counts, or all of them as a file."""
        wanted = _wanted(site)
        if FORMAT.read() != "json":
            return SIGNALS.reply(site.archive, wanted)
        return reply(site.archive.ask(partial(_page, wanted=wanted), query.ACCOUNT.read()))

    @blueprint.get("/api/signals/<path:signal_id>")
    @requires(Role.VIEWER)
    @described(
        takes=(SIGNAL_ID, query.ACCOUNT), answers=SignalStory, problems=(*OF_HISTORY, NO_SIGNAL)
    )
    def signal(signal_id: str) -> Response:
        """Return one signal, with the trade it led to if that is over.

        Raises:
            Problem: there is none of that id, or it is not kept any more.
        """
        asked = query.of_path(SIGNAL_ID, signal_id)
        found = site.archive.ask(partial(find_signal, signal_id=asked), query.ACCOUNT.read())
        if found is None:
            detail = (
                f"there is no signal {asked[:80]!r} in this account, or it is not kept any more"
            )
            raise Problem(404, "unknown_signal", detail)
        row, trade = found
        traded = None if trade is None else TRADES.shown(trade)
        return reply({"signal": SIGNALS.shown(row), "trade": traded})

    @blueprint.get("/api/why")
    @requires(Role.VIEWER)
    @described(takes=(MEANT,), answers=Why, problems=(*OF_HISTORY, ENGINE_AWAY, UNKNOWN_SYMBOL))
    def why() -> Response:
        """Return in words why there is, or is no, trade in a symbol."""
        snapshot, data = site.heard()
        symbol = known_symbol(MEANT.read(), data["state"])
        since = data["at"] - LOOKED_BACK_MS
        newest, decisions = site.archive.ask(partial(lately, symbol=symbol, since=since))
        return reply(
            {
                "symbol": symbol,
                "at": data["at"],
                "stale": snapshot.stale,
                "answer": " ".join(sentences(symbol, newest, data["state"])),
                "decisions": [SIGNALS.shown(row) for row in newest],
                "refusals": _gates(decisions),
                "counts": _counts(decisions),
            }
        )

    return blueprint


def _wanted(site: Site) -> Wanted:
    """Return which signals are asked for: those of the last two hours unless a time is given.

    Raises:
        BadParameter: a parameter is not what it must be.
    """
    wanted = msgspec.structs.replace(
        query.wanted(),
        action=ACTION.read(),
        decision=DECISION.read(),
    )
    hours = HOURS.read()
    if hours is None and (wanted.since, wanted.until) != (None, None):
        return wanted
    if hours is not None and wanted.since is not None:
        raise BadParameter("hours", "left out where since is given", hours)
    since = max(0, _now(site) - (hours or USUAL_HOURS) * HOUR_MS)
    return msgspec.structs.replace(wanted, since=since)


def _now(site: Site) -> int:
    """Return the time that hours count back from: the engine's, or the newest signal's."""
    account_id = query.ACCOUNT.read()
    data = site.link.snapshot().data
    if account_id is None and data is not None:
        return int(data["at"])
    return site.archive.ask(last_signal_at, account_id) or 0


def _page(database: Database, account_id: int, *, wanted: Wanted) -> dict[str, Any]:
    page = history.signals(database, account_id, wanted)
    decisions = count_decisions(database, account_id, wanted)
    average = decisions.avg_confidence
    return {
        "signals": [SIGNALS.shown(row) for row in page.items],
        "counts": _counts(decisions),
        "avg_confidence": None if average is None else round(average, 4),
        "by_gate": _gates(decisions),
        "since": wanted.since,
        "next_cursor": page.next_cursor,
    }


def _counts(decisions: Decisions) -> dict[str, int]:
    found = {**decisions.by_action, **decisions.by_decision}
    return {name: found.get(name, 0) for name in (*ACTIONS, *DECISIONS)}


def _gates(decisions: Decisions) -> list[dict[str, Any]]:
    return [{"gate": gate, "count": count} for gate, count in decisions.by_gate]
