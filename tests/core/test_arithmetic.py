"""The exchange's own worked examples, to the last decimal they publish."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.arithmetic import (
    CENT8,
    funding_payment,
    initial_margin,
    net_pnl,
    notional,
    realized_pnl,
    roe_pct,
    trading_fee,
    truncate8,
    unrealized_pnl,
)
from core.ledger import Entry, EntryKind, Portfolio, Position, fill_entries, funding_entry
from core.orders import Fill, FundingCharged, Liquidity, OrderRole, Side
from core.trades import PositionSide, Trade

D = Decimal

# What the exchange answers in its documentation, or has answered others.
V2 = "developers.binance.com, usds-margined-futures, Position Information V2"
V3 = "developers.binance.com, usds-margined-futures, Position Information V3"
CCXT = "an answer kept in ccxt 1.66.1, parse_position_risk"
PAPI = "developers.binance.com, portfolio-margin, UM position information"
GUIDE = "binance.com/en/support/faq/360039304272, a beginner's guide to futures trading"
FEES = "binance.com/en/support/faq/360033544231, fee structure and fee calculations"
RATES = "developers.binance.com, usds-margined-futures, funding rate history"


@pytest.mark.parametrize(
    ("source", "qty", "entry", "mark", "pnl", "worth"),
    [
        (V2, "0.001", "22185.2", "21123.05052574", "-1.06214947", "21.12305052"),
        (V2, "20.000", "6563.66500", "6679.50671178", "2316.83423560", "133590.13423560"),
        (V3, "30", "0.385", "0.41047590", "0.76427700", "12.31427700"),
        (PAPI, "0.01", "44525.0", "45464.1735922", "9.39173592", "454.64173592"),
        (CCXT, "0.001", "43578.07000", "43532.30000000", "-0.04577000", "43.53230000"),
        (GUIDE, "1", "5000", "5500", "500", "5500"),
        (GUIDE, "-1", "5000", "4500", "500", "4500"),
    ],
)
def test_unrealized_pnl_and_notional_are_what_the_exchange_shows(
    source: str, qty: str, entry: str, mark: str, pnl: str, worth: str
) -> None:
    assert truncate8(unrealized_pnl(D(qty), D(entry), D(mark))) == D(pnl), source
    assert truncate8(notional(D(qty), D(mark))) == D(worth), source


@pytest.mark.parametrize(
    ("source", "qty", "price", "rate", "fee"),
    [
        (f"{FEES}: buy 1 BTC as taker", "1", "10104", "0.0005", "5.052"),
        (f"{FEES}: sell 1 BTC as maker", "-1", "11104", "0.0002", "2.2208"),
    ],
)
def test_fees_are_what_the_exchange_computes(
    source: str, qty: str, price: str, rate: str, fee: str
) -> None:
    assert trading_fee(D(qty), D(price), D(rate)) == D(fee), source


@pytest.mark.parametrize(
    ("qty", "rate", "paid"),
    [
        ("1", "0.00010000", "-3.42875461"),
        ("-1", "0.00010000", "3.42875461"),
        ("1", "-0.03750000", "1285.78298248"),
        ("0", "0.00010000", "0"),
    ],
)
def test_funding_is_position_times_mark_times_rate_and_longs_pay_a_positive_rate(
    qty: str, rate: str, paid: str
) -> None:
    """Rates and mark price are those of RATES; the exchange states the formula in words."""
    assert funding_payment(D(qty), D("34287.54619963"), D(rate)) == D(paid), RATES


def test_the_exchange_takes_initial_margin_at_the_mark_and_cuts_it() -> None:
    assert truncate8(initial_margin(D(30), D("0.41047590"), 20)) == D("0.61571385"), V3


def test_roe_of_both_denominators_differs_by_how_far_the_mark_went() -> None:
    """V3's position: 0.764277 on 0.57750000 put up at the entry, on 0.61571385 at the mark."""
    qty, entry, mark = D(30), D("0.385"), D("0.41047590")
    pnl = unrealized_pnl(qty, entry, mark)

    on_entry = roe_pct(pnl, initial_margin(qty, entry, 20))
    on_mark = roe_pct(pnl, initial_margin(qty, mark, 20))

    assert round(on_entry, 2) == D("132.34")
    assert round(on_mark, 2) == D("124.13")
    assert round(on_entry / on_mark, 12) == round(mark / entry, 12)


@pytest.mark.parametrize(("sign", "roe"), [(1, 40), (-1, 40), (1, -90), (-1, 250)])
def test_the_calculators_target_price_is_where_roe_is_reached(sign: int, roe: int) -> None:
    """Target = entry · (1 + side · ROE ÷ leverage): binance.com/en/support/faq/360036498511."""
    entry, leverage, qty = D(20_000), 10, D("0.3") * sign
    target = entry * (1 + sign * D(roe) / 100 / leverage)

    pnl = unrealized_pnl(qty, entry, target)

    assert roe_pct(pnl, initial_margin(qty, entry, leverage)) == roe


amounts = st.decimals("-1e9", "1e9", places=12)
prices = st.decimals("0.0001", "200000", places=4)
qtys = st.decimals("0.001", "5000", places=3)
rates = st.decimals("-0.03", "0.03", places=8)


@given(amount=amounts)
def test_cutting_goes_towards_zero_and_is_less_than_one_unit(amount: Decimal) -> None:
    cut = truncate8(amount)

    assert abs(cut) <= abs(amount) < abs(cut) + CENT8
    assert cut.as_tuple().exponent == -8
    assert truncate8(-amount) == -cut


@given(qty=qtys, entry=prices, leaving=prices, rate=rates)
def test_what_a_long_gains_a_short_loses(
    qty: Decimal, entry: Decimal, leaving: Decimal, rate: Decimal
) -> None:
    assert unrealized_pnl(qty, entry, leaving) == -unrealized_pnl(-qty, entry, leaving)
    assert realized_pnl(qty, entry, leaving) == -realized_pnl(-qty, entry, leaving)
    assert funding_payment(qty, leaving, rate) == -funding_payment(-qty, leaving, rate)
    assert trading_fee(qty, leaving, abs(rate)) == trading_fee(-qty, leaving, abs(rate))


def a_fill(number: int, side: Side, qty: Decimal, price: Decimal) -> Fill:
    return Fill(
        id=f"o{number}#1", order_id=f"o{number}", position_id="p", strategy="trend",
        symbol="BTC/USDT", side=side, qty=qty, price=price,
        fee=trading_fee(qty, price, D("0.0005")), liquidity=Liquidity.TAKER,
        role=OrderRole.SIGNAL if number else OrderRole.ENTRY, leverage=5,
        reduce_only=number > 0, at=number, reference_price=price,
    )  # fmt: skip


@given(
    qty=qtys, parts=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    path=st.lists(prices, min_size=5, max_size=5), rate=rates, long=st.booleans(),
)  # fmt: skip
def test_cash_moves_by_gross_less_fees_plus_funding(
    qty: Decimal, parts: list[int], path: list[Decimal], rate: Decimal, *, long: bool
) -> None:
    """Entered at once, funded once, left in parts: the journal and the trade say the same."""
    into, out = (Side.BUY, Side.SELL) if long else (Side.SELL, Side.BUY)
    portfolio = Portfolio()
    portfolio.apply(
        Entry(
            at=0, kind=EntryKind.TRANSFER, strategy="trend", amount=D(1000), source="transfer",
            source_id="t",
        )
    )  # fmt: skip
    gross = fees = D(0)

    def book(fill: Fill) -> None:
        nonlocal gross, fees
        entries = fill_entries(fill, portfolio.position("trend", "BTC/USDT"))
        gross, fees = gross + entries[0].amount, fees + fill.fee
        closed.extend(p for p in map(portfolio.apply, entries) if p is not None)

    closed: list[Position] = []
    book(a_fill(0, into, qty, path[0]))
    signed = qty if long else -qty
    paid = funding_payment(signed, path[1], rate)
    charge = FundingCharged(
        position_id="p", strategy="trend", symbol="BTC/USDT", amount=paid, rate=rate,
        mark_price=path[1], at=1,
    )  # fmt: skip
    portfolio.apply(funding_entry(charge))
    left = qty
    for number, share in enumerate(parts[:-1], 1):
        part = (left * share / 10).quantize(D("0.001"), "ROUND_DOWN")
        if part:
            book(a_fill(number, out, part, path[number]))
            left -= part
    book(a_fill(9, out, left, path[4]))

    (position,) = closed
    side = PositionSide.LONG if long else PositionSide.SHORT
    trade = Trade.of(position, side=side, closed_at=9, exit_reason=OrderRole.SIGNAL)
    moved = portfolio.balance - 1000
    assert (trade.gross_pnl, trade.fees, trade.funding) == (gross, fees, paid)
    assert trade.net_pnl == net_pnl(gross, fees, paid) == moved
