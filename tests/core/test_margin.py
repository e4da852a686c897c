"""Liquidation prices and fees against worked examples of others."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.arithmetic import CENT8, truncate8
from core.ledger import Position
from core.margin import (
    isolated_liquidation_price,
    liquidation_fee,
    liquidation_price,
    maintenance_margin,
    margin_ratio,
    margin_tiers,
)
from core.market import Instrument, MarginTier
from exchange.instruments import instrument

# Brackets as Binance published them for BTC/USDT in its worked examples.
TIERS = (
    MarginTier(Decimal(50_000), Decimal("0.004"), Decimal(0)),
    MarginTier(Decimal(250_000), Decimal("0.005"), Decimal(50)),
    MarginTier(Decimal(1_000_000), Decimal("0.01"), Decimal(1_300)),
    MarginTier(Decimal(5_000_000), Decimal("0.025"), Decimal(16_300)),
)


def rules(*tiers: MarginTier) -> Instrument:
    return Instrument(
        symbol="BTC/USDT", base="BTC", quote="USDT", tick_size=Decimal("0.1"),
        step_size=Decimal("0.001"), min_notional=Decimal(5), max_leverage=125,
        maker_fee=Decimal("0.0002"), taker_fee=Decimal("0.0005"),
        liquidation_fee=Decimal("0.0125"), tiers=tiers or TIERS,
    )  # fmt: skip


def position(qty: str, entry: str, leverage: int) -> Position:
    size, price = abs(Decimal(qty)), Decimal(entry)
    return Position(
        id="p", strategy="trend", symbol="BTC/USDT", qty=Decimal(qty), entry_price=price,
        leverage=leverage, opened_at=0, max_qty=size, entry_qty=size, entry_cost=size * price,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("notional", "margin"),
    [("50000", "200"), ("264000", "1340"), ("500000", "3700"), ("9000000", "208700")],
)
def test_maintenance_margin_is_that_of_its_bracket(notional: str, margin: str) -> None:
    assert maintenance_margin(rules(), Decimal(notional)) == Decimal(margin)


@pytest.mark.parametrize(
    ("wallet", "amount", "qty", "entry", "rate", "expected"),
    [
        # freqtrade's table for Binance, isolated (tests/leverage, tests/exchange)
        ("1535443.01", "135365", "3683.979", "1456.84", "0.10", "1114.78"),
        ("1535443.01", "16300", "109.488", "32481.98", "0.025", "18778.73"),
        ("2", "0.01", "1", "10", "0.01", "8.07"),
        ("2", "0.01", "-1", "10", "0.01", "11.89"),
        ("3.3333333333", "0.01", "-1", "10", "0.01", "13.21"),
        ("1.6", "0.01", "1", "8", "0.01", "6.45"),
        ("3.3333333333", "0.01", "1", "10", "0.01", "6.72"),
        ("1.2", "0.01", "0.6", "10", "0.01", "8.06"),
    ],
)  # fmt: skip
def test_it_agrees_with_published_liquidation_prices(
    wallet: str, amount: str, qty: str, entry: str, rate: str, expected: str
) -> None:
    one_tier = rules(MarginTier(Decimal(10**9), Decimal(rate), Decimal(amount)))

    price = isolated_liquidation_price(Decimal(wallet), Decimal(qty), Decimal(entry), one_tier)

    assert price is not None
    assert round(price, 2) == Decimal(expected)


def test_the_bracket_is_that_of_the_liquidation_price_not_of_the_entry() -> None:
    """Entered at 51 000 of notional (0.5 %), it dies at under 50 000 (0.4 %)."""
    price = liquidation_price(position("1", "51000", 10), rules())

    assert price is not None
    assert price == (Decimal(45_900) / Decimal("0.996")).quantize(Decimal("0.00000001"))


def test_an_unlevered_long_cannot_be_liquidated() -> None:
    assert liquidation_price(position("1", "20000", 1), rules()) is None


def test_an_unlevered_short_dies_a_little_under_twice_its_price() -> None:
    price = liquidation_price(position("-1", "20000", 1), rules())

    assert price is not None
    assert Decimal(39_500) < price < Decimal(40_000)


@pytest.mark.parametrize(
    ("source", "isolated_margin", "pnl", "qty", "entry", "expected"),
    [
        # developers.binance.com, Position Information V2, hedge mode: to the cent, as printed
        ("V2", "15517.54150468", "2316.83423560", "20.000", "6563.66500", "5930.78"),
        # an answer of the exchange kept in ccxt 1.66.1, parse_position_risk: to 8 decimals
        ("ccxt", "21.77841506", "-0.04577000", "0.001", "43578.07000", "21841.24993976"),
    ],
)
def test_it_is_what_the_exchange_answered_for_an_isolated_position(
    source: str, isolated_margin: str, pnl: str, qty: str, entry: str, expected: str
) -> None:
    """The isolated margin it shows is the wallet plus the unrealized P&L."""
    wallet = Decimal(isolated_margin) - Decimal(pnl)

    price = isolated_liquidation_price(wallet, Decimal(qty), Decimal(entry), rules())

    assert price is not None
    shown = Decimal(expected)
    assert price.quantize(shown) == shown, source


def test_the_maintenance_margin_it_shows_is_cut_to_8_decimals() -> None:
    """developers.binance.com, Position Information V3: ADA/USDT, 0.65 % of 12.31427700."""
    ada = rules(MarginTier(Decimal(10_000), Decimal("0.0065"), Decimal(0)))

    assert truncate8(maintenance_margin(ada, Decimal("12.31427700"))) == Decimal("0.08004280")


def test_the_margin_ratio_of_an_answered_position_follows_from_its_figures() -> None:
    """ccxt's position: 0.4 % of 43.5323 against an isolated margin of about half of it."""
    held = position("0.001", "43578.07", 2)

    ratio = margin_ratio(held, Decimal("43532.3"), rules())

    left = held.margin - Decimal("0.04577")
    assert ratio == Decimal("0.1741292") / left


def test_there_is_no_margin_ratio_to_nothing() -> None:
    assert margin_ratio(position("1", "1000", 10), Decimal(900), rules()) is None
    assert margin_ratio(position("1", "1000", 10), Decimal(800), rules()) is None


# The exchange's table for BTC/USDT of March 2021: cap, rate in %, maintenance amount.
PUBLISHED = (
    (50_000, "0.4", 0), (250_000, "0.5", 50), (1_000_000, "1.0", 1_300),
    (10_000_000, "2.5", 16_300), (20_000_000, "5.0", 266_300), (50_000_000, "10.0", 1_266_300),
    (100_000_000, "12.5", 2_516_300), (200_000_000, "15.0", 5_016_300),
    (300_000_000, "25.0", 25_016_300), (500_000_000, "50.0", 100_016_300),
)  # fmt: skip


def test_maintenance_amounts_are_those_of_the_published_table() -> None:
    """binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 works out the third: 1 300."""
    tiers = margin_tiers((Decimal(cap), Decimal(rate) / 100) for cap, rate, _ in PUBLISHED)

    assert [tier.maintenance_amount for tier in tiers] == [amount for _, _, amount in PUBLISHED]


@pytest.mark.parametrize("symbol", ["BTC/USDT", "ETH/USDT", "SOL/USDT", "DOGE/USDT"])
def test_maintenance_margin_makes_no_jump_between_brackets(symbol: str) -> None:
    known = instrument(symbol)
    for tier in known.tiers[:-1]:
        at = maintenance_margin(known, tier.notional_cap)
        above = maintenance_margin(known, tier.notional_cap + CENT8)
        assert 0 < above - at < CENT8


def test_the_clearance_fee_is_that_of_the_contract() -> None:
    fees = {s: instrument(s).liquidation_fee for s in ("BTC/USDT", "ETH/USDT", "SOL/USDT")}

    assert fees == {
        "BTC/USDT": Decimal("0.0125"), "ETH/USDT": Decimal("0.0125"), "SOL/USDT": Decimal("0.015")
    }  # fmt: skip


qtys = st.decimals("0.001", "50", places=3)
entries = st.decimals("100", "100000", places=1)
leverages = st.integers(2, 100)


@given(qty=qtys, entry=entries, leverage=leverages, long=st.booleans())
def test_at_the_liquidation_price_the_margin_left_is_the_maintenance_margin(
    qty: Decimal, entry: Decimal, leverage: int, *, long: bool
) -> None:
    held = position(str(qty if long else -qty), str(entry), leverage)
    price = liquidation_price(held, rules())
    if held.margin <= maintenance_margin(rules(), qty * entry):
        return  # more leverage than the exchange grants at this size
    assert price is not None
    assert (price < entry) if long else (price > entry)

    left = held.margin + held.unrealized_pnl(price)
    ratio = margin_ratio(held, price, rules())

    assert abs(left - maintenance_margin(rules(), qty * price)) < Decimal("0.00001")
    assert ratio is not None
    if left > 1:
        assert abs(ratio - 1) < Decimal("0.00001")


@given(qty=qtys, entry=entries, leverage=leverages, long=st.booleans(), share=st.integers(1, 99))
def test_the_margin_ratio_stays_below_one_up_to_the_liquidation_price(
    qty: Decimal, entry: Decimal, leverage: int, share: int, *, long: bool
) -> None:
    held = position(str(qty if long else -qty), str(entry), leverage)
    price = liquidation_price(held, rules())
    if price is None or held.margin <= maintenance_margin(rules(), qty * entry):
        return

    ratio = margin_ratio(held, entry + (price - entry) * share / 100, rules())

    assert ratio is not None
    assert 0 <= ratio < 1


@given(qty=qtys, entry=entries, leverage=leverages, long=st.booleans())
def test_a_liquidation_never_costs_more_than_the_margin(
    qty: Decimal, entry: Decimal, leverage: int, *, long: bool
) -> None:
    held = position(str(qty if long else -qty), str(entry), leverage)
    price = liquidation_price(held, rules())
    if price is None or held.margin <= maintenance_margin(rules(), qty * entry):
        return

    fee = liquidation_fee(held, price, rules())

    assert fee >= 0
    assert fee - held.gross_pnl(qty, price) <= held.margin


def test_a_liquidation_pays_taker_and_clearance_fee_when_the_margin_has_it() -> None:
    wide = rules(MarginTier(Decimal(10**9), Decimal("0.05"), Decimal(0)))
    held = position("1", "10000", 5)
    price = liquidation_price(held, wide)

    assert price is not None
    assert liquidation_fee(held, price, wide) == (price * Decimal("0.013")).quantize(
        Decimal("0.00000001"), rounding="ROUND_DOWN"
    )
    assert liquidation_fee(held, price, rules()) > 0
    no_margin = msgspec.structs.replace(held, leverage=10**9)
    assert liquidation_fee(no_margin, price, wide) == 0
