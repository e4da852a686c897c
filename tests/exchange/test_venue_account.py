"""The loopback exchange's accounts, as ccxt trades at it and as its books say."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.venue import Venue, make_venue, venue_server
from tests.exchange.venue.guard import RefusedError
from tests.exchange.venue_desk import BTC, Listener, client, until
from utils.clock import SetClock

START = 1_790_000_000_000
HOUR = 3_600_000
Scene = Callable[[Venue, Any], Coroutine[Any, Any, None]]


def played(scene: Scene, **how: Any) -> None:
    """Play *scene* at a venue with ccxt at its door."""

    async def run() -> None:
        async with venue_server(rate_hz=0, **how) as venue, client(venue) as exchange:
            await scene(venue, exchange)

    asyncio.run(run())


def still() -> Venue:
    """Return a venue in which nobody else does anything, without a server."""
    venue = make_venue(["BTCUSDT"], rate_hz=0, clock=SetClock(START))
    venue.market.activity.still = True
    return venue


def test_a_round_trip_with_stop_and_target_is_booked_to_the_last_digit() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        account = venue.account()
        venue.market.go_to(BTC, 60_000)
        bought = await exchange.create_order(BTC, "market", "buy", 0.01)
        stop = await exchange.create_order(
            BTC, "market", "sell", 0.01, None, {"stopLossPrice": 59_000, "reduceOnly": True}
        )
        target = await exchange.create_order(
            BTC, "limit", "sell", 0.01, 61_000, {"reduceOnly": True}
        )
        assert [bought["status"], stop["status"], target["status"]] == ["closed", "open", "open"]
        waiting = await exchange.fetch_open_orders(BTC, params={"trigger": True})
        assert [order["id"] for order in waiting] == [stop["id"]]
        venue.market.go_to(BTC, 61_010)
        sold = await exchange.fetch_order(target["id"], BTC)
        assert [sold["status"], sold["average"]] == ["closed", 61_000.0]
        assert account.held == {}
        entry, exit_ = account.trades[0], account.trades[-1]
        assert exit_.maker
        paid = entry.qty * entry.price * Decimal("0.0005")
        given = exit_.qty * exit_.price * Decimal("0.0002")
        gross = entry.qty * (exit_.price - entry.price)
        assert account.wallet == Decimal(10_000) + gross - paid - given
        await exchange.cancel_order(stop["id"], BTC, {"trigger": True})
        assert (await exchange.fetch_balance())["USDT"]["total"] == float(account.wallet)
        mine = await exchange.fetch_my_trades(BTC)
        assert [trade["id"] for trade in mine] == [str(fill.id) for fill in account.trades]

    played(scene)


def test_the_user_stream_tells_orders_balance_and_positions() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        async with (
            Listener(exchange.watch_orders) as orders,
            Listener(exchange.watch_positions) as positions,
            Listener(exchange.watch_balance) as balances,
        ):
            await until(lambda: bool(venue.streams.connections(venue.account())))
            await exchange.create_order(BTC, "market", "buy", 0.02)
            await until(lambda: any(order["status"] == "closed" for order in orders.got))
            await until(lambda: bool(positions.got) and bool(balances.got))
            assert positions.got[-1]["contracts"] == 0.02
            wallet = float(venue.account().wallet)
            await until(lambda: balances.got[-1]["USDT"]["total"] == wallet)

    played(scene)


def events_of(venue: Venue) -> list[dict[str, Any]]:
    """Return a list that grows by what accounts are told from now on."""
    told: list[dict[str, Any]] = []
    venue.matching.tell = lambda _account, events: told.extend(events)
    return told


def kinds(told: list[dict[str, Any]]) -> list[str]:
    """Return what *told* is, in short."""
    short = []
    for event in told:
        order = event.get("o", {})
        word = order.get("X", "") if event["e"] in {"ORDER_TRADE_UPDATE", "ALGO_UPDATE"} else ""
        short.append(f"{event['e']} {word}".strip())
    return short


def test_a_taker_fill_is_told_as_the_exchange_tells_it() -> None:
    venue = still()
    told = events_of(venue)
    order = venue.trade("BTC/USDT", "0.002")
    assert kinds(told) == [
        "TRADE_LITE", "ORDER_TRADE_UPDATE NEW", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE FILLED",
    ]  # fmt: skip
    assert {event["T"] for event in told} == {START}
    assert told[-1]["o"]["t"] == venue.account().trades[0].id
    assert order.status == "FILLED"


def test_a_stop_is_triggered_filled_and_finished() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        await exchange.create_order(BTC, "market", "buy", 0.01)
        price = venue.market[BTC].contract.price(venue.market[BTC].last)
        stop = await exchange.create_order(
            BTC, "market", "sell", 0.01, None,
            {"stopLossPrice": float(price) * 0.99, "clientOrderId": "my-stop", "reduceOnly": True},
        )  # fmt: skip
        told = events_of(venue)
        venue.market.go_to(BTC, price * Decimal("0.985"))
        assert [word for word in kinds(told) if word.startswith("ALGO")] == [
            "ALGO_UPDATE TRIGGERING", "ALGO_UPDATE TRIGGERED", "ALGO_UPDATE FINISHED",
        ]  # fmt: skip
        child = venue.account().algos[0].child
        assert [child.client_id, child.status] == ["my-stop", "FILLED"]
        found = await exchange.fetch_order(stop["id"], BTC, {"trigger": True})
        assert found["status"] == "closed"
        assert venue.account().held == {}

    played(scene)


def test_a_conditional_order_waits_for_its_side_of_the_price() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.market.go_to(BTC, 60_000)
        with pytest.raises(ccxt.ExchangeError, match="-2021"):
            await exchange.create_order(BTC, "market", "sell", 1, None, {"stopLossPrice": 61_000})
        await exchange.create_order(BTC, "market", "sell", 0.01)
        await exchange.create_order(
            BTC, "market", "buy", 0.01, None,
            {"takeProfitPrice": 59_000, "closePosition": True, "workingType": "MARK_PRICE"},
        )  # fmt: skip
        venue.market.go_to(BTC, 59_500)
        assert venue.account().held == {"BTCUSDT": Decimal("-0.010")}
        venue.market.go_to(BTC, 58_900)
        assert venue.account().held == {}
        venue.market.go_to(BTC, 60_000)
        await exchange.create_order(BTC, "market", "buy", 0.01)
        await exchange.create_order(BTC, "market", "sell", 0.01, None, {"trailingPercent": 1})
        for price in (60_500, 61_000, 60_600):
            venue.market.go_to(BTC, price)
        assert venue.account().held == {"BTCUSDT": Decimal("0.010")}
        venue.market.go_to(BTC, 60_300)
        assert venue.account().held == {}

    played(scene)


def test_a_resting_order_waits_behind_others_and_is_filled_in_parts() -> None:
    venue = still()
    book = venue.market["BTC/USDT"].book
    best = book.bids.best()
    assert best is not None
    ahead = book.bids.others[best]
    contract = book.contract
    mine = venue.trade("BTC/USDT", "0.010", contract.price(best))
    other = venue.account("key-of-another-test", "s")
    venue.trade("BTC/USDT", -contract.qty(ahead), contract.price(best), key=other.key)
    assert mine.status == "NEW"
    venue.trade("BTC/USDT", "-0.004", contract.price(best), key=other.key)
    assert [mine.status, mine.filled_qty] == ["PARTIALLY_FILLED", Decimal("0.004")]
    assert book.snapshot(1)["bids"][0][1] == "0.006"
    venue.matching.cancel(mine)
    assert mine.status == "CANCELED"
    assert [fill.maker for fill in venue.account().trades] == [True]
    assert other.trades[-1].id == venue.account().trades[0].id


def test_orders_that_break_a_rule_are_refused_with_its_code() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.market.go_to(BTC, 60_000)

        async def refused(code: int, *asked: Any, **params: Any) -> None:
            with pytest.raises(ccxt.ExchangeError, match=f'"code":{code},'):
                await exchange.create_order(BTC, *asked, params=params)

        await refused(-4164, "market", "buy", 0.001)
        await refused(-2019, "market", "buy", 5)
        await refused(-2022, "market", "buy", 0.01, reduceOnly=True)
        await refused(-4016, "limit", "buy", 0.01, 64_000)
        await refused(-4024, "limit", "sell", 0.01, 56_000)
        await refused(-5022, "limit", "buy", 0.01, 60_100, postOnly=True)
        await refused(-5021, "limit", "buy", 1, 60_000.1, timeInForce="FOK")
        await refused(-4061, "market", "buy", 0.01, positionSide="LONG")
        await refused(-1121, "market", "buy", 0.01, symbol="NONEUSDT")
        await exchange.create_order(BTC, "limit", "buy", 0.01, 59_000, {"clientOrderId": "once"})
        await refused(-4116, "limit", "buy", 0.01, 59_000, clientOrderId="once")
        with pytest.raises(ccxt.OrderNotFound, match="-2011"):
            await exchange.cancel_order("1", BTC)
        with pytest.raises(ccxt.OrderNotFound, match="-2013"):
            await exchange.fetch_order("1", BTC)
        venue.account().hedge = True
        assert (await exchange.fetch_position_mode(BTC))["hedged"]
        await refused(-4061, "market", "buy", 0.01)
        assert len(venue.account().orders) == 1

    played(scene)


def test_an_id_may_be_used_again_when_its_order_is_over() -> None:
    venue = still()
    first = venue.trade("BTC/USDT", "0.002", client_id="again")
    assert venue.trade("BTC/USDT", "-0.002", client_id="again").id != first.id


def test_what_cannot_rest_expires() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        book = venue.market[BTC].book
        best = book.asks.best()
        assert best is not None
        price, there = (
            float(book.contract.price(best)),
            float(book.contract.qty(book.asks.others[best])),
        )
        cut = await exchange.create_order(
            BTC, "limit", "buy", there + 0.1, price, {"timeInForce": "IOC"}
        )
        assert [cut["status"], cut["filled"]] == ["expired", there]

    played(scene)


def test_an_order_never_trades_with_its_own_account() -> None:
    venue = still()
    book = venue.market["BTC/USDT"].book
    best = book.bids.best()
    assert best is not None
    ahead = book.contract.qty(book.bids.others[best])
    mine = venue.trade("BTC/USDT", "0.010", book.contract.price(best), client_id="mine")
    venue.trade("BTC/USDT", -ahead - mine.qty)
    assert mine.status == "EXPIRED_IN_MATCH"
    assert not any(fill.maker for fill in venue.account().trades)


def test_reducing_orders_end_with_the_position() -> None:
    venue = still()
    pair = venue.market["BTC/USDT"]
    venue.trade("BTC/USDT", "0.010")
    best = pair.book.asks.best()
    assert best is not None
    price = pair.contract.price(best + 50)
    target = venue.trade("BTC/USDT", "-0.010", price, client_id="target", reduce_only=True)
    venue.trade("BTC/USDT", "-0.010", client_id="by-hand")
    assert target.status == "EXPIRED"


def test_funding_is_paid_by_longs_and_told() -> None:
    venue = still()
    pair = venue.market["BTCUSDT"]
    pair.funding.rates[pair.next_funding] = Decimal("0.0001")
    venue.account().isolated["BTCUSDT"] = True
    venue.trade("BTC/USDT", "0.010")
    venue.trade("BTC/USDT", "-0.010", key=venue.account("other", "s").key)
    told = events_of(venue)
    before = venue.account().wallet
    venue.market.step(ms=pair.next_funding - START)
    paid = before - venue.account().wallet
    assert paid == (Decimal("0.010") * pair.mark * Decimal("0.0001")).quantize(Decimal("1e-8"))
    assert [event["a"]["m"] for event in told] == ["FUNDING_FEE"] * 2
    assert [len(event["a"]["P"]) for event in told] == [1, 0]
    assert venue.account("other").income[-1].amount == paid


@pytest.mark.parametrize("isolated", [True, False])
def test_a_position_whose_margin_is_gone_is_warned_of_and_liquidated(*, isolated: bool) -> None:
    venue = make_venue(["BTCUSDT"], rate_hz=0, clock=SetClock(START))
    account = venue.account("rash", "s", "1000")
    account.leverage["BTCUSDT"] = 50
    account.isolated["BTCUSDT"] = isolated
    told = events_of(venue)
    venue.market.go_to("BTCUSDT", 60_000)
    qty = "0.100" if isolated else "0.600"
    venue.trade("BTC/USDT", qty, key="rash")
    while account.held:
        pair = venue.market["BTCUSDT"]
        venue.market.go_to("BTCUSDT", pair.contract.price(pair.last) * Decimal("0.9996"))
    assert "MARGIN_CALL" in kinds(told)
    last = [event for event in told if event["e"] == "ORDER_TRADE_UPDATE"][-1]["o"]
    assert last["c"].startswith("autoclose-")
    assert last["o"] == "LIQUIDATION"
    lost = Decimal(1000) - account.wallet
    assert account.wallet >= 0
    assert lost < 150 if isolated else lost > 500


def test_settings_of_an_account_are_kept_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        told = events_of(venue)
        monkeypatch.setattr(venue.streams, "tell", lambda _account, events: told.extend(events))
        await exchange.set_leverage(7, BTC)
        await exchange.set_margin_mode("isolated", BTC)
        with pytest.raises(ccxt.MarginModeAlreadySet):
            await exchange.set_margin_mode("isolated", BTC)
        (known,) = (await exchange.fetch_leverages([BTC])).values()
        assert [known["longLeverage"], known["marginMode"]] == [7, "isolated"]
        assert told[0]["ac"] == {"s": "BTCUSDT", "l": 7}
        await exchange.create_order(BTC, "market", "buy", 0.01)
        (position,) = await exchange.fetch_positions([BTC])
        assert position["marginMode"] == "isolated"
        assert position["liquidationPrice"] > 0
        fee = await exchange.fetch_trading_fee(BTC)
        assert [fee["maker"], fee["taker"]] == [0.0002, 0.0005]
        allowed = await exchange.sapiGetAccountApiRestrictions()
        assert allowed["enableWithdrawals"] is False

    played(scene)


def test_a_request_must_be_signed_in_time_by_a_known_key() -> None:
    async def run() -> None:
        async with venue_server(rate_hz=0) as venue:
            async with client(venue, secret="secret-of-nobody") as wrong:
                with pytest.raises(ccxt.AuthenticationError, match="-1022"):
                    await wrong.fetch_balance()
            async with client(venue, key="key-of-nobody") as unknown:
                with pytest.raises(ccxt.AuthenticationError, match="-2015"):
                    await unknown.fetch_balance()
            async with client(venue) as right:
                for off in (-180_000, 180_000):
                    venue.faults.clock_off(off)
                    with pytest.raises(ccxt.InvalidNonce, match="-1021"):
                        await right.fetch_balance()
                    await right.load_time_difference()
                    assert await right.fetch_balance()
                    right.options["timeDifference"] = 0

    asyncio.run(run())


def act_once(venue: Venue, n: int, act: str, size: int) -> None:
    """Do one thing to the venue's BTCUSDT, in the account's name or the market's."""
    pair = venue.market["BTCUSDT"]
    qty, away = Decimal(size) / 1000, size * pair.contract.tick
    price, name = pair.contract.price(pair.mid), f"n{n}"
    deeds: dict[str, Callable[[], Any]] = {
        "buy": lambda: venue.trade("BTCUSDT", qty, client_id=name),
        "sell": lambda: venue.trade("BTCUSDT", -qty, client_id=name),
        "bid": lambda: venue.trade("BTCUSDT", qty, price - away, client_id=name),
        "ask": lambda: venue.trade("BTCUSDT", -qty, price + away, client_id=name),
        "up": lambda: venue.market.go_to("BTCUSDT", price * (1 + Decimal(size) / 10_000)),
        "down": lambda: venue.market.go_to("BTCUSDT", price * (1 - Decimal(size) / 10_000)),
        "hour": lambda: venue.market.step(ms=HOUR),
        "cancel": lambda: venue.matching.cancel(venue.account().open_orders[0]),
    }  # fmt: skip
    with suppress(RefusedError, IndexError):
        deeds[act]()


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["buy", "sell", "bid", "ask", "up", "down", "cancel", "hour"]),
            st.integers(2, 40),
        ),
        max_size=30,
    )
)
def test_the_wallet_is_the_sum_of_its_income_and_positions_of_its_trades(
    acts: list[tuple[str, int]],
) -> None:
    venue = make_venue(["BTCUSDT"], rate_hz=0, clock=SetClock(START))
    account, pair = venue.account(), venue.market["BTCUSDT"]
    for n, (act, size) in enumerate(acts):
        act_once(venue, n, act, size)
    assert account.wallet == 10_000 + sum(one.amount for one in account.income)
    held = sum(fill.qty if fill.order.buys else -fill.qty for fill in account.trades)
    assert account.position(pair.contract).qty == held
    assert len({fill.id for fill in account.trades}) == len(account.trades)
    queues = [*pair.book.bids.own.values(), *pair.book.asks.own.values()]
    resting = [order for queue in queues for order in queue]
    assert sorted(one.id for one in resting) == [one.id for one in account.open_orders]
    assert all(one.left > 0 for one in resting)
    for order in account.orders:
        filled = sum((fill.qty for fill in account.trades if fill.order is order), Decimal(0))
        assert order.filled_qty == filled


def test_moving_market_fills_a_limit_in_its_way() -> None:
    async def scene(venue: Venue, exchange: Any) -> None:
        venue.market.go_to(BTC, 60_000)
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_990)
        async with Listener(exchange.watch_my_trades) as mine:
            await until(lambda: bool(venue.streams.connections(venue.account())))
            venue.market.go_to(BTC, 59_980)
            await until(lambda: bool(mine.got))
        assert mine.got[0]["order"] == order["id"]
        assert mine.got[0]["takerOrMaker"] == "maker"
        assert mine.got[0]["price"] == 59_990

    played(scene)
