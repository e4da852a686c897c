"""Closed trades and curves for the tests of figures."""

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import strategies as st

from core.market import DAY_MS
from core.metrics import Sample
from core.orders import OrderRole
from core.trades import PositionSide, Trade

START = 1_788_220_800_000 - 1_788_220_800_000 % DAY_MS  # 00:00 UTC
HOUR = 3_600_000
EXITS = (OrderRole.STOP, OrderRole.TARGET, OrderRole.SIGNAL, OrderRole.MANUAL)


def trade(number: int, net: str | Decimal, **changes: object) -> Trade:
    """Return a trade of one hour that closes *number* hours after the start with *net*."""
    result = Decimal(net)
    fields: dict[str, object] = {
        "id": f"t{number:05d}", "symbol": "BTC/USDT", "strategy": "trend",
        "side": PositionSide.LONG, "leverage": 5, "qty": Decimal(1),
        "entry_price": Decimal(1000), "exit_price": Decimal(1000) + result,
        "opened_at": START + (number - 1) * HOUR, "closed_at": START + number * HOUR,
        "gross_pnl": result + 1, "fees": Decimal("0.75"), "funding": Decimal("-0.25"),
        "roe_pct": result / 2, "exit_reason": EXITS[number % 4],
        "entry_notional": Decimal(1000), "exit_notional": Decimal(1000) + result,
        "risk": Decimal(10),
    }  # fmt: skip
    return Trade(**fields | changes)  # type: ignore[arg-type]


def sample(nets: Sequence[str | Decimal], days: int = 60, **changes: object) -> Sample:
    """Return a sample of trades with these results, an hour apart, and no curve."""
    trades = [trade(number, net) for number, net in enumerate(nets, 1)]
    fields: dict[str, object] = {
        "initial": Decimal(10_000),
        "span": (START, START + days * DAY_MS),
    }
    return Sample(trades, [], **fields | changes)  # type: ignore[arg-type]


def curve(closes: Sequence[Decimal], initial: Decimal = Decimal(10_000)) -> Sample:
    """Return a sample whose equity at the end of each UTC day is *closes*."""
    points = [(START + day * DAY_MS, equity) for day, equity in enumerate(closes, 1)]
    end = START + len(closes) * DAY_MS
    return Sample([], points, initial=initial, span=(START, end))


MONEY = st.decimals(-500, 500, places=2)
NETS = st.lists(MONEY, max_size=60)
GROWTH = st.decimals(Decimal("-0.2"), Decimal("0.2"), places=4)


def curves(low: int = 30, high: int = 120) -> st.SearchStrategy[Sample]:
    """Return curves of daily equity, also flat ones, steady ones and ones that only fall."""
    kinds = st.one_of(
        st.lists(GROWTH, min_size=low, max_size=high),
        st.lists(st.just(Decimal(0)), min_size=low, max_size=high),
        st.builds(lambda growth, days: [growth] * days, GROWTH, st.integers(low, high)),
        st.lists(GROWTH.map(lambda g: -abs(g)), min_size=low, max_size=high),
    )
    return kinds.map(_grown)


def _grown(growth: Sequence[Decimal]) -> Sample:
    equity, closes = Decimal(10_000), []
    for step in growth:
        equity *= 1 + step
        closes.append(equity)
    return curve(closes)
