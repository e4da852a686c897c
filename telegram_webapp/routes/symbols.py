"""The markets that are followed: what each is called, costs and did today, and what is held."""

from typing import Any, TypedDict

from flask import Blueprint, Response

from store.access import Role
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import ENGINE_AWAY, described
from telegram_webapp.replies import reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

OF_STATS = (
    "price_decimals", "qty_decimals", "max_leverage", "high_24h", "low_24h", "volume_24h",
    "quote_volume_24h",
)  # fmt: skip


class Held(TypedDict):
    """A position that is open in a market."""

    id: str
    strategy: str
    side: str
    qty: float | None
    unrealized_pnl: float | None


class ShownSymbol(TypedDict):
    """A market; figures that nobody told yet are null."""

    symbol: str
    base: str
    quote: str
    price_decimals: int | None
    qty_decimals: int | None
    max_leverage: int | None
    high_24h: float | None
    low_24h: float | None
    volume_24h: float | None
    quote_volume_24h: float | None
    last: float | None
    bid: float | None
    ask: float | None
    change_24h_pct: float | None
    at: At | None
    held: list[Held]


class Symbols(TypedDict):
    """Every market that is followed, in the order of its name."""

    at: At
    stale: bool
    symbols: list[ShownSymbol]


def symbol_routes(site: Site) -> Blueprint:
    """Serve the markets."""
    blueprint = Blueprint("symbols", __name__)

    @blueprint.get("/api/symbols")
    @requires(Role.VIEWER)
    @described(answers=Symbols, problems=(ENGINE_AWAY,))
    def symbols() -> Response:
        """Return every market that is followed, with its price, its day and what is held of it."""
        snapshot, data = site.heard()
        state = data["state"]
        found = [_shown(symbol, state) for symbol in sorted(state["stats"])]
        etag = f"{snapshot.etag}-symbols"
        return reply({"at": data["at"], "stale": snapshot.stale, "symbols": found}, etag=etag)

    return blueprint


def _shown(symbol: str, state: dict[str, Any]) -> dict[str, Any]:
    stats, price = state["stats"][symbol], state["prices"].get(symbol, {})
    base, _, quote = symbol.partition("/")
    held = [one for one in state["positions"].values() if one["symbol"] == symbol]
    return {
        "symbol": symbol,
        "base": base,
        "quote": quote.partition(":")[0],
        **{name: stats.get(name) for name in OF_STATS},
        **{name: price.get(name) for name in ("last", "bid", "ask", "change_24h_pct", "at")},
        "held": [{name: one.get(name) for name in Held.__annotations__} for one in held],
    }
