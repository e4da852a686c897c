"""How large an entry may be."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sizing import Budget, entry_qty
from tests.exchange.paper_desk import RULES


def budget(**changes: Decimal | int) -> Budget:
    fields = {
        "equity": Decimal(10_000), "available": Decimal(10_000), "risk_pct": Decimal(1),
        "leverage": 5,
    }  # fmt: skip
    return Budget(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("price", "stop", "expected"),
    [
        ("100", "98", "47.619"),  # 100 / (2 + 0.1 of fees)
        ("100", "102", "47.619"),
        ("100", "99.9", "493.765"),  # more than the margin carries: 9 900 / 20.05
        ("100", None, "493.765"),
        ("100", "100", "493.765"),
    ],
)
def test_the_loss_at_the_stop_is_the_risk(price: str, stop: str | None, expected: str) -> None:
    stop_price = None if stop is None else Decimal(stop)

    assert entry_qty(budget(), Decimal(price), stop_price, RULES) == Decimal(expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"equity": Decimal(0)},
        {"equity": Decimal(-5)},
        {"available": Decimal(-5)},
        {"available": Decimal(0)},
        {"risk_pct": Decimal(0)},
        {"equity": Decimal(5)},  # 0.05 at risk would be a notional of 2.4, the least is 5
    ],
)
def test_nothing_is_bought_with_nothing(changes: dict[str, Decimal]) -> None:
    assert entry_qty(budget(**changes), Decimal(100), Decimal(98), RULES) == 0


money = st.decimals("1", "100000", places=2)


@given(equity=money, available=money, price=st.decimals("1", "100000", places=1),
       distance=st.decimals("0.0001", "0.2", places=4), leverage=st.integers(1, 50))  # fmt: skip
def test_no_size_risks_more_or_needs_more_than_there_is(
    equity: Decimal, available: Decimal, price: Decimal, distance: Decimal, leverage: int
) -> None:
    stop = price * (1 - distance)
    given_budget = budget(equity=equity, available=available, leverage=leverage)

    qty = entry_qty(given_budget, price, stop, RULES)

    assert qty % RULES.step_size == 0
    assert qty == 0 or qty * price >= RULES.min_notional
    assert qty * (price - stop) <= equity / 100
    assert qty * price / leverage + qty * price * RULES.taker_fee <= available
