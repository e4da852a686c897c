import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError, DataError
from core.orders import Liquidity, OrderType, Side
from exchange.real.account import AccountSnapshot, AssetBalance, RealPosition
from exchange.real.account_view import AccountView
from exchange.real.binance_account import BinanceAccount
from exchange.real.binance_events import body, decode
from exchange.real.names import ours, ours_of_id, unified
from exchange.real.unified_account import UnifiedAccount
from exchange.real.updates import (
    AlgoUpdate,
    BalanceUpdate,
    ConfigUpdate,
    FundingUpdate,
    MarginCall,
    OrderUpdate,
    PositionUpdate,
    Status,
    Update,
)
from tests.exchange.account_desk import opened
from tests.exchange.venue import venue_server
from utils.clock import SystemClock

T = 1_790_000_000_000
ORDER: dict[str, Any] = {
    "s": "BTCUSDT", "c": "qd-1", "S": "SELL", "o": "MARKET", "ot": "STOP_MARKET", "f": "GTC",
    "q": "0.020", "p": "0", "ap": "60000.5", "sp": "61000", "x": "TRADE", "X": "PARTIALLY_FILLED",
    "i": 8886774, "l": "0.005", "z": "0.015", "L": "60000.1", "n": "0.00002", "N": "BNB",
    "T": T, "t": 77, "m": False, "R": True, "ps": "BOTH", "cp": False, "rp": "-1.25",
}  # fmt: skip
FUNDED: dict[str, Any] = {"m": "FUNDING_FEE", "B": [{"a": "USDT", "wb": "99", "bc": "-1"}]}


def named(market_id: str) -> str:
    return market_id.replace("USDT", "/USDT")


def told(event: dict[str, Any]) -> list[Update]:
    return decode(event, named)


def order(**changes: Any) -> list[Update]:
    return told({"e": "ORDER_TRADE_UPDATE", "E": T + 1, "T": T, "o": ORDER | changes})


def test_a_partial_fill_of_a_stop_is_told_with_everything_it_cost() -> None:
    (update,) = order()

    assert isinstance(update, OrderUpdate)
    assert (update.symbol, update.client_id, update.order_id) == ("BTC/USDT", "qd-1", "8886774")
    assert (update.type, update.status) == (OrderType.STOP, Status.PARTIALLY_FILLED)
    assert (update.qty, update.filled_qty) == (Decimal("0.020"), Decimal("0.015"))
    assert (update.price, update.trigger_price) == (None, Decimal(61000))
    assert (update.reduce_only, update.at) == (True, T)
    trade = update.trade
    assert trade is not None
    assert trade.key == ("BTC/USDT", "77")
    assert (trade.qty, trade.price) == (Decimal("0.005"), Decimal("60000.1"))
    assert (trade.commission, trade.commission_asset) == (Decimal("0.00002"), "BNB")
    assert (trade.side, trade.liquidity) == (Side.SELL, Liquidity.TAKER)
    assert trade.realized_pnl == Decimal("-1.25")


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"x": "EXPIRED", "X": "EXPIRED", "o": "LIMIT", "er": "3"}, Status.EXPIRED, "reason 3"),
        ({"x": "CANCELED", "X": "CANCELED"}, Status.CANCELLED, ""),
        ({"x": "EXPIRED", "X": "EXPIRED", "o": "STOP_MARKET", "z": "0"}, Status.TRIGGERED, ""),
        ({"X": "EXPIRED_IN_MATCH"}, Status.EXPIRED, "an order of the same account"),
        ({"c": "autoclose-1", "x": "CALCULATED"}, Status.PARTIALLY_FILLED, "liquidation"),
        ({"c": "adl_autoclose"}, Status.PARTIALLY_FILLED, "auto-deleveraging"),
    ],
)
def test_how_an_order_ended_is_said(changes: dict[str, Any], status: Status, reason: str) -> None:
    (update,) = order(**changes)

    assert isinstance(update, OrderUpdate)
    assert update.status is status
    assert reason in update.reason


def test_an_order_that_only_rests_tells_of_no_execution() -> None:
    (update,) = order(x="NEW", X="NEW", l="0", z="0", t=0)

    assert isinstance(update, OrderUpdate)
    assert (update.trade, update.status) == (None, Status.OPEN)


@pytest.mark.parametrize(
    "changes",
    [{"X": "MELTED"}, {"S": "SIDEWAYS"}, {"q": "much"}, {"q": "NaN"}, {"T": "noon"}],
)
def test_nonsense_is_a_data_error(changes: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        order(**changes)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="ORDER_TRADE_UPDATE has no"):
        told({"e": "ORDER_TRADE_UPDATE", "T": T, "o": {"s": "BTCUSDT", "T": T}})
    with pytest.raises(DataError, match="must be an object"):
        body([1, 2])


def test_a_conditional_order_is_told_by_both_its_ids() -> None:
    algo = {
        "caid": "qd-2", "aid": 2148719, "o": "TAKE_PROFIT_MARKET", "s": "BTCUSDT", "S": "SELL",
        "ps": "BOTH", "q": "0.01", "X": "TRIGGERED", "ai": "99", "tp": "75000", "p": "0",
        "cp": False, "R": True, "rm": "",
    }  # fmt: skip
    (update,) = told({"e": "ALGO_UPDATE", "T": T, "E": T + 6, "o": algo})

    assert isinstance(update, AlgoUpdate)
    assert (update.algo_id, update.client_id, update.order_id) == ("2148719", "qd-2", "99")
    assert (update.type, update.status) == (OrderType.TAKE_PROFIT, Status.TRIGGERED)
    assert update.trigger_price == 75000
    assert (update.price, update.reduce_only) == (None, True)


def test_funding_names_its_symbol_only_where_the_margin_is_isolated() -> None:
    crossed = told({"e": "ACCOUNT_UPDATE", "T": T, "a": FUNDED})
    held = {"s": "BTCUSDT", "pa": "1", "ep": "9", "up": "0", "mt": "isolated", "iw": "5"}
    isolated = told({"e": "ACCOUNT_UPDATE", "T": T, "a": {**FUNDED, "P": [held]}})

    assert crossed[-1] == FundingUpdate(amount=Decimal(-1), asset="USDT", at=T)
    assert isolated[-1] == FundingUpdate(
        amount=Decimal(-1), asset="USDT", at=T, symbol="BTC/USDT"
    )  # fmt: skip
    (position,) = [u for u in isolated if isinstance(u, PositionUpdate)]
    assert (position.margin_mode, position.isolated_wallet) == ("isolated", Decimal(5))


def test_settings_margin_calls_and_what_says_nothing_new() -> None:
    leverage = {"e": "ACCOUNT_CONFIG_UPDATE", "T": T, "ac": {"s": "BTCUSDT", "l": 25}}
    whole = {"e": "ACCOUNT_CONFIG_UPDATE", "T": T, "ai": {"j": True}}
    assert told(leverage) == [ConfigUpdate(at=T, symbol="BTC/USDT", leverage=25)]
    assert told(whole) == [ConfigUpdate(at=T, multi_asset=True)]
    call = {"e": "MARGIN_CALL", "E": str(T), "p": [{"s": "ETHUSDT"}]}
    assert told(call) == [MarginCall(at=T, symbols=("ETH/USDT",))]
    assert told({"e": "TRADE_LITE", "T": T}) == told({"e": "SOMETHING_NEW"}) == []
    assert body({"stream": "1", "data": {"e": "X"}}) == {"e": "X"}


def test_symbols_are_named_in_one_place() -> None:
    markets: dict[str, Any] = {"BTC/USDT:USDT": {}, "BTC/USDT": {}, "ETH/USDC": {}}
    assert unified("BTC/USDT", markets) == "BTC/USDT:USDT"
    assert unified("ETH/USDC", markets) == "ETH/USDC"
    assert ours("BTC/USDT:USDT") == ours("BTC/USDT") == "BTC/USDT"
    assert ours("BTC/USDT:USDT-260327") == "BTC/USDT-260327"
    expires: dict[str, Any] = {"BTC/USDT:USDT-260327": {}, "BTC/USDT:USDT": {}}
    assert unified("BTC/USDT-260327", expires) == "BTC/USDT:USDT-260327"
    with pytest.raises(ConfigError, match="has no market XRP/USDT: take one that it lists"):
        unified("XRP/USDT", markets)
    spot = {"symbol": "BTC/USDT", "linear": None, "swap": False}
    swap = {"symbol": "BTC/USDT:USDT", "linear": True, "swap": True}
    assert ours_of_id("BTCUSDT", {"BTCUSDT": [spot, swap]}) == "BTC/USDT"
    assert ours_of_id("NEWUSDT", {}) == "NEWUSDT"


def snapshot(at: int, wallet: str = "100", qty: str = "1") -> AccountSnapshot:
    held = RealPosition(symbol="BTC/USDT", qty=Decimal(qty), entry_price=Decimal(50), at=at)
    return AccountSnapshot(
        asked_at=at,
        balances=(AssetBalance(asset="USDT", wallet=Decimal(wallet), available=Decimal(7), at=at),),
        positions=(held,) if held.qty else (),
        orders=(),
    )


def test_what_rest_knew_already_is_not_applied_again() -> None:
    view = AccountView()
    view.take(snapshot(T))
    late = BalanceUpdate(asset="USDT", wallet=Decimal(90), at=T - 1)
    assert not view.apply(late)
    assert view.wallet_balance == 100
    assert view.apply(msgspec.structs.replace(late, at=T + 1))
    assert view.wallet_balance == 90
    view.take(snapshot(T))  # asked before, answered after
    assert view.wallet_balance == 90
    assert not view.apply(
        PositionUpdate(symbol="BTC/USDT", qty=Decimal(0), entry_price=Decimal(0), at=T - 1)
    )
    assert view.margin_balance == 90
    view.mark("BTC/USDT", Decimal(53))
    assert (view.unrealized_pnl, view.margin_balance) == (Decimal(3), Decimal(93))


def test_a_late_word_about_an_order_that_has_ended_does_not_bring_it_back() -> None:
    view = AccountView()
    (new,) = order(x="NEW", X="NEW", l="0", z="0", t=0)
    (part,), (full,) = order(), order(X="FILLED", z="0.020")
    for update in (part, new):
        view.apply(update)
    assert [o.filled_qty for o in view.orders.values()] == [Decimal("0.015")]
    for update in (full, part, new):
        view.apply(update)
    assert not view.orders


def test_only_contracts_of_the_quote_count_unless_all_assets_are_margin() -> None:
    view = AccountView()
    view.take(snapshot(T))
    other = RealPosition(
        symbol="BTC/USDC", qty=Decimal(1), entry_price=Decimal(1), unrealized_pnl=Decimal(5)
    )
    view.positions["BTC/USDC", "both"] = other
    assert view.unrealized_pnl == 0
    view.apply(ConfigUpdate(at=T, multi_asset=True))
    assert view.unrealized_pnl == 5


@given(seed=st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_events_of_many_orders_come_to_the_same_however_they_repeat(seed: Any) -> None:
    events = list(_life(seed))
    straight, repeated = AccountView(), AccountView()
    for event in events:
        straight.apply(event)
    for place, event in enumerate(events):
        repeated.apply(event)
        if seed.random() < 0.3:
            repeated.apply(events[seed.randrange(place + 1)])
    assert repeated.orders == straight.orders


def _life(seed: Any) -> Iterator[Update]:
    """Yield what happens to some orders, of each in order."""
    lives = []
    for number in range(5):
        fills = sorted({seed.randrange(1, 20) for _ in range(seed.randrange(4))})
        end = seed.choice(["FILLED", "CANCELED", "NEW"])
        steps = [("NEW", 0), *(("PARTIALLY_FILLED", one) for one in fills)]
        steps += [] if end == "NEW" else [(end, 20 if end == "FILLED" else max([0, *fills]))]
        lives.append([(number, step) for step in steps])
    at = T
    while any(lives):
        number, (status, filled) = seed.choice([life for life in lives if life]).pop(0)
        at += 1
        yield from order(i=number + 1, X=status, x=status, l="0", z=f"0.{filled:03}", T=at)


def test_an_account_is_read_as_the_exchange_holds_it() -> None:
    async def story() -> None:
        async with venue_server(rate_hz=0) as venue, opened(venue) as client:
            account = venue.account()
            account.isolated["ETHUSDT"] = True
            account.leverage["BTCUSDT"] = 5
            venue.trade("BTC/USDT", "0.02")
            venue.trade("ETH/USDT", "-0.5", client_id="web_2")
            venue.trade("SOL/USDT", "1", "100", client_id="web_3")
            await client.api.create_order(
                "BTC/USDT:USDT", "market", "sell", 0.02, None, {"stopLossPrice": 50000}
            )
            own = await BinanceAccount(client, SystemClock()).snapshot()
            common = await UnifiedAccount(client, SystemClock()).snapshot()

            held = {p.symbol: p for p in own.positions}
            assert {name: p.qty for name, p in held.items()} == {
                "BTC/USDT": Decimal("0.02"), "ETH/USDT": Decimal("-0.5"),
            }  # fmt: skip
            assert [p.margin_mode for p in held.values()] == ["cross", "isolated"]
            assert held["BTC/USDT"].leverage == 5
            assert held["ETH/USDT"].liquidation_price is not None
            assert [b.wallet for b in own.balances if b.asset == "USDT"] == [account.wallet]
            resting = {o.symbol: o for o in own.orders}
            assert resting["SOL/USDT"].price == 100
            assert resting["BTC/USDT"].algo_id == str(account.open_algos[0].id)
            assert resting["BTC/USDT"].type is OrderType.STOP
            assert (own.modes.position_mode, own.modes.multi_asset) == ("one_way", False)
            assert own.modes.bnb_fees is False
            same = {p.symbol: (p.qty, p.entry_price) for p in common.positions}
            assert same == {p.symbol: (p.qty, p.entry_price) for p in own.positions}
            assert common.modes.position_mode == "one_way"
            (money,) = [b for b in common.balances if b.asset == "USDT"]
            assert abs(money.wallet - account.wallet) < Decimal("0.01")  # reckoned back

    asyncio.run(story())


def test_more_executions_than_fit_one_answer_are_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.real.binance_account.MOST", 3)

    async def story() -> None:
        async with venue_server(rate_hz=0) as venue, opened(venue) as client:
            began = venue.now()
            for number in range(8):
                venue.clock.advance(1)
                venue.trade("BTC/USDT", "0.01", client_id=f"web_{number}")
            reader = BinanceAccount(client, SystemClock())
            trades = await reader.trades("BTC/USDT", began)
            assert [t.trade_id for t in trades] == [str(t.id) for t in venue.account().trades]

    asyncio.run(story())
