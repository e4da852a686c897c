"""The market room beside its charts: anomalies, predictions, funding, depth, correlations."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple, TypedDict

import msgspec
from flask import Blueprint, Response

from core import funding, together
from core.anomalies import Measure, Severity
from core.market import DAY_MS, HOUR_MS
from store import history, market_history
from store.access import Role
from store.database import Database
from store.records import AnomalyRow, PredictionRow
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.connection import ask_engine
from telegram_webapp.described import ENGINE_AWAY, OF_HISTORY, UNKNOWN_SYMBOL, described
from telegram_webapp.listing import FORMAT, Listing
from telegram_webapp.problems import Problem
from telegram_webapp.replies import number, reply
from telegram_webapp.results import Answer
from telegram_webapp.shapes import At, page_shape, shown_shape
from telegram_webapp.site import Site
from telegram_webapp.symbols import known_symbol

ANOMALIES: Final = Listing("anomalies", history.anomalies, AnomalyRow.__struct_fields__)
PREDICTIONS: Final = Listing("predictions", history.predictions, PredictionRow.__struct_fields__)
ANOMALY: Final = shown_shape("Anomaly", AnomalyRow, ANOMALIES.columns)
PREDICTION: Final = shown_shape("Prediction", PredictionRow, PREDICTIONS.columns)
PAID_DAYS: Final = 30
MOST_LEVELS: Final = 200
TOO_FEW: Final = f"Fewer than {together.FEWEST} hours are stored."

MEANT: Final = query.required(query.SYMBOL, "given, such as ETH/USDT or ETH")
MEASURE: Final = query.one_of("measure", "only of this measure", [*Measure])
SEVERITY: Final = query.one_of("severity", "only those as far out", [*Severity])
MODEL: Final = query.text("model", "only of this model", "gru-1")
LEVELS: Final = query.whole_or("levels", "how many on each side", 1, MOST_LEVELS, 10)
HOURS: Final = query.whole_or("hours", "how many hours are compared", 24, 90 * 24, 168)


class FundedPosition(TypedDict):
    """What funding makes of an open position; below zero it pays."""

    id: str
    strategy: str
    side: str
    notional: float
    next_payment: float | None
    paid: float


class FundingNow(TypedDict):
    """The funding rate of a symbol, and what it makes of what is held; below zero one pays.

    ``settled_30d`` is how many bookings ``paid_30d`` is of, those of closed positions included.
    """

    symbol: str
    at: At
    rate: float | None
    next_funding_at: At | None
    interval_h: int
    annualised_pct: float | None
    positions: list[FundedPosition]
    next_payment: float | None
    paid_30d: float
    settled_30d: int


class Depth(TypedDict):
    """The order book of a symbol, best prices first; why there is none in ``reason``."""

    symbol: str
    at: At
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    imbalance_pct: float | None
    spread_bps: float | None
    stale: bool
    reason: str | None


class Volatility(TypedDict):
    """How far a market usually moves: of the last day, week and month, and in a year, in %."""

    symbol: str
    day_pct: float | None
    week_pct: float | None
    month_pct: float | None
    annualised_pct: float | None
    reason: str | None


class Correlations(TypedDict):
    """Pearson correlation of hourly returns of each symbol with each; null where too few.

    ``samples`` is the number of hours compared at most.
    """

    symbols: list[str]
    matrix: list[list[float | None]] | None
    samples: int
    hours: int
    at: At
    volatility: list[Volatility]
    reason: str | None


def market_routes(site: Site) -> Blueprint:
    """Serve what the market room shows beside charts."""
    blueprint = Blueprint("market", __name__)

    @blueprint.get("/api/anomalies")
    @requires(Role.VIEWER)
    @described(
        takes=(query.SYMBOL, MEASURE, SEVERITY, *query.PAGED, FORMAT),
        answers=page_shape("Anomalies", "anomalies", ANOMALY),
        problems=OF_HISTORY,
    )
    def anomalies() -> Response:
        """Return what markets did out of the ordinary, and what was done about it."""
        wanted = query.wanted()
        wanted = msgspec.structs.replace(wanted, measure=MEASURE.read(), severity=SEVERITY.read())
        return ANOMALIES.reply(site.archive, wanted)

    @blueprint.get("/api/predictions")
    @requires(Role.VIEWER)
    @described(
        takes=(*query.FILTERED, MODEL, FORMAT),
        answers=page_shape("Predictions", "predictions", PREDICTION),
        problems=OF_HISTORY,
    )
    def predictions() -> Response:
        """Return what models predicted and what came true, by the time they are due."""
        wanted = msgspec.structs.replace(query.wanted(), model=MODEL.read())
        return PREDICTIONS.reply(site.archive, wanted)

    @blueprint.get("/api/funding")
    @requires(Role.VIEWER)
    @described(
        takes=(MEANT,), answers=FundingNow, problems=(*OF_HISTORY, ENGINE_AWAY, UNKNOWN_SYMBOL)
    )
    def funding_now() -> Response:
        """Return the funding rate of a symbol, and what it costs the positions there."""
        _, data = site.heard()
        symbol = known_symbol(MEANT.read(), data["state"])
        since = data["at"] - PAID_DAYS * DAY_MS
        past = site.archive.ask(partial(_past, symbol=symbol, since=since, until=data["at"] + 1))
        return reply(_funding(symbol, data, past))

    @blueprint.get("/api/depth")
    @requires(Role.VIEWER)
    @described(takes=(MEANT, LEVELS), answers=Depth, problems=(ENGINE_AWAY, UNKNOWN_SYMBOL))
    def depth() -> Response:
        """Return the order book of a symbol as it is now.

        Raises:
            Problem: the engine does not answer.
        """
        symbol = known_symbol(MEANT.read(), site.heard()[1]["state"])
        told = ask_engine(site, "depth", {"symbol": symbol, "levels": LEVELS.read()})
        if "bids" not in told:
            detail = "the engine is away: nobody knows the order book now"
            raise Problem(503, "engine_away", detail, {"Retry-After": "5"})
        return reply(told)

    @blueprint.get("/api/correlations")
    @requires(Role.VIEWER)
    @described(takes=(HOURS,), answers=Correlations, problems=(*OF_HISTORY, ENGINE_AWAY))
    def correlations() -> Response:
        """Return how the markets move together by the hour, and how much each moves."""
        symbols, hours = tuple(sorted(site.heard()[1]["state"]["stats"])), HOURS.read()
        compute = partial(_together, symbols=symbols, hours=hours)
        answer = site.results.made(("correlations", symbols, hours), compute)
        return reply(answer.body, etag=answer.etag)

    return blueprint


class _Past(NamedTuple):
    settled: list[int]
    paid: Decimal
    bookings: int


def _past(database: Database, account_id: int, *, symbol: str, since: int, until: int) -> _Past:
    settled = market_history.funding_between(database, account_id, symbol, since, until)
    paid, bookings = market_history.funding_booked(database, account_id, symbol, since)
    return _Past([one.at for one in settled], paid, bookings)


def _funding(symbol: str, data: Mapping[str, Any], past: _Past) -> dict[str, Any]:
    state = data["state"]
    stats = state["stats"][symbol]
    told_rate = stats.get("funding_rate")
    rate = None if told_rate is None else Decimal(str(told_rate))
    interval_h = funding.interval_hours(past.settled)
    held = [one for one in state["positions"].values() if one["symbol"] == symbol]
    due = [
        None
        if rate is None
        else funding.payment(one["side"], Decimal(str(one.get("notional", 0))), rate)
        for one in held
    ]
    known = [payment for payment in due if payment is not None]
    yearly = None if rate is None else funding.annualised_pct(rate, interval_h)
    return {
        "symbol": symbol,
        "at": data["at"],
        "rate": told_rate,
        "next_funding_at": stats.get("next_funding_at"),
        "interval_h": interval_h,
        "annualised_pct": None if yearly is None else number(yearly),
        "positions": [
            {
                "id": one["id"],
                "strategy": one["strategy"],
                "side": one["side"],
                "notional": one.get("notional", 0.0),
                "next_payment": None if payment is None else number(payment),
                "paid": one.get("funding", 0.0),
            }
            for one, payment in zip(held, due, strict=True)
        ],
        "next_payment": number(sum(known, Decimal(0))) if known else None,
        "paid_30d": number(past.paid),
        "settled_30d": past.bookings,
    }


def _together(
    database: Database, account_id: int, now: int, *, symbols: tuple[str, ...], hours: int
) -> Answer:
    last = now // HOUR_MS  # the hour that runs has no close yet
    numbers = range(last - max(hours, together.MONTH), last)
    returns = []
    for symbol in symbols:
        wanted = range(numbers.start - 1, numbers.stop)
        closes = market_history.hourly_closes(database, account_id, symbol, wanted)
        returns.append(together.hourly_returns(closes, numbers))
    compared = [one[-hours:] for one in returns]
    counts = [sum(value is not None for value in one) for one in compared]
    enough = max(counts, default=0) >= together.FEWEST
    told = {
        "symbols": symbols,
        "matrix": together.matrix(compared) if enough else None,
        "samples": max(counts, default=0),
        "hours": hours,
        "at": last * HOUR_MS,
        "volatility": [
            _volatility(symbol, one) for symbol, one in zip(symbols, returns, strict=True)
        ],
        "reason": None if enough else TOO_FEW,
    }
    return Answer.of(msgspec.json.encode(told))


def _volatility(symbol: str, returns: together.Returns) -> dict[str, Any]:
    month = returns[-together.MONTH :]
    yearly = together.annualised_pct(month)
    return {
        "symbol": symbol,
        "day_pct": together.volatility_pct(month, together.DAY),
        "week_pct": together.volatility_pct(month, together.WEEK),
        "month_pct": together.volatility_pct(month, together.MONTH),
        "annualised_pct": yearly,
        "reason": TOO_FEW if yearly is None else None,
    }
