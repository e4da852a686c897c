"""Market data that others recorded, read as lines of our own recordings; never part of the project.

`RECORDED_MARKET_DATA` names its folder, else it is looked for beside the project.
"""

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from exchange.real.recording import FORMAT, Answer, Frame, Head, Line, encoded, file_of
from tests.exchange.venue.contracts import contract

_BESIDE: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "ws"
FOLDER: Final = Path(os.environ.get("RECORDED_MARKET_DATA") or _BESIDE)
USDM: Final = "usdm_btcusdt_20240808.jsonl.gz"
SPOT: Final = "spot_btcusdt_20240808.jsonl.gz"
MANY: Final = "cryptofeed_usdm_20210722.jsonl"
MANY_BOOKS: Final = "cryptofeed_usdm_rest_depth_20210722.jsonl.gz"
MANY_MARKETS: Final = "cryptofeed_usdm_rest_exchangeInfo_20210721.jsonl.gz"
FIXTURES: Final = ("fixtures_recorded_like.jsonl", "fixtures_doc_examples.jsonl")

needed = pytest.mark.skipif(
    not (FOLDER / USDM).exists(),
    reason="no recorded market data: RECORDED_MARKET_DATA names no folder that has it",
)


def rows(name: str) -> Iterator[dict[str, Any]]:
    """Yield each line of a recording as an object."""
    yield from map(json.loads, _lines(name))


def _lines(name: str) -> Iterator[str]:
    data = (FOLDER / name).read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    yield from text.rstrip().split("\n")


def heard(name: str, url: str) -> Iterator[Line]:
    """Yield the messages of a recording as lines of ours, its snapshot of a book as an answer."""
    for line in _lines(name):
        told, _, text = line.rstrip()[:-1].partition(',"msg":')
        received = told.partition(":")[2]
        at = int(received) // 1_000_000 if "recv_ns" in told else int(float(received) * 1000)
        if text.startswith('{"lastUpdateId"'):
            path = "/api/v3/depth" if url.startswith("/stream") else "/fapi/v1/depth"
            yield Answer(at, f"GET {path}?symbol=BTCUSDT&limit=1000", 200, text)
        else:
            yield Frame(at, url, text)


def answers(name: str) -> Iterator[Answer]:
    """Yield the answers to requests that were recorded."""
    for row in rows(name):
        request = "GET /" + row["url"].partition("://")[2].partition("/")[2]
        yield Answer(int(row["recv"] * 1000), request, 200, json.dumps(row["body"]))


def linear_markets(at: int, *symbols: str) -> Answer:
    """Return a list of markets with *symbols*, such as BTCUSDT, as USDT-M futures tell it."""
    body = {"symbols": [contract(symbol).info() for symbol in symbols]}
    return Answer(at, "GET /fapi/v1/exchangeInfo", 200, json.dumps(body))


def spot_markets(at: int) -> Answer:
    """Return a list of markets with BTCUSDT alone, as the spot exchange tells it."""
    filters = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.01",
            "maxPrice": "99999",
            "tickSize": "0.01",
        },
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
    ]
    market = {
        "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT",
        "baseAssetPrecision": 8, "quotePrecision": 8, "quoteAssetPrecision": 8,
        "isSpotTradingAllowed": True, "permissions": ["SPOT"], "orderTypes": ["LIMIT", "MARKET"],
        "filters": filters,
    }  # fmt: skip
    return Answer(at, "GET /api/v3/exchangeInfo", 200, json.dumps({"symbols": [market]}))


def write_recording(
    folder: Path, exchange: str, symbols: Iterable[str], lines: Iterable[Line]
) -> Path:
    """Write *lines*, which are in the order of time, as a recorder would; return the file."""
    whole = list(lines)
    path = file_of(folder, exchange, whole[0].at)
    path.parent.mkdir(parents=True, exist_ok=True)
    head = Head(whole[0].at, FORMAT, exchange, "of a test", tuple(symbols))
    path.write_bytes(gzip.compress(b"".join(map(encoded, [head, *whole])), 1))
    return path


class PlainBook:
    """A book kept as the exchange's documentation says, in decimals and nothing else.

    Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly
    """

    def __init__(self) -> None:
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}
        self.known: int | None = None
        self.gaps = 0
        self._waiting: list[dict[str, Any]] = []

    def on_snapshot(self, body: dict[str, Any]) -> None:
        self.bids = {Decimal(p): Decimal(q) for p, q in body["bids"]}
        self.asks = {Decimal(p): Decimal(q) for p, q in body["asks"]}
        self.known = body["lastUpdateId"]
        waiting, self._waiting = self._waiting, []
        for diff in waiting:
            self.on_diff(diff)

    def on_diff(self, diff: dict[str, Any]) -> None:
        if self.known is None:
            self._waiting.append(diff)
            return
        if diff["u"] < self.known + ("pu" not in diff):
            return
        if not self._follows(diff):
            self.gaps += 1
        for levels, changes in ((self.bids, diff["b"]), (self.asks, diff["a"])):
            for price, qty in changes:
                if Decimal(qty):
                    levels[Decimal(price)] = Decimal(qty)
                else:
                    levels.pop(Decimal(price), None)
        self.known = diff["u"]

    def _follows(self, diff: dict[str, Any]) -> bool:
        assert self.known is not None
        if "pu" in diff:
            return bool(diff["pu"] == self.known or diff["U"] <= self.known <= diff["u"])
        return bool(diff["U"] <= self.known + 1)

    def best(self, depth: int | None = None) -> tuple[list[Any], list[Any]]:
        return sorted(self.bids.items(), reverse=True)[:depth], sorted(self.asks.items())[:depth]
