"""What people may wish of an exchange while it runs: other symbols, or the exchange itself."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from core.errors import CommandError
from core.market import DAY_MS, MINUTE_MS
from core.symbols import meant_symbol
from exchange.real.choice import name_of
from exchange.real.desk import Desk
from exchange.real.errors import ExchangeError
from exchange.real.history import fill
from exchange.real.minutes import closed_before
from infra.settings import Settings
from runner.exchange_wiring import Outpost
from runner.plans import Args, Plan, Wish
from runner.recover import warm
from runner.shelf import StoredShelf
from runner.wiring import Wired
from utils.clock import SystemClock

MOST_SYMBOLS: Final = 50
AGAIN_S: Final = 10.0
ANSWER_S: Final = 0.5  # for who wished it to hear that it is granted


class ExchangeWishes:
    """Grants the wishes ``symbols`` and ``retry_market``.

    Promise: a symbol with an open position or order stays; a symbol that is added is told to
    strategies with its history, before its first minute.
    """

    def __init__(self, wired: Wired, settings: Settings, outpost: Outpost) -> None:
        self._wired = wired
        self._settings = settings
        self._outpost = outpost
        self._jobs: asyncio.Queue[str | Desk] = asyncio.Queue()
        wishes = wired.engine.desk.wishes
        if outpost.feed is None:
            wishes["retry_market"] = Wish(self._plan_retry, self._retry)
        else:
            wishes["symbols"] = Wish(self._plan_symbols, self._change, owners_only=True)

    async def run(self) -> None:
        """Do what was granted and takes time, until cancelled."""
        while True:
            match await self._jobs.get():
                case Desk() as left:
                    await self._leave(left)
                case symbol:
                    await self._bring(symbol)

    # ------------------------------------------------------------ the exchange itself

    def _plan_retry(self, _: Args) -> Plan:
        name = name_of(self._settings.exchange)
        held = len(self._wired.engine.trader.portfolio.positions)
        summary = f"Trading begins anew on {name}, on paper, if it answers within 5 s."
        if held:
            noun = "position stays" if held == 1 else "positions stay"
            summary += f" {held} simulated {noun} with the simulator, which stands still then."
        return Plan(f"Try {name}", summary, f"Try {name}")

    def _retry(self, _: Args) -> None:
        asyncio.get_running_loop().call_later(ANSWER_S, self._outpost.back.set)

    # ------------------------------------------------------------ its symbols

    def _plan_symbols(self, args: Args) -> Plan:
        action, symbol = self._asked(args)
        if action == "add":
            summary = "Its prices are followed and its history is fetched; strategies may trade it."
            return Plan(f"Follow {symbol}", summary, f"Follow {symbol}")
        summary = "No strategy trades it any more; what is stored of it stays."
        return Plan(f"Follow {symbol} no more", summary, f"Leave {symbol}")

    def _asked(self, args: Mapping[str, Any]) -> tuple[str, str]:
        """Return ``add`` or ``remove`` and the symbol that is meant.

        Raises:
            CommandError: it is not possible.
        """
        followed = self._wired.engine.trader.board.markets
        adding = args.get("add", "")
        if bool(adding) == bool(args.get("remove", "")):
            raise CommandError("bad_args", "Name one symbol, to add or to remove.", 400)
        if adding:
            return "add", self._addable(adding, followed)
        symbol = meant_symbol(args["remove"], followed)
        if symbol is None:
            raise CommandError("unknown_symbol", f"{args['remove'][:40]!r} is not followed.", 404)
        self._check_free(symbol)
        if len(followed) == 1:
            raise CommandError("last_symbol", f"{symbol} is the only symbol: add another first.")
        return "remove", symbol

    def _addable(self, asked: str, followed: Mapping[str, Any]) -> str:
        name = name_of(self._settings.exchange)
        symbol = meant_symbol(asked, self._outpost.symbols())
        if symbol is None:
            raise CommandError("unknown_symbol", f"{name} has no market {asked[:40]!r}.", 404)
        if symbol in followed:
            raise CommandError("followed", f"{symbol} is followed already.")
        if len(followed) >= MOST_SYMBOLS:
            raise CommandError("too_many", f"At most {MOST_SYMBOLS} symbols can be followed.")
        return symbol

    def _check_free(self, symbol: str) -> None:
        trader = self._wired.engine.trader
        held = any(position.symbol == symbol for position in trader.portfolio.positions.values())
        if held or any(order.symbol == symbol for order in trader.broker.open_orders()):
            what = "position" if held else "order"
            raise CommandError("in_use", f"{symbol} has an open {what}: close it first.")

    def _change(self, args: Args) -> None:
        feed, engine = self._outpost.feed, self._wired.engine
        action, symbol = self._asked(args)
        if feed is None:
            return
        if action == "add":
            feed.desks.add(symbol)
            engine.trader.board.trade(feed.instruments[symbol])
            engine.sieve.know(symbol, engine.trader.board.markets[symbol])
            self._jobs.put_nowait(symbol)
        else:
            self._jobs.put_nowait(feed.desks.drop(symbol))
            engine.trader.board.drop(symbol)
            engine.trader.anomalies.detector.drop(symbol)
            engine.sieve.forget(symbol)

    async def _bring(self, symbol: str) -> None:
        """Fetch rules and history of *symbol*, however long it takes, and let it be traded."""
        told = False
        while True:
            try:
                return await self._begin(symbol)
            except ExchangeError as error:
                detail = f"{error}. It is tried again."
            if not told:
                told = True
                title = f"{symbol} cannot be followed yet"
                await self._wired.engine.alert("warn", "symbol_waits", title, detail)
            await SystemClock().sleep(AGAIN_S)

    async def _begin(self, symbol: str) -> None:
        feed, streams, engine = self._outpost.feed, self._outpost.streams, self._wired.engine
        if feed is None or streams is None or symbol not in feed.instruments:
            return
        await feed.desks.open_symbol(symbol)
        engine.trader.board.trade(feed.instruments[symbol])
        until = closed_before(engine.clock.now())
        since = until - self._settings.warmup_days * DAY_MS
        shelf = StoredShelf(self._wired.database, engine.writer, engine.ledger)
        await fill(feed.desks[symbol].source, shelf, symbol, (since, until), _nothing)
        async with engine.lock:
            if symbol in feed.instruments:
                warm(engine.trader, self._wired.database, engine.writer.account_id, [symbol])
                engine.sieve.know(symbol, engine.trader.board.markets[symbol])
                feed.begin(symbol, until - MINUTE_MS)
                feed.desks[symbol].follow(streams)

    async def _leave(self, desk: Desk) -> None:
        """End the streams of a symbol and show it no more."""
        if self._outpost.streams is not None:
            await desk.leave(self._outpost.streams)
        engine = self._wired.engine
        await engine.flush()
        async with engine.lock:
            state = engine.publisher.state
            engine.publisher.state = {
                **state,
                **{name: _without(state[name], desk.symbol) for name in ("prices", "stats")},
            }
        await engine.tell_whole()


async def _nothing(_: int) -> None:
    return


def _without(rows: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: row for name, row in rows.items() if name != key}
