"""What charts draw: equity and candles, thinned by the database; equity also as a file."""

from functools import partial
from typing import Final, TypedDict

from flask import Blueprint, Response

from core.ledger import Entry
from core.market import HOUR_MS, MINUTE_MS
from store import history, series
from store.access import Role
from store.database import Database
from store.history import Wanted
from store.writer import EquityPoint
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import ENGINE_AWAY, OF_HISTORY, UNKNOWN_SYMBOL, described
from telegram_webapp.listing import FORMAT, Listing
from telegram_webapp.looking import MAX_HOURS, now_of, symbol_of
from telegram_webapp.problems import BadParameter
from telegram_webapp.replies import number, reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

MAX_CANDLES: Final = 2000
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


class EquityPoints(TypedDict):
    """When (ms) and how much, oldest first."""

    points: list[tuple[int, float]]


class ChartFill(TypedDict):
    """A fill of ours."""

    at: At
    side: str | None
    price: float
    qty: float
    role: str | None
    position_id: str


class Candles(TypedDict):
    """Candles as time (ms), open, high, low, close, volume; and our fills in that time."""

    symbol: str
    interval_ms: int
    candles: list[tuple[int, float, float, float, float, float]]
    fills: list[ChartFill]


SYMBOL: Final = query.part("symbol", "BTC/USDT, BTCUSDT or, of one only, BTC", "BTCUSDT")
BACK: Final = query.whole("hours", "how far back, from the engine's now", 1, MAX_HOURS, 24)
HOURS: Final = query.whole_or("hours", "how far back from its end", 1, MAX_HOURS, 24)
INTERVAL: Final = query.choice("interval", "how long a candle is", INTERVALS, "5m")


def chart_routes(site: Site) -> Blueprint:
    """Serve the past of the account and of a symbol; hours count back from the engine's now."""
    blueprint = Blueprint("charts", __name__)

    @blueprint.get("/api/equity")
    @requires(Role.VIEWER)
    @described(
        takes=(BACK, query.STRATEGY, query.ACCOUNT, FORMAT),
        answers=EquityPoints,
        problems=(*OF_HISTORY, ENGINE_AWAY),
    )
    def equity() -> Response:
        """Return at most 600 points of equity, of the last hours or of the whole time.

        Of the account, or of a strategy's sub-account; as a file every point there is.
        """
        hours = BACK.read()
        since = None if hours is None else now_of(site) - hours * HOUR_MS
        wanted = Wanted(strategy=query.STRATEGY.read(), since=since)
        if FORMAT.read() != "json":
            return EQUITY.reply(site.archive, wanted)
        read = partial(series.equity, since=since, strategy=wanted.strategy or "")
        points = site.archive.ask(read, query.ACCOUNT.read())
        return reply({"points": [[point.at, number(point.equity)] for point in points]})

    @blueprint.get("/api/data/<path:symbol>")
    @requires(Role.VIEWER)
    @described(
        takes=(SYMBOL, HOURS, INTERVAL, query.UNTIL, query.ACCOUNT),
        answers=Candles,
        problems=(*OF_HISTORY, ENGINE_AWAY, UNKNOWN_SYMBOL),
    )
    def data(symbol: str) -> Response:
        """Return candles of a symbol, and our fills in that time.

        Raises:
            BadParameter: more is asked for than a chart can show.
        """
        known = symbol_of(site, symbol)
        interval_ms = INTERVALS[INTERVAL.read()]
        hours = HOURS.read()
        if hours * HOUR_MS // interval_ms > MAX_CANDLES:
            raise BadParameter("hours", f"at most {MAX_CANDLES} candles of that interval", hours)
        until = query.UNTIL.read()
        until = now_of(site) + 1 if until is None else until
        span = (max(0, until - hours * HOUR_MS), until)
        read = partial(_market, symbol=known, span=span, every=interval_ms)
        return reply(site.archive.ask(read, query.ACCOUNT.read()))

    return blueprint


def _market(
    database: Database, account_id: int, *, symbol: str, span: tuple[int, int], every: int
) -> Candles:
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


def _fill(entry: Entry) -> ChartFill:
    return {
        "at": entry.at,
        "side": entry.side,
        "price": number(entry.price),
        "qty": number(entry.qty),
        "role": entry.role,
        "position_id": entry.position_id,
    }
