"""The figures of an account, as the page has them: worked out by the same functions."""

import asyncio
import sys
from functools import partial
from typing import Any, Final

import msgspec

from core.errors import CommandError
from infra.settings import ROOT
from store.database import Database
from store.figures import Asked, Moment, SideBySide, earliest, performance, side_by_side
from store.results import closed_trades
from telegram_bot.deck import Deck

MOST_TRADES: Final = 20_000
MOST_DAYS: Final = 3650
PATIENCE_S: Final = 60.0
# SciPy, which compares, would double what the bot holds: the page's child does it
COMPARE: Final = (sys.executable, "-m", "telegram_webapp.errands", "compare")

Summary = dict[str, Any]


def span_of(words: list[str], usual: str = "all") -> str:
    """Return the range that *words* ask for: `today`, `all` or a number of days.

    Raises:
        CommandError: it is none of them.
    """
    if not words:
        return usual
    word = words[0].lower().removesuffix("d")
    if word in {"all", "today"}:
        return word
    if word.isascii() and word.isdecimal() and 0 < int(word[:6]) <= MOST_DAYS:
        return "today" if int(word) == 1 else f"{int(word)}d"
    detail = f"A range is a number of days, today or all; it was {words[0][:20]!r}."
    raise CommandError("bad_argument", detail, 400)


def span_words(span: str) -> str:
    """Return *span* as people say it."""
    names = {"all": "since the start", "today": "today, UTC"}
    return names.get(span, f"last {span.removesuffix('d')} days")


async def summary(deck: Deck, span: str, strategy: str | None = None) -> Summary:
    """Return what /api/performance answers for a range.

    Raises:
        CommandError: there are too many trades, or no account yet.
        ConfigError: the database is not there.
        StoreError: the database refused.
    """
    asked = Asked(span=span, strategy=strategy)
    body = await deck.ask(partial(_performance, asked=asked, moment=_moment(deck)))
    return dict(msgspec.json.decode(body))


async def comparison(deck: Deck, names: tuple[str, str]) -> tuple[Summary, Summary, Summary]:
    """Return the figures of two strategies, and {"difference", "verdict"}.

    Raises:
        CommandError: there are too many trades, or the comparison failed.
        ConfigError: the database is not there.
        StoreError: the database refused.
    """
    pair = (Asked(span="all", strategy=names[0]), Asked(span="all", strategy=names[1]))
    found = await deck.ask(partial(_pair, pair=pair, moment=_moment(deck)))
    given = msgspec.json.encode({"names": names, "returns": found.returns})
    verdict = msgspec.json.decode(await _child(given))
    a, b = (dict(msgspec.json.decode(figures)) for figures in found.figures)
    return a, b, dict(verdict)


def _moment(deck: Deck) -> Moment:
    """Return what the engine knows beside the stored history."""
    snapshot = deck.snapshot()
    state = snapshot.state
    now = snapshot.at if snapshot.at is not None else deck.clock.now()
    if not state or not state.get("account"):
        return Moment(now=now)
    return Moment.of(state, now)


def _performance(database: Database, account_id: int, *, asked: Asked, moment: Moment) -> bytes:
    trades = _trades(database, account_id, earliest(asked, moment))
    return performance(database, account_id, trades, asked, moment)


def _pair(
    database: Database, account_id: int, *, pair: tuple[Asked, Asked], moment: Moment
) -> SideBySide:
    trades = _trades(database, account_id, None)
    return side_by_side(database, account_id, trades, pair, moment)


def _trades(database: Database, account_id: int, since: int | None) -> list[Any]:
    """Return the trades that closed since then.

    Raises:
        CommandError: there are too many to hold here.
    """
    trades = closed_trades(database, account_id, since, limit=MOST_TRADES + 1)
    if len(trades) > MOST_TRADES:
        detail = f"More than {MOST_TRADES:,} trades are too many for a chat: ask for fewer days."
        raise CommandError("too_many_trades", detail, 422)
    return trades


async def _child(given: bytes) -> bytes:
    """Return what the child answers.

    Raises:
        CommandError: it failed, or took too long.
    """
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *COMPARE, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer, _ = await child.communicate(given)
    except TimeoutError:
        child.kill()
        await child.wait()
        answer = b""
    if child.returncode or not answer:
        raise CommandError("not_compared", "The comparison could not be worked out.", 503)
    return answer
