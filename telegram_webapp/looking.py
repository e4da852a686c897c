"""Which time and which market a chart is of."""

from typing import Final, NamedTuple

from core.market import HOUR_MS
from store import series
from telegram_webapp import parameters, query
from telegram_webapp.problems import BadParameter
from telegram_webapp.site import Site
from telegram_webapp.symbols import known_symbol

MAX_HOURS: Final = 10 * 366 * 24
HOURS: Final = query.whole("hours", "how far back from its end", 1, MAX_HOURS, 24)


class Span(NamedTuple):
    """A time as it was asked for: its end, or None for now; its beginning, or how far back."""

    since: int | None
    until: int | None
    hours: int

    def at(self, now: int) -> tuple[int, int]:
        """Return from when on and before when, at a *now* (ms)."""
        until = now + 1 if self.until is None else self.until
        since = until - self.hours * HOUR_MS if self.since is None else self.since
        return max(0, min(since, until - 1)), max(1, until)


def asked_span(hours: int) -> Span:
    """Return the time that is asked for with ``since``, ``until`` and ``hours``.

    Args:
        hours: how far back it begins unless that is said.

    Raises:
        BadParameter: it is no time, ends before it begins or is longer than ten years.
    """
    since, until, back = query.SINCE.read(), query.UNTIL.read(), HOURS.read()
    if since is not None and back is not None:
        raise BadParameter("hours", "left out where since is given", back)
    if since is not None and until is not None and not since < until <= since + MAX_HOURS * HOUR_MS:
        raise BadParameter("until", f"after since, by at most {MAX_HOURS} hours", until)
    return Span(since, until, back or hours)


def now_of(site: Site) -> int:
    """Return the time that hours count back from: the engine's, or the end of another account.

    Raises:
        Problem: nothing was ever heard from an engine, or there is no such account.
    """
    account_id = query.ACCOUNT.read()
    if account_id is None:
        return int(site.heard()[1]["at"])
    return site.archive.ask(series.last_moment, account_id) or 0


def symbol_of(site: Site, asked: str) -> str:
    """Return the symbol that is meant; of another account it must be written as it is.

    Raises:
        Problem: it is not traded here.
    """
    if query.ACCOUNT.read() is not None:
        return parameters.given("symbol", asked)
    return known_symbol(asked, site.heard()[1]["state"])
