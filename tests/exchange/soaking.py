"""What the soaks share: how rarely they look, and what the venue says is true."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

import exchange.real.client
import exchange.real.feed
import exchange.real.stream
import exchange.real.streams
from core.market import Bar
from exchange.real.client import ExchangeClient
from exchange.real.streams import AUDIT_EVERY_S, Streams
from tests.exchange.venue import Venue
from tests.exchange.warp import slower

LONG = bool(os.environ.get("SOAK"))
PACE = 1 if LONG else 40  # how much rarer everything looks
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT") if LONG else ("BTC/USDT",)
MINUTE = 60_000
START = 1_790_000_000_000 // MINUTE * MINUTE


@contextmanager
def rarer_looks() -> Iterator[pytest.MonkeyPatch]:
    """Let watchdogs look, and streams become stale, `PACE` times later; yield the patch."""
    kinds = {
        name: replace(
            kind,
            stale_after_s=kind.stale_after_s * PACE,
            deaf_after_s=kind.deaf_after_s and kind.deaf_after_s * PACE,
        )
        for name, kind in exchange.real.stream.KINDS.items()
    }
    with pytest.MonkeyPatch.context() as patch:
        names = {
            exchange.real.streams: ["TICK_S", "SILENT_S"],
            exchange.real.feed: ["LOOK_S"],
            exchange.real.client: ["SKEW_EVERY_S"],
        }
        slower(patch, PACE, names)
        patch.setattr(exchange.real.stream, "KINDS", kinds)
        usual = Streams.__init__.__kwdefaults__ or {}
        patch.setitem(usual, "audit_every_s", AUDIT_EVERY_S * PACE)
        yield patch


def quiet_market(venue: Venue) -> None:
    """Let few others trade at *venue*, and disconnect every ten minutes."""
    activity = venue.market.activity
    activity.levels, activity.changes, activity.trades = 6, 3, 0.5
    venue.faults.disconnect_every(600)


def books_differ(venue: Venue, client: ExchangeClient) -> str:
    """Return the first of `SYMBOLS` whose book at *client* is not the venue's, empty for none."""
    for symbol in SYMBOLS:
        book = (client.api.orderbooks or {}).get(f"{symbol}:USDT")
        told = venue.market[symbol].book.snapshot()
        if book is None or book["nonce"] != told["lastUpdateId"]:
            return symbol
        for side in ("bids", "asks"):
            levels = [[float(price), float(qty)] for price, qty in told[side]]
            if [list(level) for level in book[side]] != levels:
                return symbol
    return ""


def bars_of(venue: Venue, symbol: str, times: Sequence[int]) -> list[Bar]:
    """Return the minutes that opened at *times* as they were at *venue*."""
    pair = venue.market[symbol]
    price, qty = pair.contract.price, pair.contract.qty
    bars = []
    for at in times:
        (one,) = pair.history.candles(MINUTE, at, 1, venue.now())
        opened, high, low, close = map(price, (one.open, one.high, one.low, one.close))
        bars.append(Bar(symbol, at, opened, high, low, close, qty(one.volume)))
    return bars
