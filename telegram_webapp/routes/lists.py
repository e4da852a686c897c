"""Lists of what happened, from the ledger's database: newest first, a page at a time, or files."""

from functools import partial
from typing import Any, Final, NotRequired, TypedDict

import msgspec
from flask import Blueprint, Response

from core.dashboard import FOLD_TABLE
from core.orders import Order
from core.trades import Trade
from store import history
from store.access import Role
from telegram_webapp import parameters, query
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import ENGINE_AWAY, OF_HISTORY, described
from telegram_webapp.listing import FORMAT, Listing
from telegram_webapp.replies import reply
from telegram_webapp.routes.state import section_reply
from telegram_webapp.shapes import At, page_shape, shown_shape
from telegram_webapp.site import Site

TRADES: Final = Listing("trades", history.trades, (*Trade.__struct_fields__, "net_pnl"))
ORDERS: Final = Listing("orders", history.orders, Order.__struct_fields__)
ACTIVITY: Final = tuple(
    name
    for name, steps in FOLD_TABLE.items()
    if any(operation == "append" and section == "activity" for operation, section, _ in steps)
)


TRADE: Final = shown_shape("ClosedTrade", Trade, TRADES.columns)
ORDER: Final = shown_shape("StoredOrder", Order, ORDERS.columns)
STATUS: Final = query.choice(
    "status", "the open ones, or every one there was", ("open", "all"), "open"
)
OPEN: Final = ("symbol", "strategy", "status", "format")


class Orders(TypedDict):
    """Orders; of the open ones when and whether it is stale, of all of them the next page."""

    orders: list[dict[str, Any]]
    at: NotRequired[At]
    stale: NotRequired[bool]
    next_cursor: NotRequired[str | None]


class Activity(TypedDict):
    """What was told of, newest first: facts as docs/events.md has them."""

    activity: list[dict[str, Any]]
    next_cursor: str | None


def list_routes(site: Site) -> Blueprint:
    """Serve trades, orders and activity."""
    blueprint = Blueprint("lists", __name__)

    @blueprint.get("/api/trades")
    @requires(Role.VIEWER)
    @described(
        takes=(*query.FILTERED, FORMAT), answers=page_shape("Trades", "trades", TRADE),
        problems=OF_HISTORY,
    )  # fmt: skip
    def trades() -> Response:
        """Return the closed trades."""
        return TRADES.reply(site.archive, query.wanted())

    @blueprint.get("/api/orders")
    @requires(Role.VIEWER)
    @described(
        takes=(*query.FILTERED, STATUS, FORMAT), answers=Orders,
        problems=(*OF_HISTORY, ENGINE_AWAY),
    )  # fmt: skip
    def orders() -> Response:
        """Return the open orders or, with status=all, every order there was.

        The open ones come whole and from memory: they take no times, page or account.
        """
        if STATUS.read() == "open":
            parameters.only(*OPEN)
            return section_reply(site, "orders", "order_placed")
        return ORDERS.reply(site.archive, query.wanted())

    @blueprint.get("/api/activity")
    @requires(Role.VIEWER)
    @described(takes=query.PAGED, answers=Activity, problems=OF_HISTORY)
    def activity() -> Response:
        """Return what was told of: fills, closed trades, refusals, alerts, funding, commands."""
        wanted = msgspec.structs.replace(query.wanted(), types=ACTIVITY)
        page = site.archive.ask(partial(history.facts, wanted=wanted), query.ACCOUNT.read())
        items = [fact.data for fact in page.items]
        return reply({"activity": items, "next_cursor": page.next_cursor})

    return blueprint
