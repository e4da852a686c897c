"""Every gate an order passes before a broker sees it."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.orders import Order, OrderRole, OrderType, Side
from core.risk import RiskLimits, RiskView, check

LIMITS = RiskLimits(
    leverage=5, max_leverage=10, max_exposure_pct=Decimal(200), max_positions=6,
    daily_loss_pct=Decimal(5), risk_per_trade_pct=Decimal(1), stale_after_ms=10_000,
)  # fmt: skip
VIEW = RiskView(
    equity=Decimal(10_000), exposure=Decimal(0), positions=0, price=Decimal(100), paused=False,
    feed_age_ms=0, pnl_today=Decimal(0), day_open_equity=Decimal(10_000),
)  # fmt: skip
ENTRY = Order(
    id="o1", strategy="trend", symbol="BTC/USDT", side=Side.BUY, type=OrderType.MARKET,
    qty=Decimal(10), role=OrderRole.ENTRY, position_id="p1", created_at=0, leverage=5,
)  # fmt: skip
EXIT = msgspec.structs.replace(ENTRY, role=OrderRole.STOP, reduce_only=True)


def view(**changes: object) -> RiskView:
    return msgspec.structs.replace(VIEW, **changes)


@pytest.mark.parametrize(
    ("seen", "order", "gate", "value", "limit", "reason"),
    [
        (
            {"feed_age_ms": 48_000}, {}, "stale_feed", "48", "10",
            "the feed is 48 s old, limit 10 s",
        ),
        ({"paused": True}, {}, "paused", None, None, "trading is paused"),
        ({}, {"leverage": 12}, "leverage", "12", "10", "leverage would be 12x, limit 10x"),
        ({"positions": 6}, {}, "max_positions", "6", "6", "6 positions are open, limit 6"),
        ({"equity": Decimal(-1)}, {}, "equity", "-1", "0", "there is no equity left"),
        (
            {"pnl_today": Decimal(-520)}, {}, "daily_loss", "5.2", "5",
            "today's loss is 5.2%, limit 5%",
        ),
        (
            {"exposure": Decimal(20_300)}, {}, "exposure", "213", "200",
            "exposure would be 213% of equity, limit 200%",
        ),
        (
            {}, {"qty": Decimal(150), "price": Decimal(150)}, "exposure", "225", "200",
            "exposure would be 225% of equity, limit 200%",
        ),
    ],
)  # fmt: skip
def test_each_gate_refuses_with_its_value_limit_and_sentence(
    seen: dict[str, object],
    order: dict[str, object],
    gate: str,
    value: str | None,
    limit: str | None,
    reason: str,
) -> None:
    refusal = check(msgspec.structs.replace(ENTRY, **order), view(**seen), LIMITS)

    assert refusal is not None
    assert (refusal.gate, refusal.reason) == (gate, reason)
    assert refusal.value == (None if value is None else Decimal(value))
    assert refusal.limit == (None if limit is None else Decimal(limit))


@pytest.mark.parametrize(
    "seen",
    [
        {"feed_age_ms": 10_000},
        {"positions": 5},
        {"pnl_today": Decimal("-499.99")},
        {"exposure": Decimal(19_000)},
    ],
)
def test_an_order_at_its_limit_passes(seen: dict[str, object]) -> None:
    assert check(ENTRY, view(**seen), LIMITS) is None


def test_the_stalest_reason_is_told_first() -> None:
    refusal = check(ENTRY, view(feed_age_ms=60_000, paused=True), LIMITS)

    assert refusal is not None
    assert refusal.gate == "stale_feed"


@given(
    paused=st.booleans(), positions=st.integers(0, 99), exposure=st.decimals(0, 10**9, places=2),
    equity=st.decimals(-(10**6), 10**6, places=2), pnl=st.decimals(-(10**6), 10**6, places=2),
)  # fmt: skip
def test_an_exit_passes_whatever_the_account_looks_like(
    *, paused: bool, positions: int, exposure: Decimal, equity: Decimal, pnl: Decimal
) -> None:
    seen = view(paused=paused, positions=positions, exposure=exposure, equity=equity, pnl_today=pnl)

    assert check(EXIT, seen, LIMITS) is None


def test_an_exit_at_a_price_nobody_saw_lately_is_refused() -> None:
    refusal = check(EXIT, view(feed_age_ms=48_000), LIMITS)

    assert refusal is not None
    assert refusal.reason == "the feed is 48 s old, limit 10 s"
