"""While you were away: what happened since a moment, in three lines."""

from decimal import Decimal
from functools import partial
from typing import Final, TypedDict

from flask import Blueprint, Response

from store.access import Role
from store.digest import Digest, digest
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import OF_HISTORY, described
from telegram_webapp.replies import number, reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

SINCE: Final = query.required(query.SINCE, "given, in milliseconds since 1970 UTC")


class Line(TypedDict):
    """What happened, in words, and what it came to."""

    title: str
    detail: str
    amount: float | None


class Summary(TypedDict):
    """What happened after ``since``."""

    since: At
    lines: list[Line]


def summary_routes(site: Site) -> Blueprint:
    """Serve the digest."""
    blueprint = Blueprint("summary", __name__)

    @blueprint.get("/api/digest")
    @requires(Role.VIEWER)
    @described(takes=(SINCE,), answers=Summary, problems=OF_HISTORY)
    def summary() -> Response:
        """Return what happened after since, on the engine's clock."""
        since = SINCE.read()
        summed = site.archive.ask(partial(digest, since=since))
        return reply({"since": since, "lines": lines(summed)})

    return blueprint


def lines(summed: Digest) -> list[Line]:
    """Return a digest in words: trades, equity, and what did not go as wished."""
    return [_trades(summed), *_equity(summed), _trouble(summed)]


def _trades(summed: Digest) -> Line:
    if not summed.closed_trades:
        return _line("No trade closed", "")
    results = [(summed.wins, "won"), (summed.losses, "lost"), (summed.breakevens, "even")]
    detail = ", ".join(f"{count} {word}" for count, word in results if count)
    return _line(f"{_count(summed.closed_trades, 'trade')} closed", detail, summed.net_pnl)


def _equity(summed: Digest) -> list[Line]:
    if summed.equity_now is None:
        return []
    now = summed.equity_now.equity
    if summed.equity_then is None:
        return [_line("Equity", f"now {_money(now)}")]
    then = summed.equity_then.equity
    return [_line("Equity", f"from {_money(then)} to {_money(now)}", now - then)]


def _trouble(summed: Digest) -> Line:
    counts = [(summed.refused, "order", " refused"), (summed.alerts, "alert", "")]
    told = [_count(count, noun) + rest for count, noun, rest in counts if count]
    if not told:
        return _line("Nothing refused, no alert", "")
    return _line(", ".join(told), "Activity says why")


def _line(title: str, detail: str, amount: Decimal | None = None) -> Line:
    return {"title": title, "detail": detail, "amount": None if amount is None else number(amount)}


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _money(value: Decimal) -> str:
    return f"${value:,.2f}"
