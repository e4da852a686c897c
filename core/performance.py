"""What an account came to, as page, API, bot and report show it: one structure for all.

`summarize` gives builtins with `Decimal` figures, `encode` their JSON, with figures as numbers of
at most 8 decimals.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from operator import itemgetter
from typing import Any, Final, Literal

import msgspec

from core.market import DAY_MS, HOUR_MS
from core.metrics import DEFINITIONS, METRICS, Sample, underwater, win_rate_pct
from core.trades import Trade

RANGES: Final = ("today", "7d", "30d", "all")
Range = Literal["today", "7d", "30d", "all"]
CHART_POINTS: Final = 600
MOST_BINS: Final = 25
HOURS: Final = range(24)
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
DECIMALS: Final = 8

Point = tuple[int, Decimal]
Summary = dict[str, Any]
Nets = list[Decimal]
Result = tuple[Decimal, int]
Group = tuple[Nets, Nets, Nets]  # won, lost, even


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about: a span of time (ms), and which of the trades."""

    range: Range = "all"
    since: int
    until: int
    strategy: str | None = None
    symbol: str | None = None
    side: str | None = None
    currency: str = "USDT"

    @property
    def has_own_equity(self) -> bool:
        """Return whether there is a curve of equity for exactly these trades."""
        return self.symbol is None and self.side is None


def since_of(name: str, now: int, started_at: int) -> int:
    """Return where the range *name* begins at *now* (ms): whole UTC days, not before the start.

    "today" is the UTC day; "7d" and "30d" are that day and the ones before it.
    """
    if name == "all":
        return started_at
    return max(started_at, now - now % DAY_MS - (days_of(name) - 1) * DAY_MS)


def days_of(name: str) -> int:
    """Return how many UTC days the range *name* has: `today` one, `14d` fourteen.

    Raises:
        ValueError: it has no number of days.
    """
    return 1 if name == "today" else int(name.removesuffix("d"))


def summarize(  # noqa: PLR0913 - what is known of an account, each by its name
    trades: Sequence[Trade],
    points: Sequence[Point],
    scope: Scope,
    *,
    initial: Decimal,
    transfers: Sequence[Point] = (),
    open_since: Sequence[int] = (),
    deepest_pct: Decimal = ZERO,
) -> Summary:
    """Return every figure, curve and split of an account.

    Args:
        trades: those in *scope*, by their close, oldest first.
        points: (at, equity) in its span, oldest first; empty when it has no curve of its own.
        scope: what is asked about.
        initial: equity at its beginning.
        transfers: (at, amount) that were put in, at any time.
        open_since: when the positions that are still open were opened.
        deepest_pct: the deepest fall the engine saw, between the points too, over this span.
    """
    sample = Sample(
        trades, points, initial=initial, span=(scope.since, scope.until), transfers=transfers,
        open_since=open_since, deepest_pct=deepest_pct,
    )  # fmt: skip
    drawn = thinned(points, CHART_POINTS - 1)  # the start, or the deepest fall, is one more
    shown = {at for at, _ in drawn} | {sample.fall.pct_at}
    return {
        "scope": msgspec.structs.asdict(scope),
        "counts": _counts(sample),
        "measures": measures(sample, scope),
        "definitions": {name: msgspec.structs.asdict(d) for name, d in DEFINITIONS.items()},
        "equity": [(scope.since, initial), *drawn] if drawn else [],
        "underwater": underwater(points, sample.peaks, shown),
        **_calendar(sample),
        "histogram": histogram(sample.nets),
        **_splits(sample),
    }


def measures(sample: Sample, scope: Scope) -> Summary:
    """Return each figure by its name; those that need equity have none where there is no curve."""
    found = {}
    for name, metric in METRICS.items():
        measure = metric(sample)
        if not scope.has_own_equity and name in NEEDS_EQUITY:
            measure = type(measure)(None, "equity is known of the whole account alone")
        found[name] = msgspec.structs.asdict(measure)
    return found


NEEDS_EQUITY: Final = {
    "roi", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown",
    "max_drawdown_pct", "max_drawdown_duration", "recovery_factor", "turnover",
}  # fmt: skip


def encode(summary: Mapping[str, Any]) -> bytes:
    """Return a summary, or a part of one, as JSON."""
    return _ENCODER.encode(rounded(summary))


def plain(summary: Mapping[str, Any]) -> Summary:
    """Return a summary as builtins alone, as a reader of its JSON has it."""
    decoded: Summary = msgspec.json.decode(encode(summary))
    return decoded


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def rounded(value: Any) -> Any:
    """Return *value* with every `Decimal` in it at 8 decimals; never -0."""
    if isinstance(value, Decimal):
        return round(value, DECIMALS) + ZERO
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def thinned(points: Sequence[Point], most: int = CHART_POINTS) -> list[Point]:
    """Return at most *most* points, in order: of each stretch its lowest and its highest.

    The first and the last are always among them.
    """
    if len(points) <= most:
        return list(points)
    inner = points[1:-1]
    stretches = (most - 2) // 2
    shown = [points[0]]
    for number in range(stretches):
        part = inner[len(inner) * number // stretches : len(inner) * (number + 1) // stretches]
        if part:
            low, high = min(part, key=_EQUITY), max(part, key=_EQUITY)
            shown += [low] if low is high else sorted((low, high))
    return [*shown, points[-1]]


_EQUITY: Final = itemgetter(1)


def histogram(nets: Sequence[Decimal]) -> Summary:
    """Return how many results fall in each bin: {"width", "bins": [(from, count)]}.

    At most 25 bins of 1, 2 or 5 · 10^k; zero is an edge. A result on an edge belongs above it,
    but for zero itself, which made nothing.
    """
    if not nets:
        return {"width": None, "bins": []}
    width = _bin_width(min(*nets, ZERO), max(*nets, ZERO))
    counts = Counter(int((net / width).to_integral_value(ROUND_FLOOR)) for net in nets)
    places = range(min(counts), max(counts) + 1)
    return {"width": width, "bins": [(width * place, counts[place]) for place in places]}


def _bin_width(low: Decimal, high: Decimal) -> Decimal:
    """Return the narrowest nice width that needs few bins for *low* to *high*."""
    span = high - low
    if not span:
        return Decimal(1)
    exponent = (span / MOST_BINS).adjusted()
    for step in (1, 2, 5, 10, 20, 50):
        width = Decimal(step).scaleb(exponent)
        first = (low / width).to_integral_value(ROUND_FLOOR)
        last = (high / width).to_integral_value(ROUND_FLOOR)
        if last - first + 1 <= MOST_BINS:
            return width
    return span


def _counts(sample: Sample) -> Summary:
    even = len(sample.nets) - len(sample.won) - len(sample.lost)
    return {
        "trades": len(sample.nets), "wins": len(sample.won), "losses": len(sample.lost),
        "breakevens": even, "days": len(sample.returns),
    }  # fmt: skip


def _calendar(sample: Sample) -> Summary:
    """Return each UTC day and month with its return in % and its P&L."""
    months: dict[str, list[tuple[Decimal | None, Decimal]]] = defaultdict(list)
    daily = []
    for begun, value, pnl in sample.days:
        day = _day(begun)
        daily.append((day, None if value is None else HUNDRED * value, pnl))
        months[day[:7]].append((value, pnl))
    monthly = [(name, *_compounded(days)) for name, days in months.items()]
    return {"daily": daily, "monthly": monthly}


def _compounded(days: Iterable[tuple[Decimal | None, Decimal]]) -> tuple[Decimal | None, Decimal]:
    growth, total, known = Decimal(1), ZERO, False
    for value, pnl in days:
        total += pnl
        if value is not None:
            growth, known = growth * (1 + value), True
    return (HUNDRED * (growth - 1) if known else None), total


def _splits(sample: Sample) -> Summary:
    trades = sample.trades
    # once for all splits: which of a group's three lists a result belongs to
    results = [(net, _WON if net > 0 else _LOST if net < 0 else _EVEN) for net in sample.nets]
    closes = [trade.closed_at for trade in trades]
    return {
        "by_strategy": _by([t.strategy for t in trades], results),
        "by_symbol": _by([t.symbol for t in trades], results),
        "by_side": _by([t.side for t in trades], results),
        "by_exit": _by([t.exit_reason for t in trades], results),
        "by_hour": _by([_HOURS[at // HOUR_MS % 24] for at in closes], results, _HOURS),
        "by_weekday": _by([WEEKDAYS[(at // DAY_MS + 3) % 7] for at in closes], results, WEEKDAYS),
    }


_HOURS: Final = tuple(f"{hour:02d}" for hour in HOURS)
_WON, _LOST, _EVEN = range(3)


def _by(keys: Sequence[str], results: Sequence[Result], order: Sequence[str] = ()) -> list[Summary]:
    """Return the figures of each group, in *order*, else the largest first."""
    groups: dict[str, Group] = defaultdict(lambda: ([], [], []))
    for key, (net, place) in zip(keys, results, strict=True):
        groups[key][place].append(net)
    found = [_group(str(name), *group) for name, group in groups.items()]
    if order:
        return sorted(found, key=lambda group: order.index(group["key"]))
    return sorted(found, key=lambda group: (-group["trades"], group["key"]))


def _group(name: str, won: Nets, lost: Nets, even: Nets) -> Summary:
    gains, falls = sum(won, ZERO), sum(lost, ZERO)
    count = len(won) + len(lost) + len(even)
    return {
        "key": name, "trades": count, "wins": len(won), "losses": len(lost),
        "breakevens": len(even), "net_pnl": gains + falls,
        "win_rate_pct": win_rate_pct(len(won), count).value,
        "profit_factor": gains / -falls if lost else None,
        "avg_pnl": (gains + falls) / count,
    }  # fmt: skip


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")
