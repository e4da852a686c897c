"""The loopback exchange's market, as ccxt reads it."""

import asyncio
from decimal import Decimal
from typing import Any

from tests.exchange.venue import MANY_SYMBOLS, Venue, venue_server
from tests.exchange.venue_desk import BTC, Listener, client, moving, until
from utils.clock import SetClock

MINUTE = 60_000
START = 1_790_000_000_000 // MINUTE * MINUTE


def floats(levels: list[list[str]]) -> list[list[float]]:
    return [[float(price), float(qty)] for price, qty in levels]


def server_book(venue: Venue) -> tuple[list[list[float]], list[list[float]]]:
    book = venue.market["BTC/USDT"].book.snapshot()
    return floats(book["bids"]), floats(book["asks"])


def test_ccxt_reads_markets_candles_funding_tiers_and_statistics() -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0) as venue, client(venue) as exchange:
            market = exchange.markets[BTC]
            assert market["precision"] == {"amount": 0.001, "price": 0.1, "base": 1e-8,
                                           "quote": 1e-8}  # fmt: skip
            assert market["limits"]["cost"]["min"] == 100
            candles = await exchange.fetch_ohlcv(BTC, "1m", limit=100)
            times = [candle[0] for candle in candles]
            assert times == list(range(times[0], times[0] + 100 * MINUTE, MINUTE))
            assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in candles)
            past = await exchange.fetch_funding_rate_history(BTC, limit=5)
            assert len(past) == 5
            now = await exchange.fetch_funding_rate(BTC)
            assert now["fundingTimestamp"] == venue.market[BTC].next_funding
            tiers = (await exchange.fetch_leverage_tiers([BTC]))[BTC]
            assert [tier["maxLeverage"] for tier in tiers][:2] == [125, 100]
            day = await exchange.fetch_ticker(BTC)
            assert day["low"] <= day["last"] <= day["high"]
            assert day["quoteVolume"] > 0
            assert abs(await exchange.fetch_time() - venue.now()) < 5_000

    asyncio.run(run())


def test_thirty_days_of_minutes_come_in_pages_and_fit_the_longer_candles() -> None:
    async def run() -> None:
        async with (
            venue_server(rate_hz=0, clock=SetClock(START)) as venue,
            client(venue) as exchange,
        ):
            since = START - 30 * 24 * 60 * MINUTE
            first = await exchange.fetch_ohlcv(BTC, "1m", since=since, limit=1000)
            assert [first[0][0], len(first)] == [since, 1000]
            again = await exchange.fetch_ohlcv(BTC, "1m", since=since + MINUTE, limit=5)
            assert again == first[1:6]
            fives = await exchange.fetch_ohlcv(BTC, "5m", since=since, limit=3)
            begin = -(-since // (5 * MINUTE)) * 5 * MINUTE
            offset = (begin - since) // MINUTE
            parts = first[offset : offset + 5]
            assert fives[0][0] == begin
            assert fives[0][1:5] == [
                parts[0][1], max(row[2] for row in parts), min(row[3] for row in parts),
                parts[-1][4],
            ]  # fmt: skip

    asyncio.run(run())


def test_two_venues_of_one_seed_have_the_same_past() -> None:
    async def read() -> Any:
        async with (
            venue_server(rate_hz=0, clock=SetClock(START), seed=5) as venue,
            client(venue) as exchange,
        ):
            return await exchange.fetch_ohlcv(BTC, "1m", limit=50)

    assert asyncio.run(read()) == asyncio.run(read())


def test_ccxt_watches_every_public_stream() -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0) as venue, client(venue) as exchange:
            ticker, book, trades, candles, mark, best = await moving(
                venue,
                asyncio.gather(
                    exchange.watch_ticker(BTC), exchange.watch_order_book(BTC),
                    exchange.watch_trades(BTC), exchange.watch_ohlcv(BTC, "1m"),
                    exchange.watch_mark_price(BTC), exchange.watch_bids_asks([BTC]),
                ),
            )  # fmt: skip
            assert ticker["info"]["e"] == "24hrMiniTicker"
            assert book["bids"][0][0] < book["asks"][0][0]
            assert trades[-1]["amount"] > 0
            assert candles[-1][0] % MINUTE == 0
            assert mark["info"]["T"] == venue.market[BTC].next_funding
            assert mark["indexPrice"] > 0
            assert best[BTC]["bid"] < best[BTC]["ask"]

    asyncio.run(run())


def test_the_watched_book_is_the_venues_after_many_steps_and_jumps() -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0) as venue, client(venue) as exchange:
            await moving(venue, exchange.watch_order_book(BTC))
            async with Listener(lambda: exchange.watch_order_book(BTC)) as books:
                for n in range(60):
                    venue.market.step()
                    if n % 20 == 10:
                        venue.market.go_to(BTC, 60_000 + 100 * n)
                    await asyncio.sleep(0)
                last = venue.market[BTC].book.last_id
                await until(lambda: exchange.orderbooks[BTC]["nonce"] == last)
                book = exchange.orderbooks[BTC]
                assert (list(book["bids"]), list(book["asks"])) == server_book(venue)
            assert not books.errors

    asyncio.run(run())


def test_a_minute_closes_on_the_stream_as_rest_tells_it_later() -> None:
    async def run() -> None:
        async with (
            venue_server(rate_hz=0, clock=SetClock(START)) as venue,
            client(venue) as exchange,
        ):
            exchange.options["OHLCVLimit"] = 1000
            await moving(venue, exchange.watch_ohlcv(BTC, "1m"), ms=1000)
            async with Listener(lambda: exchange.watch_ohlcv(BTC, "1m")):
                venue.market.step(190, ms=1000)
                await until(lambda: exchange.ohlcvs[BTC]["1m"][-1][0] >= START + 3 * MINUTE)
                watched = [list(row) for row in exchange.ohlcvs[BTC]["1m"]][:3]
            told = await exchange.fetch_ohlcv(BTC, "1m", since=watched[0][0], limit=3)
            assert watched == told

    asyncio.run(run())


def test_a_price_that_is_set_is_where_the_market_stays() -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0, clock=SetClock(START)) as venue:
            venue.market.go_to("BTC/USDT", "50000.0")
            venue.market.step(5, ms=100)
            pair = venue.market["BTCUSDT"]
            assert abs(pair.contract.price(pair.last) - 50_000) < 50
            assert abs(pair.mark - Decimal(50_000)) < 50

    asyncio.run(run())


def test_funding_is_settled_at_its_time_and_remembered() -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0, clock=SetClock(START)) as venue:
            pair = venue.market["BTCUSDT"]
            at = pair.next_funding
            pair.funding.rates[at] = Decimal("0.00012300")
            venue.market.step(ms=at - venue.now())
            async with client(venue) as exchange:
                (row,) = await exchange.fetch_funding_rate_history(BTC, since=at, limit=1)
            assert row["fundingRate"] == 0.000123
            assert 0 <= row["timestamp"] - at < 10
            assert pair.next_funding == at + 8 * 60 * MINUTE

    asyncio.run(run())


def test_twenty_contracts_live_at_once() -> None:
    async def run() -> None:
        async with venue_server(MANY_SYMBOLS, rate_hz=0) as venue:
            venue.market.step(3)
            for pair in venue.market.pairs.values():
                bid, ask = pair.book.bids.best(), pair.book.asks.best()
                assert bid is not None
                assert ask is not None
                assert bid < ask
                contract = pair.contract
                assert abs(contract.price(pair.mid) / contract.start_price - 1) < Decimal("0.5")

    asyncio.run(run())


def test_a_market_left_to_itself_moves_at_its_rate() -> None:
    async def run() -> None:
        async with venue_server(rate_hz=200) as venue, client(venue) as exchange:
            async with asyncio.timeout(30):
                first = await exchange.watch_order_book(BTC)
                nonce = first["nonce"]
                while (await exchange.watch_order_book(BTC))["nonce"] <= nonce:
                    pass

    asyncio.run(run())
