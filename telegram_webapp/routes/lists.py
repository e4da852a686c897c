"""Lists of what happened, from the ledger's database: newest first, a page at a time, or CSV."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any, Final, Protocol

import msgspec
from flask import Blueprint, Response

from core.dashboard import FOLD_TABLE
from core.orders import Order
from core.trades import Trade
from store import history
from store.access import Role
from store.database import Database
from store.history import Page, Wanted
from telegram_webapp import parameters
from telegram_webapp.archive import Archive
from telegram_webapp.auth.needs import requires
from telegram_webapp.replies import number, reply
from telegram_webapp.routes.state import section_reply
from telegram_webapp.site import Site
from telegram_webapp.spreadsheet import csv_response

EXPORTED_AT_ONCE: Final = 1000
PAGED: Final = ("since", "until", "cursor", "limit")
FILTERED: Final = ("symbol", "strategy", *PAGED, "format")
ACTIVITY: Final = tuple(
    name
    for name, steps in FOLD_TABLE.items()
    if any(operation == "append" and section == "activity" for operation, section, _ in steps)
)


class Query(Protocol):
    """A list that `store.history` can read."""

    def __call__(self, database: Database, account_id: int, wanted: Wanted) -> Page[Any]:
        """Return a page of it."""
        ...


def list_routes(site: Site) -> Blueprint:
    """Serve trades, orders and activity."""
    blueprint = Blueprint("lists", __name__)

    @blueprint.get("/api/trades")
    @requires(Role.VIEWER)
    def trades() -> Response:
        """Return the closed trades."""
        parameters.only(*FILTERED)
        columns = (*Trade.__struct_fields__, "net_pnl")
        return _list_reply(site.archive, "trades", history.trades, columns)

    @blueprint.get("/api/orders")
    @requires(Role.VIEWER)
    def orders() -> Response:
        """Return the open orders or, with status=all, every order there was."""
        if parameters.choice("status", ("open", "all"), "open") == "open":
            parameters.only("symbol", "strategy", "status", "format")
            return section_reply(site, "orders", "order_placed")
        parameters.only(*FILTERED, "status")
        return _list_reply(site.archive, "orders", history.orders, Order.__struct_fields__)

    @blueprint.get("/api/activity")
    @requires(Role.VIEWER)
    def activity() -> Response:
        """Return what was told of: fills, closed trades, refusals, alerts, funding, commands."""
        parameters.only(*PAGED)
        wanted = msgspec.structs.replace(parameters.wanted(), types=ACTIVITY)
        page = site.archive.ask(partial(history.facts, wanted=wanted))
        items = [fact.data for fact in page.items]
        return reply({"activity": items, "next_cursor": page.next_cursor})

    return blueprint


def _list_reply(archive: Archive, name: str, query: Query, columns: tuple[str, ...]) -> Response:
    """Answer with a page of the list *name*, or with all that match as CSV."""
    wanted = parameters.wanted()
    if parameters.choice("format", ("json", "csv"), "json") == "csv":
        rows = _rows_of_all(archive, query, wanted, columns)
        return csv_response(f"quarterdeck-{name}.csv", columns, rows)
    page = archive.ask(partial(query, wanted=wanted))
    items = [{column: _shown(getattr(item, column)) for column in columns} for item in page.items]
    return reply({name: items, "next_cursor": page.next_cursor})


def _shown(value: Any) -> Any:
    return number(value) if isinstance(value, Decimal) else value


def _rows_of_all(
    archive: Archive, query: Query, wanted: Wanted, columns: tuple[str, ...]
) -> Iterator[list[Any]]:
    """Return the rows of every page; the first is read now, so that its errors can be told."""
    wanted = msgspec.structs.replace(wanted, limit=EXPORTED_AT_ONCE)
    first = archive.ask(partial(query, wanted=wanted))
    return _rows(archive, query, (wanted, first), columns)


def _rows(
    archive: Archive, query: Query, at: tuple[Wanted, Page[Any]], columns: tuple[str, ...]
) -> Iterator[list[Any]]:
    wanted, page = at
    while True:
        for item in page.items:
            yield [getattr(item, column) for column in columns]
        if page.next_cursor is None:
            return
        wanted = msgspec.structs.replace(wanted, cursor=page.next_cursor)
        page = archive.ask(partial(query, wanted=wanted))
