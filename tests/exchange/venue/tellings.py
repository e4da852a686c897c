"""How the public streams and REST tell what happens.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.exchange.venue.book import Book
from tests.exchange.venue.contracts import Contract
from tests.exchange.venue.history import DAY_MS

if TYPE_CHECKING:
    from tests.exchange.venue.pair import Pair


def trade(
    contract: Contract, number: int, ticks: int, steps: int, now: int, *, buyer_takes: bool
) -> dict[str, Any]:
    """Return a trade event."""
    return {
        "e": "trade", "E": now, "T": now, "s": contract.id, "t": number,
        "p": str(contract.price(ticks)), "q": str(contract.qty(steps)), "X": "MARKET",
        "m": not buyer_takes,
    }  # fmt: skip


def agg_trade(
    contract: Contract, number: int, ticks: int, steps: int, now: int, *, buyer_takes: bool
) -> dict[str, Any]:
    """Return an aggTrade event of one trade."""
    return {
        "e": "aggTrade", "E": now, "s": contract.id, "a": number, "p": str(contract.price(ticks)),
        "q": str(contract.qty(steps)), "f": number, "l": number, "T": now, "m": not buyer_takes,
    }  # fmt: skip


def partial(book: Book, levels: int, diff: dict[str, Any]) -> dict[str, Any]:
    """Return the best *levels* in the frame of *diff*."""
    whole = book.snapshot(levels)
    return {**diff, "b": whole["bids"], "a": whole["asks"]}


def best(book: Book, now: int) -> dict[str, Any]:
    """Return a bookTicker event."""
    whole = book.snapshot(1)
    bid, ask = [*whole["bids"], ["0", "0"]][0], [*whole["asks"], ["0", "0"]][0]
    return {
        "e": "bookTicker", "u": book.last_id, "s": book.contract.id, "b": bid[0], "B": bid[1],
        "a": ask[0], "A": ask[1], "T": now, "E": now,
    }  # fmt: skip


def mark(pair: "Pair", now: int) -> dict[str, Any]:
    """Return a markPriceUpdate event."""
    return {
        "e": "markPriceUpdate", "E": now, "s": pair.contract.id, "p": str(pair.mark),
        "P": str(pair.index), "i": str(pair.index), "ap": str(pair.mark),
        "r": f"{pair.funding.rate(pair.next_funding):.8f}", "T": pair.next_funding,
    }  # fmt: skip


def premium(pair: "Pair", now: int) -> dict[str, Any]:
    """Return a row of premiumIndex."""
    return {
        "symbol": pair.contract.id, "markPrice": str(pair.mark), "indexPrice": str(pair.index),
        "estimatedSettlePrice": str(pair.index),
        "lastFundingRate": f"{pair.funding.rate(pair.next_funding):.8f}",
        "interestRate": "0.00010000", "nextFundingTime": pair.next_funding, "time": now,
    }  # fmt: skip


def mini_ticker(pair: "Pair", now: int) -> dict[str, Any]:
    """Return a 24hrMiniTicker event."""
    row = day(pair, now)
    return {
        "e": "24hrMiniTicker", "E": now, "s": row["symbol"], "c": row["lastPrice"],
        "o": row["openPrice"], "h": row["highPrice"], "l": row["lowPrice"], "v": row["volume"],
        "q": row["quoteVolume"],
    }  # fmt: skip


def ticker(pair: "Pair", now: int) -> dict[str, Any]:
    """Return a 24hrTicker event."""
    row = day(pair, now)
    return {
        "e": "24hrTicker", "E": now, "s": row["symbol"], "p": row["priceChange"],
        "P": row["priceChangePercent"], "w": row["weightedAvgPrice"], "c": row["lastPrice"],
        "Q": row["lastQty"], "o": row["openPrice"], "h": row["highPrice"], "l": row["lowPrice"],
        "v": row["volume"], "q": row["quoteVolume"], "O": row["openTime"], "C": row["closeTime"],
        "F": row["firstId"], "L": row["lastId"], "n": row["count"],
    }  # fmt: skip


def day(pair: "Pair", now: int) -> dict[str, Any]:
    """Return a row of ticker/24hr."""
    contract = pair.contract
    whole = pair.history.last_day(now)
    price, qty = contract.price, contract.qty
    change = (Decimal(100) * (pair.last - whole.open) / whole.open).quantize(Decimal("0.001"))
    turnover = whole.turnover * contract.tick * contract.step
    average = turnover / max(qty(1), qty(whole.volume))
    return {
        "symbol": contract.id, "priceChange": str(price(pair.last - whole.open)),
        "priceChangePercent": str(change), "weightedAvgPrice": f"{average:.2f}",
        "lastPrice": str(price(pair.last)), "lastQty": str(qty(pair.last_qty)),
        "openPrice": str(price(whole.open)), "highPrice": str(price(max(whole.high, pair.last))),
        "lowPrice": str(price(min(whole.low, pair.last))), "volume": str(qty(whole.volume)),
        "quoteVolume": f"{turnover:.2f}", "openTime": now - DAY_MS, "closeTime": now,
        "firstId": whole.first_id, "lastId": pair.trade_id, "count": whole.trades,
    }  # fmt: skip
