"""One trade: what it came to, why it was made, and everything that happened to it."""

from functools import partial
from typing import Any, Final, TypedDict

from flask import Blueprint, Response

from core.ledger import Entry
from core.orders import OrderRole
from store.access import Role
from store.records import SignalRow, TheoryRow
from store.story import Story, find_story
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import OF_HISTORY, Refusal, described
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply, shown
from telegram_webapp.routes.lists import ORDER, ORDERS, TRADE, TRADES
from telegram_webapp.shapes import shown_shape
from telegram_webapp.site import Site

OF_FILL: Final = ("at", "kind", "side", "price", "qty", "amount", "role", "order_id")
OF_THEORY: Final = ("theory", "score", "weight", "hit")


SIGNAL: Final = shown_shape("SignalOfTrade", SignalRow, SignalRow.__struct_fields__)
ENTRY: Final = shown_shape("JournalEntry", Entry, OF_FILL)


class TheoryOfTrade(TypedDict):
    """What a theory said at the entry, and whether it leaned to the side that won."""

    theory: str
    score: float
    weight: float
    hit: bool | None
    contribution: float


class TradeStory(TypedDict):
    """A trade and everything that happened to it."""

    trade: TRADE
    signal: SIGNAL | None  # type: ignore[valid-type]
    exit_signal: SIGNAL | None  # type: ignore[valid-type]
    theories: list[TheoryOfTrade]
    orders: list[ORDER]
    entries: list[ENTRY]  # type: ignore[valid-type]
    facts: list[dict[str, Any]]
    stop_price: float | None
    target_price: float | None


TRADE_ID: Final = query.part("trade_id", "the id of a trade, which is its position's", "p-17")
NO_TRADE: Final = Refusal(404, "unknown_trade", "there is no closed trade of that id")


def trade_routes(site: Site) -> Blueprint:
    """Serve single trades."""
    blueprint = Blueprint("trade", __name__)

    @blueprint.get("/api/trades/<path:trade_id>")
    @requires(Role.VIEWER)
    @described(
        takes=(TRADE_ID, query.ACCOUNT), answers=TradeStory, problems=(*OF_HISTORY, NO_TRADE)
    )
    def trade(trade_id: str) -> Response:
        """Return a closed trade with its signal, theories, orders, journal entries and facts.

        Raises:
            Problem: there is none of that id.
        """
        asked = query.of_path(TRADE_ID, trade_id)
        story = site.archive.ask(partial(find_story, trade_id=asked), query.ACCOUNT.read())
        if story is None:
            detail = f"there is no closed trade {asked[:80]!r} in this account"
            raise Problem(404, "unknown_trade", detail)
        return reply(_told(story))

    return blueprint


def _told(story: Story) -> dict[str, Any]:
    return {
        "trade": TRADES.shown(story.trade),
        "signal": _signal(story.signal),
        "exit_signal": _signal(story.exit_signal),
        "theories": [_theory(row) for row in story.theories],
        "orders": [ORDERS.shown(order) for order in story.orders],
        "entries": [_entry(entry) for entry in story.entries],
        "facts": [fact.data for fact in story.facts],
        "stop_price": story.level(OrderRole.STOP),
        "target_price": story.level(OrderRole.TARGET),
    }


def _signal(row: SignalRow | None) -> dict[str, Any] | None:
    return None if row is None else shown(row, row.__struct_fields__)


def _theory(row: TheoryRow) -> dict[str, Any]:
    return {**shown(row, OF_THEORY), "contribution": round(row.score * row.weight, 4)}


def _entry(entry: Entry) -> dict[str, Any]:
    return shown(entry, OF_FILL)
