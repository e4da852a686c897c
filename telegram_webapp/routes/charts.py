"""What charts draw: equity and candles, thinned by the database; equity also as a file."""

from functools import partial
from typing import Any, Final

from flask import Blueprint, Response

from core.ledger import Entry
from core.market import HOUR_MS, MINUTE_MS
from store import history, series
from store.access import Role
from store.database import Database
from store.history import Wanted
from store.writer import EquityPoint
from telegram_webapp import parameters
from telegram_webapp.auth.needs import requires
from telegram_webapp.listing import FORMATS, Listing
from telegram_webapp.looking import MAX_HOURS, now_of, symbol_of
from telegram_webapp.problems import BadParameter
from telegram_webapp.replies import number, reply
from telegram_webapp.site import Site

MAX_CANDLES: Final = 10_000
MAX_FILLS: Final = 1000
EQUITY: Final = Listing("equity", history.equity, EquityPoint.__struct_fields__)
INTERVALS: Final = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "1d": 24 * HOUR_MS,
}


def chart_routes(site: Site) -> Blueprint:
    """Serve the past of the account and of a symbol; hours count back from the engine's now."""
    blueprint = Blueprint("charts", __name__)

    @blueprint.get("/api/equity")
    @requires(Role.VIEWER)
    def equity() -> Response:
        """Return at most 600 points of equity, of the last hours or of the whole time.

        Of the account, or of a strategy's sub-account; as a file every point there is.
        """
        parameters.only("hours", "strategy", "account", "format")
        hours = parameters.whole("hours", 1, MAX_HOURS)
        since = None if hours is None else now_of(site) - hours * HOUR_MS
        wanted = Wanted(strategy=parameters.text("strategy"), since=since)
        if parameters.choice("format", FORMATS, "json") != "json":
            return EQUITY.reply(site.archive, wanted)
        query = partial(series.equity, since=since, strategy=wanted.strategy or "")
        points = site.archive.ask(query, parameters.account())
        return reply({"points": [[point.at, number(point.equity)] for point in points]})

    @blueprint.get("/api/data/<path:symbol>")
    @requires(Role.VIEWER)
    def data(symbol: str) -> Response:
        """Return candles of a symbol, and our fills in that time.

        Raises:
            BadParameter: more is asked for than a chart can show.
        """
        parameters.only("hours", "interval", "until", "account")
        known = symbol_of(site, symbol)
        interval_ms = INTERVALS[parameters.choice("interval", INTERVALS, "5m")]
        hours = parameters.whole("hours", 1, MAX_HOURS, 24) or 24
        if hours * HOUR_MS // interval_ms > MAX_CANDLES:
            raise BadParameter("hours", f"at most {MAX_CANDLES} candles of that interval", hours)
        until = parameters.time("until")
        until = now_of(site) + 1 if until is None else until
        span = (max(0, until - hours * HOUR_MS), until)
        query = partial(_market, symbol=known, span=span, every=interval_ms)
        return reply(site.archive.ask(query, parameters.account()))

    return blueprint


def _market(
    database: Database, account_id: int, *, symbol: str, span: tuple[int, int], every: int
) -> dict[str, Any]:
    since, until = span
    wanted = Wanted(symbol=symbol, since=since, until=until, limit=MAX_FILLS)
    fills = history.fills(database, account_id, wanted).items
    candles = series.candles(database, account_id, symbol, since, until, every)
    return {
        "symbol": symbol,
        "interval_ms": every,
        "candles": candles,
        "fills": [_fill(entry) for entry in reversed(fills)],
    }


def _fill(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "side": entry.side,
        "price": number(entry.price),
        "qty": number(entry.qty),
        "role": entry.role,
        "position_id": entry.position_id,
    }
