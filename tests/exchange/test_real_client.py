import asyncio
import decimal
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from typing_extensions import override

from exchange.real.client import ExchangeClient
from exchange.real.errors import (
    AuthRefused,
    ExchangeError,
    Maintenance,
    OutcomeUnknown,
    RateLimited,
    RegionRefused,
    Rejected,
    Unreachable,
    translated,
)
from exchange.real.keys import Keys
from exchange.real.taps import RawMessage
from exchange.real.venue import Venue as At
from tests.exchange.venue import Venue, venue_server
from utils.clock import ScaledClock, SystemClock

BTC = "BTC/USDT:USDT"
KEYS = Keys("key-of-a-test", "secret-of-a-test")


class HastyClock(SystemClock):
    """Waits shortly however long it is asked to, keeps what it was asked, and may be stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.stopped_at: int | None = None

    @override
    def now(self) -> int:
        return super().now() if self.stopped_at is None else self.stopped_at

    def stop_early_in_a_minute(self) -> None:
        self.stopped_at = super().now() // 60_000 * 60_000 + 1_000

    @override
    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(0.01 if seconds < 60 else 600)


def with_client(
    story: Callable[[ExchangeClient, Venue], Awaitable[None]], keys: Keys | None = None
) -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0) as venue:
            client = await ExchangeClient.open(At("binanceusdm", url=venue.url), HastyClock(), keys)
            try:
                await client.call("load_markets")
                await story(client, venue)
            finally:
                await client.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def asked(venue: Venue, part: str) -> int:
    return sum(part in one.path for one in venue.seen)


def test_a_question_is_answered_and_its_weight_counted() -> None:
    async def story(client: ExchangeClient, venue: Venue) -> None:
        assert isinstance(client.clock, HastyClock)
        client.clock.stop_early_in_a_minute()
        rows = await client.call("fetch_ohlcv", BTC, "1m", None, 3)
        assert len(rows) == 3
        health = client.health()
        assert (health.reachable, health.note, health.banned_until) == (True, "", None)
        assert health.used_weight == client.used_weight == venue.guard.used
        client.clock.stopped_at = client.clock.now() + 60_000
        assert client.used_weight == 0

    with_client(story)


def test_a_question_is_asked_again_while_the_exchange_is_in_trouble() -> None:
    async def story(client: ExchangeClient, venue: Venue) -> None:
        venue.faults.http(502, "/klines", times=2)
        assert await client.call("fetch_ohlcv", BTC, "1m", None, 3)
        assert asked(venue, "/klines") == 3
        venue.faults.cut_request("/klines", times=3)
        with pytest.raises(Unreachable):
            await client.call("fetch_ohlcv", BTC, "1m", None, 3)
        assert not client.health().reachable
        assert "cannot be reached" in client.health().note

    with_client(story)


@pytest.mark.parametrize("status", [429, 418])
def test_nothing_goes_out_while_the_exchange_wants_silence(status: int) -> None:
    async def story(client: ExchangeClient, venue: Venue) -> None:
        venue.faults.http(status, "/klines", retry_after_s=7)
        with pytest.raises(RateLimited) as told:
            await client.call("fetch_ohlcv", BTC)
        left_ms = told.value.until_ms - client.clock.now()
        assert 0 < left_ms <= 7000
        assert client.banned_until == told.value.until_ms
        seen = len(venue.seen)
        for method in ("fetch_time", "fetch_ohlcv", "fetch_order_book"):
            with pytest.raises(RateLimited, match="left alone"):
                await client.call(method, *([BTC] if method != "fetch_time" else []))
        with pytest.raises(Exception, match="left alone"):
            await client.api.watch_trades(BTC)  # its connection is not dialled either
        assert len(venue.seen) == seen
        assert client.health().banned_until is not None

    with_client(story)


def test_a_ban_that_tells_no_end_doubles() -> None:
    async def story(client: ExchangeClient, _: Venue) -> None:
        guard, now = client.connections.guard, client.clock.now()
        guard.heard(429, {}, "")
        first = (guard.banned_until or 0) - now
        guard.heard(429, {}, "")
        assert (guard.banned_until or 0) - now >= 2 * first - 1000
        guard.heard(418, {}, f'{{"code":-1003,"msg":"banned until {now + 7_200_000}."}}')
        assert guard.banned_until == now + 7_200_000

    with_client(story)


def test_a_full_minute_is_waited_for() -> None:
    async def story(client: ExchangeClient, _: Venue) -> None:
        guard, clock = client.connections.guard, client.clock
        assert isinstance(clock, HastyClock)
        clock.stop_early_in_a_minute()
        guard.heard(200, {"X-MBX-USED-WEIGHT-1M": "2200"}, "")
        clock.waits.clear()
        waiting = asyncio.create_task(guard.admit(20))
        while not clock.waits:
            await asyncio.sleep(0)
        assert clock.waits == [59.0]
        guard.heard(200, {"x-mbx-used-weight-1m": "1"}, "")
        await waiting

    with_client(story)


def test_an_order_does_not_wait_behind_questions() -> None:
    async def story(client: ExchangeClient, venue: Venue) -> None:
        guard, clock = client.connections.guard, client.clock
        assert isinstance(clock, HastyClock)
        clock.stop_early_in_a_minute()
        guard.heard(200, {"X-MBX-USED-WEIGHT-1M": "2300"}, "")
        await client.call("create_order", BTC, "limit", "buy", 0.01, 30_000)
        guard.heard(200, {"X-MBX-USED-WEIGHT-1M": "2400"}, "")
        before = asked(venue, "/order")
        with pytest.raises(RateLimited, match="used up") as told:
            await client.call("create_order", BTC, "limit", "buy", 0.01, 30_000)
        assert told.value.until_ms - clock.now() == 59_000
        assert asked(venue, "/order") == before

    with_client(story, KEYS)


def test_the_difference_of_the_clocks_is_measured_and_corrected() -> None:
    async def story(client: ExchangeClient, venue: Venue) -> None:
        assert client.skew_ms is None
        venue.faults.clock_off(180_000)
        await client.measure_skew()
        assert client.skew_ms == pytest.approx(180_000, abs=2000)
        assert client.round_trip_ms is not None
        assert client.to_local(venue.now()) == pytest.approx(client.clock.now(), abs=2000)
        assert client.to_local(venue.now() + 60_000) <= client.clock.now()
        await client.call("fetch_balance")  # signed with the exchange's time

    with_client(story, KEYS)


def test_the_clocks_are_compared_again_every_few_minutes() -> None:
    async def run() -> None:
        clock = ScaledClock(SystemClock(), SystemClock().now(), 1000)
        async with venue_server(rate_hz=0) as venue:
            client = await ExchangeClient.open(At("binanceusdm", url=venue.url), clock)
            try:
                began = clock.now()
                await client.measure_skew()
                first = client.connections.skew.measured_at
                async with asyncio.timeout(30):
                    while client.connections.skew.measured_at == first:
                        await asyncio.sleep(0.01)
                assert client.connections.skew.measured_at - began >= 170_000
            finally:
                await client.close()

    asyncio.run(run())


def test_a_request_refused_for_its_time_is_asked_again_with_the_right_one() -> None:
    async def story(client: ExchangeClient, venue: Venue) -> None:
        await client.measure_skew()
        venue.faults.clock_off(-300_000)
        await client.call("fetch_balance")
        assert client.skew_ms == pytest.approx(-300_000, abs=2000)
        venue.faults.clock_off(300_000)
        before = asked(venue, "/order")
        with pytest.raises(Rejected) as told:
            await client.call("create_order", BTC, "limit", "buy", 0.01, 30_000)
        assert told.value.code == -1021
        assert asked(venue, "/order") == before + 1
        assert client.skew_ms == pytest.approx(300_000, abs=2000)

    with_client(story, KEYS)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (lambda faults: faults.lose_answer(), OutcomeUnknown),
        (lambda faults: faults.unknown_outcome(), OutcomeUnknown),
        (lambda faults: faults.http(500, "/order"), OutcomeUnknown),
        (lambda faults: faults.refuse_order(-2019, "Margin is insufficient."), Rejected),
        (lambda faults: faults.maintenance(), Maintenance),
        (lambda faults: faults.region(), RegionRefused),
        (lambda faults: faults.http(429, "/order", retry_after_s=1), RateLimited),
        (
            lambda faults: faults.http(
                503, "/order", text="Unknown error, please check your request or try again later."
            ),
            OutcomeUnknown,
        ),
        (
            lambda faults: faults.http(503, "/order", code=0, text="Service Unavailable."),
            Maintenance,
        ),
        (
            lambda faults: faults.http(401, "/order", code=-2015, text="Invalid API-key."),
            AuthRefused,
        ),
    ],
)
def test_an_order_is_sent_once_and_its_error_says_what_may_have_happened(
    trouble: Callable[[Any], None], kind: type[ExchangeError]
) -> None:
    async def story(client: ExchangeClient, venue: Venue) -> None:
        before = asked(venue, "/order")
        trouble(venue.faults)
        with pytest.raises(ExchangeError) as told:
            await client.call("create_order", BTC, "limit", "buy", 0.01, 30_000)
        assert type(told.value) is kind, told.value
        assert asked(venue, "/order") == before + 1
        assert "signature" not in str(told.value)
        assert told.value.__cause__ is None

    with_client(story, KEYS)


def test_an_order_that_cannot_leave_this_machine_was_not_taken() -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0) as venue:
            at = At("binanceusdm", url=venue.url)
            other = await ExchangeClient.open(at, HastyClock())
            markets = await other.call("load_markets")
            await other.close()
        client = await ExchangeClient.open(at, HastyClock(), KEYS)
        client.api.set_markets(markets)
        try:
            with pytest.raises(Unreachable):
                await client.call("create_order", BTC, "limit", "buy", 0.01, 30_000)
        finally:
            await client.close()

    asyncio.run(run())


def test_an_order_that_ccxt_itself_refuses_was_not_taken() -> None:
    async def story(client: ExchangeClient, _: Venue) -> None:
        with pytest.raises(Rejected):
            await client.call("create_order", "NO/SUCH:USDT", "limit", "buy", 0.01, 30_000)
        with pytest.raises(Rejected):
            await client.call("create_order", BTC, "limit", "buy", 0.00000001, 30_000)

    with_client(story, KEYS)


def test_what_is_no_error_of_ccxt_leaves_an_order_unknown() -> None:
    assert type(translated(KeyError("x"), writes=True)) is OutcomeUnknown
    assert type(translated(KeyError("x"))) is Unreachable


def test_ccxts_rounding_stays_with_ccxt() -> None:
    async def story(client: ExchangeClient, _: Venue) -> None:
        before = decimal.getcontext().copy()
        await client.call("create_order", BTC, "limit", "buy", 0.0105, 30_000.05)
        assert decimal.getcontext().rounding == before.rounding
        assert decimal.getcontext().traps == before.traps

    with_client(story, KEYS)


def test_whoever_listens_hears_the_wire_without_signatures() -> None:
    def fail(_: RawMessage) -> None:
        raise ZeroDivisionError

    async def story(client: ExchangeClient, _: Venue) -> None:
        heard: list[RawMessage] = []
        client.taps.append(heard.append)
        client.taps.append(fail)  # harms nobody
        await client.call("fetch_balance")
        await client.call("fetch_time")
        assert [message.private for message in heard] == [True, False]
        assert all("signature=" not in message.url for message in heard)
        assert heard[1].url.endswith("/fapi/v1/time")
        assert '"serverTime"' in str(heard[1].data)
        assert KEYS.key not in repr(heard)

    with_client(story, KEYS)
