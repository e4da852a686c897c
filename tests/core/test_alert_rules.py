"""The grammar of alert rules."""

import contextlib
from decimal import Decimal
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alert_figures import FIGURES, Scope
from core.alert_rules import (
    LONGEST_SILENCE_MS,
    MINUTE_MS,
    Comparison,
    Known,
    Operator,
    Rule,
    Silence,
    parse_rule,
    rule_text,
)
from core.errors import DataError

KNOWN = Known(("BTC/USDT", "ETH/USDT", "1000PEPE/USDT"), ("full_math", "trend"))
OPERATORS: Final[tuple[Operator, ...]] = (
    "<", "<=", ">", ">=", "crosses", "crosses above", "crosses below",
)  # fmt: skip
SCOPES: Final[tuple[Scope, ...]] = ("account", "strategy", "position", "symbol")


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    scope = draw(st.sampled_from(SCOPES))
    of_symbol = scope == "position" and draw(st.booleans())
    figures = list(FIGURES[scope].values())
    if of_symbol:
        figures = [f for f in figures if f.name not in FIGURES["symbol"]]
    figure = draw(st.sampled_from(figures))
    shares = [share for share in (True, False) if (figure.share if share else figure.amount)]
    level = draw(st.decimals(-(10**11), 10**11, places=draw(st.integers(0, 8))))
    names = {"strategy": KNOWN.strategies, "symbol": KNOWN.symbols, "account": ("",)}
    owners = KNOWN.symbols if of_symbol else names.get(scope, ("",))
    return Comparison(
        scope=scope, name=draw(st.sampled_from(owners)), figure=figure.name,
        operator=draw(st.sampled_from(OPERATORS)), level=level,
        is_share=draw(st.sampled_from(shares)),
    )  # fmt: skip


silences = st.builds(
    Silence,
    strategy=st.sampled_from(["", *KNOWN.strategies]),
    for_ms=st.integers(1, LONGEST_SILENCE_MS // MINUTE_MS).map(MINUTE_MS.__mul__),
)


@given(rule=comparisons() | silences)
def test_the_normal_form_parses_to_the_same_rule_and_to_itself(rule: Rule) -> None:
    text = rule_text(rule)

    again = parse_rule(text, KNOWN)

    assert again == rule
    assert rule_text(again) == text
    assert rule_text(parse_rule(f"  {text.upper().replace(' ', '  ')} ", KNOWN)) == text


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("equity < 9500", "equity < 9500"),
        ("Equity below 9,500.00 USDT", "equity < 9500"),
        ("BTC/USDT crosses 70000", "BTC/USDT crosses 70000"),
        ("btc crosses above 70k", "BTC/USDT crosses above 70000"),
        ("btcusdt > 70000", "BTC/USDT > 70000"),
        ("position pnl < -2 %", "position pnl < -2 %"),
        ("position < \N{MINUS SIGN}2%", "position pnl < -2 %"),
        ("ETH/USDT pnl < -50", "ETH/USDT pnl < -50"),
        ("drawdown>5%", "drawdown > 5 %"),
        ("daily pnl < -100", "daily pnl < -100"),
        ("daily_pnl < -1.50 %", "daily pnl < -1.5 %"),
        ("funding BTC/USDT > 0.05 %", "funding BTC/USDT > 0.05 %"),
        ("BTC/USDT funding >= 0.05 %", "funding BTC/USDT >= 0.05 %"),
        ("margin > 60 %", "margin > 60 %"),
        ("unrealized pnl < -100", "unrealized_pnl < -100"),
        ("win rate < 40 %", "win_rate < 40 %"),
        ("no trade for 6h", "no trade for 6h"),
        ("no trades for 90 minutes", "no trade for 1h 30m"),
        ("TREND no trade for 1d 12h", "trend no trade for 1d 12h"),
        ("full_math equity ≤ 4000", "full_math equity <= 4000"),
        ("trend model cost > 0.5", "trend model_cost > 0.5"),
        ("ETH change is below -5 %", "ETH/USDT change < -5 %"),
        ("position liquidation < 10 %", "position liquidation < 10 %"),
        ("positions >= 3", "positions >= 3"),
        ("equity < -0.0", "equity < 0"),
    ],
)
def test_what_people_write_has_one_normal_form(text: str, normal: str) -> None:
    assert rule_text(parse_rule(text, KNOWN)) == normal


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "1 to 120 characters"),
        ("x" * 121, "1 to 120 characters"),
        ("equity \x00 < 3", "1 to 120 characters"),
        ("equity", "must compare a figure"),
        ("equity <", "equity must be compared with an amount in quote currency"),
        ("equity < 5 %", "equity must be compared with an amount in quote currency, was '5 %'"),
        ("drawdown > 5", "drawdown must be compared with a number with %, was '5'"),
        ("daily pnl < low", "an amount in quote currency, or a number with %, such as"),
        ("positions > 3 %", "positions must be compared with a plain number, was '3 %'"),
        ("positions > 3 USDT", "positions must be compared with a plain number"),
        ("equity < 95,00", "such as 9500 or 2.5 %, was '95,00'"),
        ("equity < 1e5", "was '1e5'"),
        ("equity < ١٢", "an amount in quote currency"),
        ("equity < 1000000000000", "below 10^12"),
        ("equity < 0.123456789", "at most 8 decimals"),
        ("luck < 3", "'luck' is no figure; they are equity, balance"),
        ("DOGE/USDT > 1", "'DOGE/USDT' is not traded here; symbols are BTC/USDT, ETH/USDT"),
        ("funding DOGE > 1 %", "'DOGE' is not traded here"),
        ("trend luck > 3", "'luck' is no figure of strategy trend; they are equity"),
        ("trend > 3", "'' is no figure of strategy trend"),
        ("BTC/USDT luck > 3", "'luck' is no figure of BTC/USDT; they are price"),
        ("position luck > 3", "'luck' is no figure of a position; they are pnl"),
        ("no trade for ever", "such as 45m, 6h or 1d 12h, was 'ever'"),
        ("no trade for 31d", "a time must be 1m to 30d"),
        ("no trade for 90s", "in whole minutes, such as 45m"),
        ("no trade for 10s", "a time must be 1m to 30d"),
        ("bob no trade for 6h", "'bob' is no strategy; they are full_math, trend"),
    ],
)
def test_what_makes_no_rule_is_refused_with_what_was_expected(text: str, sentence: str) -> None:
    with pytest.raises(DataError) as error:
        parse_rule(text, KNOWN)

    assert sentence in str(error.value)
    assert len(str(error.value)) < 700


@given(text=st.text(max_size=130))
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    with contextlib.suppress(DataError):
        rule = parse_rule(text, KNOWN)
        assert parse_rule(rule_text(rule), KNOWN) == rule


def test_a_base_that_two_symbols_share_names_neither() -> None:
    known = Known(("BTC/USDT", "BTC/USDC"), ())

    with pytest.raises(DataError, match="'BTC' is no figure"):
        parse_rule("BTC > 1", known)
    assert parse_rule("btcusdc > 1", known) == Comparison(
        scope="symbol", name="BTC/USDC", figure="price", operator=">", level=Decimal(1)
    )
