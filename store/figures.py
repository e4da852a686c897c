"""The figures of an account and of two strategies side by side, worked out from its history."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.ledger import ZERO
from core.market import DAY_MS
from core.metrics import Sample, return_pct
from core.performance import Scope, days_of, encode, measures, summarize, thinned
from core.trades import Trade
from store.database import Database
from store.results import Curve, read_curve

HUNDRED: Final = Decimal(100)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Of which trades the figures are wanted.

    ``span`` is one of `core.performance.RANGES`, or another number of days such as `14d`.
    """

    span: str
    strategy: str | None = None
    symbol: str | None = None
    side: str | None = None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine knows beside the stored history.

    Attributes:
        now: ms; what happened later is left out.
        open_since: when each open position was opened, by (strategy, symbol, side).
        deepest_pct: the deepest fall since the start, by strategy; of all of them by "".
        currency: of all money.
    """

    now: int
    open_since: tuple[tuple[str, str, str, int], ...] = ()
    deepest_pct: dict[str, Decimal] = {}
    currency: str = "USDT"

    @classmethod
    def of(cls, state: Mapping[str, Any], now: int = 0) -> "Moment":
        """Return what the dashboard's *state* says of it."""
        account, held = state["account"], state["positions"].values()
        told = {"": account, **state["strategies"]}
        falls = {
            name: of["max_drawdown_pct"] for name, of in told.items() if "max_drawdown_pct" in of
        }
        return cls(
            now=now,
            deepest_pct={name: Decimal(str(fall)) for name, fall in falls.items()},
            open_since=tuple((p["strategy"], p["symbol"], p["side"], p["opened_at"]) for p in held),
            currency=account.get("currency", "USDT"),
        )


class SideBySide(msgspec.Struct, frozen=True):
    """Two strategies: their figures as JSON, and what each trade of theirs made in %."""

    scope: bytes
    figures: tuple[bytes, bytes]
    returns: tuple[list[float], list[float]]


def performance(
    database: Database, account_id: int, trades: Sequence[Trade], asked: Asked, moment: Moment
) -> bytes:
    """Return the figures that are asked for as JSON; *trades* are oldest first.

    Raises:
        StoreError: the database refused.
    """
    scope, curve = _scope(database, account_id, asked, moment)
    chosen = chosen_trades(trades, scope)
    summary = summarize(
        chosen,
        curve.points if scope.has_own_equity else (),
        scope,
        initial=curve.initial,
        transfers=curve.transfers,
        open_since=_open_since(asked, moment),
        deepest_pct=_deepest_pct(asked, moment),
    )
    return encode(summary)


def side_by_side(
    database: Database,
    account_id: int,
    trades: Sequence[Trade],
    pair: tuple[Asked, Asked],
    moment: Moment,
) -> SideBySide:
    """Return the figures of two strategies; *trades* are oldest first.

    Raises:
        StoreError: the database refused.
    """
    a, b = (_side(database, account_id, trades, asked, moment) for asked in pair)
    scope, _ = _scope(database, account_id, Asked(span=pair[0].span), moment)
    return SideBySide(encode(_shared(scope)), (a[0], b[0]), (a[1], b[1]))


def _side(
    database: Database, account_id: int, trades: Sequence[Trade], asked: Asked, moment: Moment
) -> tuple[bytes, list[float]]:
    scope, curve = _scope(database, account_id, asked, moment)
    chosen = chosen_trades(trades, scope)
    sample = Sample(
        chosen,
        curve.points,
        initial=curve.initial,
        span=(scope.since, scope.until),
        transfers=curve.transfers,
        open_since=_open_since(asked, moment),
        deepest_pct=_deepest_pct(asked, moment),
    )
    told = {"measures": measures(sample, scope), "equity_pct": thinned(grown(curve))}
    return encode(told), [float(return_pct(trade)) for trade in chosen]


def earliest(asked: Asked, moment: Moment) -> int | None:
    """Return the time (ms) before which nothing that is *asked* for closed; None: all counts."""
    if asked.span == "all":
        return None
    return max(0, moment.now - days_of(asked.span) * DAY_MS)


def chosen_trades(trades: Sequence[Trade], scope: Scope) -> list[Trade]:
    """Return those of *trades*, by their close, that are in *scope*."""
    first = bisect_left(trades, scope.since, key=_closed_at)
    last = bisect_left(trades, scope.until, key=_closed_at)
    given = [
        (name, value)
        for name in ("strategy", "symbol", "side")
        if (value := getattr(scope, name)) is not None
    ]
    chosen = trades[first:last]
    return [trade for trade in chosen if all(getattr(trade, n) == v for n, v in given)]


def grown(curve: Curve) -> list[tuple[int, Decimal]]:
    """Return (at, gain since the start in % of what was put in until then) of each point."""
    flows = [flow for flow in curve.transfers if flow[0] > curve.since]
    invested, found = curve.initial, []
    for at, equity in curve.points:
        while flows and flows[0][0] <= at:
            invested += flows.pop(0)[1]
        if invested > 0:
            found.append((at, HUNDRED * (equity - invested) / invested))
    return [(curve.since, ZERO), *found] if found else []


def _scope(
    database: Database, account_id: int, asked: Asked, moment: Moment
) -> tuple[Scope, Curve]:
    until = moment.now + 1
    curve = read_curve(database, account_id, asked.span, until, asked.strategy)
    scope = Scope(
        range=msgspec.convert(asked.span, Any), since=curve.since, until=until,
        strategy=asked.strategy, symbol=asked.symbol, side=asked.side, currency=moment.currency,
    )  # fmt: skip
    return scope, curve


def _open_since(asked: Asked, moment: Moment) -> list[int]:
    wanted = (asked.strategy, asked.symbol, asked.side)
    return [
        at
        for *own, at in moment.open_since
        if all(want is None or want == has for want, has in zip(wanted, own, strict=True))
    ]


def _deepest_pct(asked: Asked, moment: Moment) -> Decimal:
    """Return the deepest fall the engine saw, between the points too; it knows of all time only."""
    is_known = asked.span == "all" and asked.symbol is None and asked.side is None
    return moment.deepest_pct.get(asked.strategy or "", ZERO) if is_known else ZERO


def _shared(scope: Scope) -> dict[str, Any]:
    shared = msgspec.structs.asdict(scope)
    return {name: shared[name] for name in ("range", "since", "until", "currency")}


def _closed_at(trade: Trade) -> int:
    return trade.closed_at
