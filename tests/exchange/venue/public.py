"""The public REST answers."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from tests.exchange.venue import tellings
from tests.exchange.venue.funding import INTERVAL_MS
from tests.exchange.venue.guard import RefusedError, reply
from tests.exchange.venue.history import interval_ms, kline_row
from tests.exchange.venue.market import Market
from tests.exchange.venue.pair import Pair

_INTERVALS: Final = frozenset(
    ["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w"]
)
_DEPTHS: Final = (5, 10, 20, 50, 100, 500, 1000)
_MOST_FUNDING: Final = 1000


class PublicApi:
    """Handlers over a market; *now* tells the time the venue shows."""

    def __init__(self, market: Market, now: Callable[[], int]) -> None:
        self.market = market
        self.now = now

    def routes(self) -> list[web.RouteDef]:
        """Return all routes, under ``/fapi/v1``."""
        answers: dict[str, Callable[[web.Request], Any]] = {
            "ping": lambda _request: {},
            "time": lambda _request: {"serverTime": self.now()},
            "exchangeInfo": self._exchange_info, "klines": self._klines, "depth": self._depth,
            "ticker/24hr": self._ticker, "ticker/bookTicker": self._bests,
            "ticker/price": self._price, "premiumIndex": self._premium,
            "fundingRate": self._funding, "fundingInfo": lambda _request: [],
            "trades": self._trades, "aggTrades": self._agg_trades,
            "openInterest": self._open_interest,
        }  # fmt: skip
        return [web.get(f"/fapi/v1/{path}", _answering(make)) for path, make in answers.items()]

    def pair(self, request: web.Request) -> Pair:
        """Return the pair *request* asks for.

        Raises:
            RefusedError: there is no such contract.
        """
        symbol = request.query.get("symbol")
        if symbol is None:
            raise RefusedError(
                -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            )
        if symbol not in self.market.pairs:
            raise RefusedError(-1121, "Invalid symbol.")
        return self.market.pairs[symbol]

    def _exchange_info(self, _request: web.Request) -> Any:
        """Return exchangeInfo."""
        limits = (("REQUEST_WEIGHT", "MINUTE", 1, 2400), ("ORDERS", "MINUTE", 1, 1200),
                  ("ORDERS", "SECOND", 10, 300))  # fmt: skip
        return {
            "timezone": "UTC",
            "serverTime": self.now(),
            "futuresType": "U_MARGINED",
            "rateLimits": [
                {"rateLimitType": kind, "interval": unit, "intervalNum": n, "limit": most}
                for kind, unit, n, most in limits
            ],
            "exchangeFilters": [],
            "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
            "symbols": [pair.contract.info() for pair in self.market.pairs.values()],
        }

    def _klines(self, request: web.Request) -> Any:
        """Return klines.

        Raises:
            RefusedError: the interval is none of the exchange's.
        """
        pair, query = self.pair(request), request.query
        text = query.get("interval", "")
        if text not in _INTERVALS:
            raise RefusedError(-1120, "Invalid interval.")
        length = interval_ms(text)
        limit = min(1500, int(query.get("limit", 500)))
        now = self.market.now()
        end = min(now, int(query.get("endTime", now)))
        start = int(query.get("startTime", end - end % length - (limit - 1) * length))
        first = -(-start // length) * length
        count = min(limit, (end - first) // length + 1)
        found = pair.history.candles(length, first, count, now)
        return [kline_row(pair.contract, candle, length) for candle in found]

    def _depth(self, request: web.Request) -> Any:
        """Return a snapshot of the book.

        Raises:
            RefusedError: the limit is none of the exchange's.
        """
        limit = int(request.query.get("limit", 500))
        if limit not in _DEPTHS:
            raise RefusedError(-4021, f"Invalid depth limit {limit}.")
        now = self.now()
        whole = self.pair(request).book.snapshot(limit)
        last = whole.pop("lastUpdateId")
        return {"lastUpdateId": last, "E": now, "T": now - 1, **whole}

    def _ticker(self, request: web.Request) -> Any:
        """Return the statistics of 24 hours."""
        return self._each(request, lambda pair: tellings.day(pair, self.now()))

    def _bests(self, request: web.Request) -> Any:
        """Return best bids and asks."""
        return self._each(request, self._best)

    def _price(self, request: web.Request) -> Any:
        """Return last prices."""
        return self._each(
            request,
            lambda pair: {"symbol": pair.contract.id, "time": self.now(),
                          "price": str(pair.contract.price(pair.last))},
        )  # fmt: skip

    def _premium(self, request: web.Request) -> Any:
        """Return mark prices and coming funding."""
        return self._each(request, lambda pair: tellings.premium(pair, self.now()))

    def _funding(self, request: web.Request) -> Any:
        """Return past funding."""
        pair, query, now = self.pair(request), request.query, self.market.now()
        limit = min(_MOST_FUNDING, int(query.get("limit", 100)))
        end = min(int(query.get("endTime", now)), pair.next_funding - 1)
        newest = end // INTERVAL_MS * INTERVAL_MS
        start = int(query.get("startTime", newest - (limit - 1) * INTERVAL_MS))
        first = -(-start // INTERVAL_MS) * INTERVAL_MS
        times = range(first, newest + 1, INTERVAL_MS)[:limit]
        tick = float(pair.contract.tick)
        return [
            pair.funding.row(pair.contract.id, at, pair.exact_price(round(pair.walk.at(at) / tick)))
            for at in times
        ]

    def _trades(self, request: web.Request) -> Any:
        """Return the newest trade."""
        pair = self.pair(request)
        price, qty = pair.contract.price(pair.last), pair.contract.qty(pair.last_qty)
        return [{"id": pair.trade_id, "price": str(price), "qty": str(qty), "time": self.now(),
                 "quoteQty": str(price * qty), "isBuyerMaker": False}]  # fmt: skip

    def _agg_trades(self, request: web.Request) -> Any:
        """Return the newest trade as an aggregate."""
        pair = self.pair(request)
        price, qty = pair.contract.price(pair.last), pair.contract.qty(pair.last_qty)
        return [{"a": pair.trade_id, "p": str(price), "q": str(qty), "f": pair.trade_id,
                 "l": pair.trade_id, "T": self.now(), "m": False}]  # fmt: skip

    def _open_interest(self, request: web.Request) -> Any:
        """Return a plausible open interest."""
        return {"symbol": self.pair(request).contract.id, "openInterest": "100000.000",
                "time": self.now()}  # fmt: skip

    def _best(self, pair: Pair) -> Any:
        told = tellings.best(pair.book, self.now())
        return {"symbol": told["s"], "bidPrice": told["b"], "bidQty": told["B"],
                "askPrice": told["a"], "askQty": told["A"], "time": told["E"],
                "lastUpdateId": told["u"]}  # fmt: skip

    def _each(self, request: web.Request, make: Callable[[Pair], Any]) -> Any:
        if "symbol" in request.query:
            return make(self.pair(request))
        return [make(pair) for pair in self.market.pairs.values()]


def _answering(
    make: Callable[[web.Request], Any],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return reply(make(request))

    return handle
