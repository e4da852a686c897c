from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.orders import Fill, FundingCharged, Liquidity, OrderRole, Side
from core.paper_vs_live import ROWS, Comparison, figures

AT = 1_790_000_000_000


def fill(side: str, qty: str, price: str, **changes: Any) -> Fill:
    given: dict[str, Any] = {
        "id": "f", "order_id": "o", "position_id": "p1", "strategy": "trend", "symbol": "BTC/USDT",
        "side": Side(side), "qty": Decimal(qty), "price": Decimal(price), "fee": Decimal("0.05"),
        "liquidity": Liquidity.TAKER, "role": OrderRole.ENTRY, "leverage": 5,
        "reduce_only": False, "at": AT, "reference_price": Decimal(price),
    }  # fmt: skip
    return Fill(**given | changes)


def leave(side: str, qty: str, price: str, **changes: Any) -> Fill:
    return fill(side, qty, price, reduce_only=True, role=OrderRole.SIGNAL, **changes)


def funding(amount: str) -> FundingCharged:
    return FundingCharged(
        position_id="p1", strategy="trend", symbol="BTC/USDT", amount=Decimal(amount),
        rate=Decimal("0.0001"), mark_price=Decimal(100), at=AT,
    )  # fmt: skip


def test_the_difference_is_what_slippage_fees_and_funding_made() -> None:
    both, aim = Comparison(), Decimal(100)
    both.paper(fill("buy", "2", "100.1"), aim)
    both.live(fill("buy", "2", "100.3", fee=Decimal("0.08")), aim, 40)
    assert figures(both, AT)["trades"] == 0
    both.funded(funding("-0.02"), live=True)
    both.funded(funding("-0.01"), live=False)
    both.live(leave("sell", "2", "110", fee=Decimal("0.08"), at=AT + 9), Decimal(110), 60)
    both.paper(leave("sell", "2", "109.9"), Decimal(110))

    told = figures(both, AT)
    assert told["trades"] == 1
    assert told["live_pnl"] == Decimal("19.4") - Decimal("0.16") - Decimal("0.02")
    assert told["paper_pnl"] == Decimal("19.6") - Decimal("0.10") - Decimal("0.01")
    assert told["difference"] == told["live_pnl"] - told["paper_pnl"]
    assert (told["fee_live"], told["fee_paper"]) == (Decimal("0.16"), Decimal("0.10"))
    assert round(told["slippage_live_bps"], 4) == Decimal("14.2857")  # 0.6 of 420
    assert round(told["slippage_paper_bps"], 4) == Decimal("9.5238")  # 0.4 of 420
    assert (told["latency_ms_p50"], told["latency_ms_p95"]) == (40, 60)
    (row,) = told["rows"]
    assert (row["id"], row["side"], row["latency_ms"]) == ("p1", "long", 40)
    assert row["closed_at"] == AT + 9
    assert not both.rounds


def test_a_short_earns_when_the_price_falls_and_a_partial_fill_is_compared_in_its_size() -> None:
    both, aim = Comparison(), Decimal(100)
    nothing = Decimal(0)
    both.paper(fill("sell", "2", "100", fee=nothing), aim)
    both.live(fill("sell", "1", "100", fee=nothing), aim, None)
    both.paper(leave("buy", "2", "90", fee=nothing), Decimal(90))
    both.live(leave("buy", "1", "91", fee=nothing), Decimal(90), None)

    told = figures(both, AT)
    assert (told["live_pnl"], told["paper_pnl"]) == (9, 10)
    assert told["latency_ms_p50"] is told["latency_ms_p95"] is None
    assert told["rows"][0]["side"] == "short"


def test_without_a_pair_nothing_is_known() -> None:
    told = figures(Comparison(), AT)

    assert told.pop("at") == AT
    assert told.pop("trades") == 0
    assert told.pop("rows") == []
    assert set(told.values()) == {None}


def test_what_was_not_followed_from_its_entry_is_left_out() -> None:
    both = Comparison()
    both.live(leave("sell", "1", "100"), Decimal(100), 5)
    both.paper(leave("sell", "1", "100"), Decimal(100))
    both.funded(funding("1"), live=True)
    both.paper(fill("buy", "1", "100"), Decimal(100))
    both.forget("p1")
    assert (both.rounds, both.waits, both.sums.trades) == ({}, [], 0)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), max_size=40))
def test_it_goes_on_where_it_was_saved(prices: list[tuple[int, int]]) -> None:
    whole, pieces = Comparison(), Comparison()
    for number, (first, last) in enumerate(prices):
        name = f"p{number}"
        for both in (whole, pieces):
            both.paper(fill("buy", "1", str(first), position_id=name), Decimal(first))
            both.live(fill("buy", "1", str(first), position_id=name), Decimal(first), number)
        pieces = msgspec.convert(msgspec.to_builtins(pieces), Comparison, strict=False)
        for both in (whole, pieces):
            both.live(leave("sell", "1", str(last), position_id=name), Decimal(last), None)
            both.paper(leave("sell", "1", str(last), position_id=name), Decimal(last))
    assert figures(pieces, AT) == figures(whole, AT)
    assert len(whole.rows) == min(ROWS, len(prices))
    assert whole.sums.trades == len(prices)
    assert whole.sums.live_pnl == whole.sums.paper_pnl
