import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError
from core.market import MINUTE_MS
from exchange.real.client import ExchangeClient
from exchange.real.decode import Decoder, exact, instrument, trade_rank
from exchange.real.venue import Venue
from utils.clock import SystemClock

NOW = 1_790_000_000_000
MARKET = {"symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "swap": True,
          "contractSize": 1.0}  # fmt: skip


def local(at: int | None) -> int:
    return NOW if at is None else min(NOW, at - 1000)


def decoder(market: Mapping[str, Any] = MARKET) -> Decoder:
    return Decoder(market, local)


@given(st.integers(1, 10**15 - 1), st.integers(0, 12))
def test_a_number_of_fifteen_digits_survives_being_a_float(digits: int, scale: int) -> None:
    sent = Decimal(digits).scaleb(-scale)
    assert exact(float(f"{sent:f}")) == sent


@pytest.mark.parametrize("nothing", [None, "", "NaN", "Infinity", float("inf"), "x", True, []])
def test_what_is_no_number_is_none(nothing: object) -> None:
    assert exact(nothing) is None


def test_a_book_has_its_best_levels_in_our_words_and_time() -> None:
    rows = [[100.0 - n * 0.1, 0.003] for n in range(30)]
    book = decoder().book({"timestamp": NOW - 5000, "bids": rows, "asks": [[100.1, 2.0]]})
    assert (book.symbol, book.at, len(book.bids)) == ("BTC/USDT", NOW - 6000, 10)
    assert book.bids[0] == (Decimal(100), Decimal("0.003"))
    assert book.asks == ((Decimal("100.1"), Decimal(2)),)


def test_contracts_become_base_units() -> None:
    market = MARKET | {"contractSize": 0.01}
    book = decoder(market).book({"timestamp": None, "bids": [[5.0, 300.0]], "asks": []})
    assert book.bids == ((Decimal(5), Decimal(3)),)
    (tick,) = decoder(market).ticks([{"price": 5.0, "amount": 7.0}], Decimal(4), Decimal(6))
    assert tick.qty == Decimal("0.07")


def test_trades_without_a_price_are_left_out() -> None:
    trades: list[Mapping[str, Any]] = [
        {"price": None, "amount": 1.0},
        {"price": "2.5", "amount": "1", "timestamp": NOW},
    ]
    ticks = decoder().ticks(trades, Decimal(2), Decimal(3))
    assert [(t.last, t.qty, t.at) for t in ticks] == [(Decimal("2.5"), Decimal(1), NOW - 1000)]


def test_a_mark_price_brings_index_and_funding_of_the_exchanges_own_fields() -> None:
    told = {
        "timestamp": NOW,
        "markPrice": 100.5,
        "indexPrice": 100.25,
        "info": {"e": "markPriceUpdate", "r": "0.00010000", "T": NOW + 9},
    }
    mark = decoder().mark(told)
    assert mark is not None
    assert (mark.mark_price, mark.index_price) == (Decimal("100.5"), Decimal("100.25"))
    assert (mark.funding_rate, mark.next_funding_at) == (Decimal("0.0001"), NOW + 9)


def test_funding_that_the_mark_price_leaves_out_comes_from_elsewhere() -> None:
    funding = {"fundingRate": -0.0002, "fundingTimestamp": NOW + 7}
    mark = decoder().mark({"markPrice": 3.0, "indexPrice": 0, "info": {}}, funding)
    assert mark is not None
    assert (mark.funding_rate, mark.next_funding_at) == (Decimal("-0.0002"), NOW + 7)
    assert mark.index_price is None
    assert decoder().mark({"markPrice": None}) is None


def test_a_candle_keeps_the_exchanges_calendar() -> None:
    bar = decoder().bar([NOW, 1.0, 2.0, 0.5, 1.5, 10.25], 5 * MINUTE_MS)
    assert bar is not None
    assert (bar.open_time, bar.close, bar.volume) == (NOW, Decimal("1.5"), Decimal("10.25"))
    assert bar.close_time == NOW + 5 * MINUTE_MS


@pytest.mark.parametrize(
    "row", [[], [NOW, 1.0], [None, 1, 1, 1, 1, 1], [NOW, 1, None, 1, 1, 1], [NOW, 1, 1, 1, 1]]
)
def test_a_broken_candle_is_none(row: list[Any]) -> None:
    assert decoder().bar(row) is None


def test_a_day_is_told_with_what_is_known_of_it() -> None:
    day = decoder().day_stats(
        {"high": 3.0, "low": 1.0, "open": 2.0, "last": 2.5, "baseVolume": 9.5, "info": {}}
    )
    assert (day.high, day.low, day.volume) == (Decimal(3), Decimal(1), Decimal("9.5"))
    assert (day.quote_volume, day.change_pct) == (None, Decimal(25))
    bare = decoder().day_stats({"info": {"P": "-0.209"}})
    assert (bare.high, bare.change_pct) == (None, Decimal("-0.209"))


def test_trades_rank_by_number_else_by_time() -> None:
    assert trade_rank({"id": "17", "timestamp": NOW}) == 17
    assert trade_rank({"id": "a-b", "timestamp": NOW}) == NOW


def test_rules_come_from_the_market_and_its_tiers() -> None:
    market = MARKET | {
        "precision": {"price": 0.1, "amount": 0.001},
        "limits": {"cost": {"min": 100.0}, "leverage": {"max": 20}},
        "maker": 0.0002,
        "taker": 0.0004,
        "info": {"liquidationFee": "0.012500"},
    }
    tiers = [
        {"maxNotional": 50_000.0, "maintenanceMarginRate": 0.004, "maxLeverage": 125},
        {"maxNotional": 600_000.0, "maintenanceMarginRate": 0.005, "maxLeverage": 100},
    ]
    rules = instrument(market, tiers)
    assert (rules.symbol, rules.tick_size, rules.step_size) == (
        "BTC/USDT", Decimal("0.1"), Decimal("0.001"),
    )  # fmt: skip
    assert (rules.min_notional, rules.taker_fee) == (Decimal(100), Decimal("0.0004"))
    assert (rules.max_leverage, rules.liquidation_fee) == (125, Decimal("0.0125"))
    assert [tier.maintenance_amount for tier in rules.tiers] == [0, 50]


def test_rules_that_are_not_told_are_supposed() -> None:
    rules = instrument(MARKET | {"limits": {"leverage": {"max": 20.0}}})
    assert (rules.tick_size, rules.max_leverage) == (Decimal("0.1"), 20)
    assert rules.tiers


def test_precision_in_digits_becomes_steps() -> None:
    market = MARKET | {"precision": {"price": 2, "amount": 5}}
    rules = instrument(market, precision_mode=2)
    assert (rules.tick_size, rules.step_size) == (Decimal("0.01"), Decimal("0.00001"))


OKX = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "uly": "BTC-USDT", "settleCcy": "USDT",
    "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "tickSz": "0.1", "lotSz": "0.01",
    "minSz": "0.01", "ctType": "linear", "lever": "100", "state": "live", "alias": "",
    "baseCcy": "", "quoteCcy": "", "listTime": "1", "expTime": "", "category": "1",
}  # fmt: skip
BYBIT = MARKET | {
    "id": "BTCUSDT", "settle": "USDT", "type": "swap", "spot": False, "linear": True,
    "contract": True, "precision": {"price": 0.1, "amount": 0.001},
    "limits": {"cost": {"min": 5.0}},
}  # fmt: skip


def test_other_exchanges_open_without_a_word_to_them() -> None:
    async def run() -> None:
        for name, step in (("okx", "0.0001"), ("bybit", "0.001")):
            client = await ExchangeClient.open(
                Venue(name, url="http://127.0.0.1:1/gate"), SystemClock()
            )
            try:
                market = client.api.parse_market(OKX) if name == "okx" else BYBIT
                rules = instrument(market, (), client.api.precisionMode)
                assert (rules.symbol, rules.step_size) == ("BTC/USDT", Decimal(step))
                assert rules.tick_size == Decimal("0.1")
                client.api.set_markets([market])
                book = client.api.parse_order_book(
                    {"b": [["100.1", "2"]], "a": [["100.2", "3"]], "t": NOW}, "BTC/USDT:USDT",
                    NOW, "b", "a",
                )  # fmt: skip
                got = Decoder(market, local).book(book)
                assert got.bids[0][0] == Decimal("100.1")
                assert client.health().weight_limit is None
                for url in _addresses(client.api.urls["api"]):
                    assert url.startswith(("http://127.0.0.1:1/gate", "ws://127.0.0.1:1/gate"))
            finally:
                await client.close()

    asyncio.run(run())


def _addresses(tree: Any) -> list[str]:
    if isinstance(tree, Mapping):
        return [url for branch in tree.values() for url in _addresses(branch)]
    return [tree] if isinstance(tree, str) and "://" in tree else []


def test_an_exchange_that_ccxt_does_not_know_is_refused_with_the_known_ones() -> None:
    async def run() -> None:
        with pytest.raises(ConfigError, match=r"was 'binanceusd'.*binanceusdm"):
            await ExchangeClient.open(Venue("binanceusd"), SystemClock())

    asyncio.run(run())


def test_the_testnet_of_binance_is_the_one_that_answers() -> None:
    async def run() -> None:
        client = await ExchangeClient.open(Venue("binanceusdm", testnet=True), SystemClock())
        try:
            assert client.api.urls["api"]["fapiPrivate"].startswith("https://demo-fapi.")
            assert "binancefuture.com" in client.api.urls["api"]["ws"]["linear"]
        finally:
            await client.close()

    asyncio.run(run())
