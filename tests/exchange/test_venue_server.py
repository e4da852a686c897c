"""Each of the venue's faults, as ccxt meets it; and the venue as a program."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import ccxt
import pytest

from tests.exchange.venue import KEY, Venue, venue_server
from tests.exchange.venue_desk import BTC, Listener, client, moving, until
from utils.clock import SetClock

START = 1_790_000_000_000
MINUTE = 60_000
Scene = Callable[[Venue, Any], Coroutine[Any, Any, None]]


def played(scene: Scene, **how: Any) -> None:
    """Play *scene* at a venue with ccxt at its door."""

    async def run() -> None:
        async with venue_server(rate_hz=0, **how) as venue, client(venue) as exchange:
            await scene(venue, exchange)

    asyncio.run(run())


async def frames(venue: Venue, stream: str, count: int) -> list[aiohttp.WSMessage]:
    """Return the next *count* raw messages of *stream* while the market moves."""
    url = f"{venue.url}/ws/{stream}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        await until(lambda: bool(venue.hub.connections))
        return [await moving(venue, ws.receive()) for _ in range(count)]


async def watched_for_ever(venue: Venue, exchange: Any) -> None:
    """Watch the book until an error comes of it."""
    while True:
        await moving(venue, exchange.watch_order_book(BTC))


def ids(messages: list[aiohttp.WSMessage]) -> list[tuple[int, int]]:
    """Return pu and u of each diff."""
    return [(diff["pu"], diff["u"]) for diff in (json.loads(one.data) for one in messages)]


# -- streams


def test_a_gap_makes_ccxt_drop_its_book_and_take_a_new_one() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        await moving(venue, exchange.watch_order_book(BTC))
        venue.faults.gap("btcusdt@depth")
        with pytest.raises(ccxt.ChecksumError):
            await watched_for_ever(venue, exchange)
        book = await moving(venue, exchange.watch_order_book(BTC))
        assert book["nonce"] is not None

    played(scene)


def test_a_duplicate_arrives_twice_and_harms_no_book() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.duplicate("btcusdt@depth", times=2)
        (first, again, second, _third) = ids(await frames(venue, "btcusdt@depth@100ms", 4))
        assert first == again
        assert second[0] == first[1]
        await moving(venue, exchange.watch_order_book(BTC))
        venue.faults.duplicate("btcusdt@depth", times=3)
        for _ in range(4):
            await moving(venue, exchange.watch_order_book(BTC))

    played(scene)


def test_two_messages_change_places() -> None:
    async def scene(venue: Venue, _exchange: Any) -> None:
        venue.faults.reorder("btcusdt@depth")
        (later, sooner, after) = ids(await frames(venue, "btcusdt@depth@100ms", 3))
        assert later[0] == sooner[1]
        assert after[0] == later[1]

    played(scene)


def test_a_stalled_stream_is_silent_while_others_go_on() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        await moving(venue, exchange.watch_trades(BTC))
        venue.faults.stall("btcusdt@trade")
        silent = asyncio.ensure_future(exchange.watch_trades(BTC))
        for _ in range(5):
            await moving(venue, exchange.watch_order_book(BTC))
        assert not silent.done()
        venue.faults.clear()
        await moving(venue, silent)

    played(scene)


@pytest.mark.parametrize("fault", ["half", "garbage"])
def test_broken_messages_arrive_as_they_are(fault: str) -> None:
    async def scene(venue: Venue, _exchange: Any) -> None:
        venue.faults.order(fault, {"stream": "btcusdt@depth"})
        (broken, whole) = await frames(venue, "btcusdt@depth@100ms", 2)
        if fault == "half":
            with pytest.raises(json.JSONDecodeError):
                json.loads(broken.data)
        else:
            assert broken.type == aiohttp.WSMsgType.BINARY
        assert json.loads(whole.data)["e"] == "depthUpdate"

    played(scene)


@pytest.mark.parametrize("fault", ["half", "garbage"])
def test_one_broken_message_stops_ccxt_reading_without_a_word(
    fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What everybody who watches through ccxt has to guard against."""

    async def scene(venue: Venue, exchange: Any) -> None:
        await moving(venue, exchange.watch_trades(BTC))
        silent = asyncio.ensure_future(exchange.watch_trades(BTC))
        venue.faults.order(fault, {"stream": "btcusdt@trade"})
        await moving(venue, until(lambda: "Exception in callback" in caplog.text))
        for _ in range(3):
            await moving(venue, exchange.watch_order_book(BTC))
        assert not silent.done()
        silent.cancel()

    played(scene)


def test_a_dropped_connection_is_a_network_error_and_the_next_watch_connects_anew() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        await moving(venue, exchange.watch_order_book(BTC))
        venue.faults.hang_up()
        with pytest.raises(ccxt.NetworkError):
            await watched_for_ever(venue, exchange)
        assert await moving(venue, exchange.watch_order_book(BTC))

    played(scene)


@pytest.mark.parametrize("seconds", [600, None])
def test_connections_end_every_so_often_and_after_a_day(seconds: int | None) -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        await moving(venue, exchange.watch_order_book(BTC))
        if seconds is not None:
            venue.faults.disconnect_every(seconds)
        venue.clock.advance((seconds or 24 * 3600) * 1000 - 500)
        await moving(venue, exchange.watch_order_book(BTC))
        venue.clock.advance(500)
        with pytest.raises(ccxt.NetworkError):
            await watched_for_ever(venue, exchange)

    played(scene, clock=SetClock(START))


def test_a_strange_subscription_is_an_error() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        exchange.options["watchTrades"]["name"] = "nonsense"
        url = exchange.urls["api"]["ws"]["linear"].replace("/ws", "/public/ws")
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
            await ws.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@kline_1m"], "id": 7})
            told = await ws.receive_json()
            assert [told["id"], told["error"]["code"]] == [7, 2]
            await ws.send_str("{")
            assert (await ws.receive_json())["error"]["msg"] == "Invalid JSON"
            await ws.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 8})
            assert await ws.receive_json() == {"result": None, "id": 8}
            await ws.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 9})
            assert (await ws.receive_json())["result"] == ["btcusdt@trade"]
        assert venue.hub.sent == 0

    played(scene)


# -- answers


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, -1003, ccxt.DDoSProtection), (418, -1003, ccxt.DDoSProtection),
        (500, -1000, ccxt.OperationFailed), (502, None, ccxt.ExchangeNotAvailable),
        (503, -1016, ccxt.BadRequest), (403, None, ccxt.NetworkError),
        (451, 0, ccxt.NetworkError),
    ],
)  # fmt: skip
def test_an_error_status_reaches_ccxt(status: int, code: int | None, kind: type[Exception]) -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.http(status, "/time", code=code, text="as ordered", retry_after_s=7)
        with pytest.raises(kind, match="as ordered"):
            await exchange.fetch_time()
        assert exchange.last_response_headers["Retry-After"] == "7"
        assert await exchange.fetch_time()

    played(scene)


def test_who_asks_too_much_gets_429_and_then_a_ban() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.guard.limit = venue.guard.used + 10
        statuses = []
        for _ in range(40):
            try:
                await exchange.fetch_time()
                statuses.append(200)
            except ccxt.DDoSProtection as error:
                statuses.append(418 if " 418 " in str(error) else 429)
        assert statuses == [200] * 10 + [429] * 20 + [418] * 10
        assert int(exchange.last_response_headers["Retry-After"]) > 60
        venue.clock.advance(130_000)
        assert await exchange.fetch_time()
        assert exchange.last_response_headers["X-MBX-USED-WEIGHT-1M"] == "1"

    played(scene, clock=SetClock(START))


def test_maintenance_lasts_until_it_is_over() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.maintenance()
        for _ in range(2):
            with pytest.raises(ccxt.BaseError, match="-1016"):
                await exchange.fetch_time()
        with pytest.raises(ccxt.NetworkError):
            await moving(venue, exchange.watch_order_book(BTC))
        venue.faults.clear()
        assert await exchange.fetch_time()

    played(scene)


async def buy(exchange: Any) -> Any:
    return await exchange.create_order(BTC, "market", "buy", 0.01, None, {"clientOrderId": "one"})


def test_an_order_is_taken_though_its_answer_is_lost() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.lose_answer()
        with pytest.raises(ccxt.NetworkError):
            await buy(exchange)
        assert [order.client_id for order in venue.account().orders] == ["one"]
        found = await exchange.fetch_order("", BTC, {"origClientOrderId": "one"})
        assert found["status"] == "closed"

    played(scene)


@pytest.mark.parametrize("carried_out", [True, False])
def test_minus_1007_says_nothing_of_whether_the_order_was_taken(*, carried_out: bool) -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.unknown_outcome(carried_out=carried_out)
        with pytest.raises(ccxt.BaseError, match="-1007"):
            await buy(exchange)
        assert len(venue.account().orders) == carried_out

    played(scene)


def test_a_request_that_is_cut_off_does_nothing() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.cut_request("/order", method="POST")
        with pytest.raises(ccxt.NetworkError):
            await buy(exchange)
        assert not venue.account().orders

    played(scene)


def test_an_order_may_be_refused_for_a_reason_of_the_exchanges_own() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.refuse_order(-2010, "NEW_ORDER_REJECTED")
        with pytest.raises(ccxt.ExchangeError, match="-2010"):
            await buy(exchange)
        assert (await buy(exchange))["status"] == "closed"

    played(scene)


def test_an_order_may_be_filled_in_part_and_taken_back() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.partial(0.3)
        order = await buy(exchange)
        assert [order["status"], order["filled"]] == ["expired", 0.003]
        venue.faults.partial(0.5)
        price = float(venue.market[BTC].mark) * 1.01
        limit = await exchange.create_order(BTC, "limit", "buy", 0.01, price)
        assert [limit["status"], limit["filled"]] == ["canceled", 0.005]

    played(scene)


def test_a_fill_may_be_told_before_and_after_the_order_is_answered() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        async with Listener(exchange.watch_orders) as orders:
            await until(lambda: bool(venue.streams.connections(venue.account())))
            venue.faults.fill_before_ack(0.1)
            asked = asyncio.ensure_future(buy(exchange))
            await until(lambda: any(one["status"] == "closed" for one in orders.got))
            assert not asked.done()
            assert (await asked)["status"] == "closed"
            venue.faults.clear()
            venue.faults.fill_after_ack(0.1)
            seen = len(orders.got)
            assert (await exchange.create_order(BTC, "market", "buy", 0.01))["filled"] == 0.01
            assert len(orders.got) == seen
            await until(lambda: len(orders.got) > seen)

    played(scene)


# -- listen keys and time


@pytest.mark.parametrize("quietly", [False, True])
def test_a_listen_key_expires_with_and_without_a_word(*, quietly: bool) -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        key = (await exchange.fapiPrivatePostListenKey())["listenKey"]
        url = f"{venue.url}/private/ws?listenKey={key}"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
            await until(lambda: bool(venue.streams.connections(venue.account())))
            venue.faults.expire_listen_keys(quietly=quietly)
            venue.market.step()
            venue.trade(BTC, "0.01")
            if not quietly:
                told = await ws.receive_json()
                assert [told["e"], told["listenKey"]] == ["listenKeyExpired", key]
            with pytest.raises(TimeoutError):
                await ws.receive(timeout=0.05)
        with pytest.raises(ccxt.ExchangeError, match="-1125"):
            await exchange.fapiPrivatePutListenKey()
        assert (await exchange.fapiPrivatePostListenKey())["listenKey"] != key

    played(scene)


def test_a_listen_key_lives_for_an_hour_after_it_was_last_renewed() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        account = venue.account()
        key = (await exchange.fapiPrivatePostListenKey())["listenKey"]
        venue.market.step(ms=59 * MINUTE)
        await exchange.fapiPrivatePutListenKey()
        venue.market.step(ms=59 * MINUTE)
        assert account.listen_key == key
        assert (await exchange.fapiPrivatePostListenKey())["listenKey"] == key
        venue.market.step(ms=60 * MINUTE)
        assert account.listen_key is None

    played(scene, clock=SetClock(START))


def test_a_clock_that_is_off_shows_in_every_time() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.faults.clock_off(5 * MINUTE)
        ticker = await moving(venue, exchange.watch_mark_price(BTC))
        assert ticker["timestamp"] == START + 5 * MINUTE
        assert await exchange.fetch_time() == START + 5 * MINUTE

    played(scene, clock=SetClock(START))


def test_requests_are_seen_without_their_signatures() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        await buy(exchange)
        seen = venue.seen[-1]
        assert [seen.method, seen.path, seen.key] == ["POST", "/fapi/v1/order", KEY]
        assert seen.params["newClientOrderId"] == "one"
        assert "signature" not in seen.params

    played(scene)


# -- as a program


async def asked(url: str) -> None:
    async with aiohttp.ClientSession(url) as session:
        price = {"symbol": "BTCUSDT", "price": "50000"}
        async with session.post("/_market", json=price) as answer:
            assert (await answer.json())["at"] > 0
        fault = {"do": "http", "args": {"status": 500, "path": "/time"}}
        async with session.post("/_faults", json=fault) as answer:
            assert answer.status == 200
        async with session.get("/fapi/v1/time") as answer:
            assert answer.status == 500
        async with session.get("/_seen") as answer:
            assert (await answer.json())[-1]["path"] == "/fapi/v1/time"
        async with session.get("/_account") as answer:
            assert (await answer.json())["wallet"] == "10000"


def test_it_runs_as_a_program_and_takes_orders_for_faults() -> None:
    command = [sys.executable, "-m", "tests.exchange.venue", "--port", "0", "--symbols", "BTCUSDT"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            asyncio.run(asked(server.stdout.readline().strip()))
        finally:
            server.send_signal(signal.SIGTERM)
    assert server.returncode == 0
