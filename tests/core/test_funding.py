"""What funding comes to, to the last decimal."""

from decimal import Decimal

import pytest

from core.funding import annualised_pct, interval_hours, payment
from core.market import HOUR_MS

RATE = Decimal("0.0001")


@pytest.mark.parametrize(
    ("side", "rate", "due"),
    [("long", RATE, "-6.01234567"), ("short", RATE, "6.01234567"), ("long", -RATE, "6.01234567")],
)
def test_who_holds_pays_or_gets_the_rate_of_what_is_held(
    side: str, rate: Decimal, due: str
) -> None:
    assert payment(side, Decimal("60123.4567891"), rate) == Decimal(due)


def test_a_year_of_it_is_not_compounded() -> None:
    assert annualised_pct(RATE, 8) == Decimal("10.95")
    assert annualised_pct(-RATE, 4) == Decimal("-21.9")


@pytest.mark.parametrize(
    ("hours", "interval"), [([], 8), ([5], 8), ([0, 8, 12], 4), ([0, 30], 8), ([3, 3], 8)]
)
def test_the_interval_is_that_of_the_newest_settlements(hours: list[int], interval: int) -> None:
    assert interval_hours([hour * HOUR_MS for hour in hours]) == interval
