"""The order book of the moment, for who asks: one of `Engine.questions`."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from core.anomalies import imbalance_pct, spread_bps
from core.market import Book
from runner.payloads import Data, num
from runner.trader import Trader

LEVELS: Final = 10
MOST_LEVELS: Final = 200
NO_BOOK: Final = {
    "replay": "Recorded candles tell no order book.",
    "simulated": "No order book yet: the past is played without one.",
}
NOT_YET: Final = "The exchange has told no order book yet."


class Depth:
    """Answers with the newest book of a symbol that the feed told."""

    def __init__(self, trader: Trader, kind: str) -> None:
        """Prepare to answer.

        Args:
            trader: knows the markets.
            kind: of the feed.
        """
        self._trader = trader
        self._none = NO_BOOK.get(kind, NOT_YET)

    def answer(self, args: Mapping[str, Any]) -> Data:
        """Return the best ``levels`` of a ``symbol`` on each side, empty of one that is unknown."""
        symbol = str(args.get("symbol", ""))
        levels = max(1, min(int(args.get("levels", LEVELS)), MOST_LEVELS))
        board, gate = self._trader.board, self._trader.gate
        market, book = board.markets.get(symbol), board.books.get(symbol)
        if market is None:
            return {}
        if book is None:
            found = {"at": market.at, "bids": [], "asks": [], "reason": self._none}
            return {"symbol": symbol, **found, "imbalance_pct": None, "spread_bps": None,
                    "stale": True}  # fmt: skip
        shown = msgspec.structs.replace(book, bids=book.bids[:levels], asks=book.asks[:levels])
        return {
            "symbol": symbol, "at": book.at,
            "bids": _levels(shown.bids), "asks": _levels(shown.asks), **_figures(shown),
            "stale": gate.symbol_age_ms(symbol) > self._trader.limits.stale_after_ms,
        }  # fmt: skip


def _figures(book: Book) -> Data:
    if not book.bids or not book.asks:
        reason = "Nobody bids." if book.asks else "Nobody offers."
        return {"imbalance_pct": None, "spread_bps": None, "reason": reason}
    return {
        "imbalance_pct": imbalance_pct(book), "spread_bps": spread_bps(book), "reason": None,
    }  # fmt: skip


def _levels(side: Any) -> list[tuple[float, float]]:
    return [(num(price), num(qty)) for price, qty in side]
