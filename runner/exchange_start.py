"""What an engine does before it trades on a real market: history, and what it has missed."""

from typing import Final

from core.market import DAY_MS, MINUTE_MS
from exchange.real.choice import name_of
from exchange.real.errors import ExchangeError
from exchange.real.feed import ExchangeFeed
from exchange.real.history import fill
from exchange.real.minutes import closed_before
from infra.settings import Settings
from runner.engine import Engine
from runner.exchange_wiring import Outpost
from runner.past import Progress, play
from runner.recover import warm
from runner.shelf import StoredShelf
from runner.wiring import Wired

TOLD_EVERY: Final = 0.01  # of the whole
WORTH_TELLING_MS: Final = 10 * MINUTE_MS


class Fetching:
    """Says on the terminal and on the page how much of the history is there."""

    def __init__(self, engine: Engine, what: str, minutes: int) -> None:
        self._engine = engine
        self._progress = Progress(what, engine.clock)
        self._whole = max(1, minutes)
        self._done = 0
        self._told = 0.0

    async def add(self, minutes: int) -> None:
        """Count *minutes* that are there now."""
        self._done += minutes
        share = min(1.0, self._done / self._whole)
        if share < 1 and share - self._told < TOLD_EVERY:
            return
        self._told = share
        self._progress.say(share)
        self._engine.status.progress_pct = round(100 * share, 1)
        self._engine.telling.say_status()
        await self._engine.flush()


async def prepare(wired: Wired, settings: Settings, outpost: Outpost) -> None:
    """Reach the exchange, fetch history, and tell board and strategies of it.

    The exchange is waited for. History that it does not tell then is fetched at the next start, and
    what was fetched by then is kept.
    """
    feed, engine = outpost.feed, wired.engine
    if feed is None:
        return
    await outpost.reach_patiently(engine)
    await engine.turn("warming_up", outpost.note)
    for rules in feed.instruments.values():
        engine.trader.board.trade(rules)
    until = closed_before(engine.clock.now())
    try:
        await fetch_history(wired, settings, feed, until)
    except ExchangeError as error:
        title = "History is not complete"
        detail = f"{name_of(settings.exchange)} did not tell all of it: {error}"
        await engine.alert("warn", "history_missing", title, detail)
    symbols = list(feed.instruments)
    warm(engine.trader, wired.database, engine.writer.account_id, symbols)
    for symbol in symbols:
        engine.sieve.know(symbol, engine.trader.board.markets[symbol])
    for symbol in feed.desks.unbegun():
        feed.begin(symbol, until - MINUTE_MS)


async def fetch_history(wired: Wired, settings: Settings, feed: ExchangeFeed, until: int) -> None:
    """Fetch what is missing of the last ``warmup_days`` before *until* (ms).

    Of a symbol whose minutes are told already, only what is before them.

    Raises:
        ExchangeError: the exchange does not answer.
    """
    engine = wired.engine
    since = until - settings.warmup_days * DAY_MS
    shelf = StoredShelf(wired.database, engine.writer, engine.ledger)
    minutes = (until - since) // MINUTE_MS * len(feed.instruments)
    fetching = Fetching(engine, "Fetching history", minutes)
    for symbol in list(feed.instruments):
        after = feed.desks[symbol].minutes.after
        end = until if after is None else after + MINUTE_MS
        await fill(feed.desks[symbol].source, shelf, symbol, (since, max(since, end)), fetching.add)
        await fetching.add((until - max(since, end)) // MINUTE_MS)


async def catch_up(wired: Wired, outpost: Outpost) -> None:
    """Play what happened while the engine was away: orders and positions meet it, no strategy."""
    feed, engine = outpost.feed, wired.engine
    if feed is None:
        return
    now = engine.trader.decides_from = engine.clock.now()
    progress = Progress("Fetching what was missed", engine.clock)
    is_long = now - feed.next_at > WORTH_TELLING_MS

    async def say(share: float) -> None:
        if is_long:
            progress.say(share)

    try:
        await feed.catch_up(say)
    except ExchangeError as error:
        await engine.alert(
            "warn", "history_missing", "What was missed is fetched later", str(error)
        )
    await play(engine, wired.pulse, None, "Catching up", is_news=True)
