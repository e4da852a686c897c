"""Lists of what happened, from the ledger's database: newest first, a page at a time, or files."""

from functools import partial
from typing import Final

import msgspec
from flask import Blueprint, Response

from core.dashboard import FOLD_TABLE
from core.orders import Order
from core.trades import Trade
from store import history
from store.access import Role
from telegram_webapp import parameters
from telegram_webapp.auth.needs import requires
from telegram_webapp.listing import FILTERED, PAGED, Listing
from telegram_webapp.replies import reply
from telegram_webapp.routes.state import section_reply
from telegram_webapp.site import Site

TRADES: Final = Listing("trades", history.trades, (*Trade.__struct_fields__, "net_pnl"))
ORDERS: Final = Listing("orders", history.orders, Order.__struct_fields__)
ACTIVITY: Final = tuple(
    name
    for name, steps in FOLD_TABLE.items()
    if any(operation == "append" and section == "activity" for operation, section, _ in steps)
)


def list_routes(site: Site) -> Blueprint:
    """Serve trades, orders and activity."""
    blueprint = Blueprint("lists", __name__)

    @blueprint.get("/api/trades")
    @requires(Role.VIEWER)
    def trades() -> Response:
        """Return the closed trades."""
        parameters.only(*FILTERED)
        return TRADES.reply(site.archive, parameters.wanted())

    @blueprint.get("/api/orders")
    @requires(Role.VIEWER)
    def orders() -> Response:
        """Return the open orders or, with status=all, every order there was."""
        if parameters.choice("status", ("open", "all"), "open") == "open":
            parameters.only("symbol", "strategy", "status", "format")
            return section_reply(site, "orders", "order_placed")
        parameters.only(*FILTERED, "status")
        return ORDERS.reply(site.archive, parameters.wanted())

    @blueprint.get("/api/activity")
    @requires(Role.VIEWER)
    def activity() -> Response:
        """Return what was told of: fills, closed trades, refusals, alerts, funding, commands."""
        parameters.only(*PAGED)
        wanted = msgspec.structs.replace(parameters.wanted(), types=ACTIVITY)
        page = site.archive.ask(partial(history.facts, wanted=wanted), parameters.account())
        items = [fact.data for fact in page.items]
        return reply({"activity": items, "next_cursor": page.next_cursor})

    return blueprint
