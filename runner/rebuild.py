"""The dashboard's lists and what was wished, read back from the store when an engine starts."""

from typing import Any, Final

from core.dashboard import EVENT_TYPES, State
from core.market import MINUTE_MS
from core.orders import Order
from runner import payloads, words
from runner.commands import REMEMBERED
from runner.trader import Trader
from store import history, recovery, series
from store.database import Database

OUTLOOK_SEARCHED: Final = 500


def _lists() -> dict[str, tuple[tuple[str, ...], int]]:
    """Return, by section, the fact types appended to it and how many it keeps."""
    found: dict[str, tuple[tuple[str, ...], int]] = {}
    for name, event in EVENT_TYPES.items():
        for operation, section, cap in event["fold"]:
            if operation == "append":
                types, _ = found.get(section, ((), cap))
                found[section] = ((*types, name), cap)
    return found


def rebuild(database: Database, account_id: int, state: State, trader: Trader) -> State:
    """Return *state* with its lists and orders as the stored facts say."""
    new: dict[str, Any] = dict(state)
    for section, (types, cap) in _lists().items():
        if types == ("equity_point",):
            new[section] = _equity(database, account_id, cap)
            continue
        if types == ("signal_raised",):
            new |= _signals(database, account_id, cap, trader)
            continue
        # In the order they were told, which inside one step is not always that of their times.
        wanted = history.Wanted(types=types, limit=2 * cap)
        page = history.facts(database, account_id, wanted)
        told = sorted(page.items, key=lambda fact: fact.number)
        new[section] = [fact.data for fact in told[-cap:]]
    new["orders"] = {o.id: _resting(o) for o in trader.broker.open_orders()}
    return new


def wishes_done(database: Database, account_id: int) -> list[payloads.Data]:
    """Return the newest wishes that were carried out, as told, oldest first."""
    wanted = history.Wanted(types=("command_done",), limit=REMEMBERED)
    return [fact.data for fact in reversed(history.facts(database, account_id, wanted).items)]


def _resting(order: Order) -> payloads.Data:
    body = payloads.order(order, order.created_at)
    return {"fact_id": f"order:{order.id}", "kind": "order_placed", **body}


def _signals(database: Database, account_id: int, cap: int, trader: Trader) -> dict[str, Any]:
    """Return the newest signals, and of each strategy and symbol the last that is still near."""
    markets = trader.board.markets
    rows = recovery.latest_signals(database, account_id, OUTLOOK_SEARCHED)
    asked = {name: place for place, name in enumerate((*markets, *trader.council.roster.members))}
    rows = [row for row in rows if row.symbol in markets]
    rows.sort(key=lambda row: (row.at, asked[row.symbol], asked.get(row.strategy, -1)))
    told = [
        payloads.signal(row, words.signal(row.action, markets[row.symbol].instrument))
        for row in rows
    ]
    return {"signals": told[-cap:], "outlook": {body["key"]: body for body in told}}


def _equity(database: Database, account_id: int, cap: int) -> list[payloads.Data]:
    newest = series.equity(database, account_id, max_points=2)
    if not newest:
        return []
    since = newest[-1].at - cap * MINUTE_MS
    points = series.equity(database, account_id, since=since + 1, max_points=2 * cap)
    return [payloads.equity_point(point) for point in points[-cap:]]
