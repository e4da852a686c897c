"""What the engine watches for everybody, each told once and not a hundred times.

A watcher keeps what it has told and forgets it only when the figure has turned back clearly, so
that one that trembles around its limit is told once. Limits of 0 are off. Watchers are judged by
the same payloads as the page and people's own rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.alert_judging import Look, Payload, exact
from core.alerts import Alarm, Level
from core.anomalies import Anomaly
from core.anomaly_words import detail, title
from core.arithmetic import truncate8

SLACK: Final = Decimal("1.25")  # times its limit: farther from liquidation, a position rearms
CALM: Final = Decimal("0.8")  # of its limit: below that a funding rate is usual again
HALF: Final = Decimal("0.5")
ZERO: Final = Decimal(0)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """When to tell; percentages as their settings name them."""

    liquidation_pct: Decimal
    liquidation_error_pct: Decimal
    drawdown_step_pct: Decimal
    daily_loss_pct: Decimal
    funding_rate_pct: Decimal
    funding_pay_pct: Decimal
    anomaly_z: Decimal


class Told(msgspec.Struct, kw_only=True):
    """What was told, which is what a restart needs.

    ``liquidation`` holds the level told of each position, ``daily_loss`` that of the day that
    opened at ``day_open_at``, ``rates`` symbols whose funding rate is high, ``due`` the settlement
    (ms) told of each position.
    """

    drawdown: int | None = None
    liquidation: dict[str, int] = {}
    day_open_at: int = 0
    daily_loss: int = 0
    rates: list[str] = []
    due: dict[str, int] = {}


class Watchers:
    """Looks once a second at most, and says what is new.

    Promise: what `look` returns was not told before, or turned back clearly since then.
    """

    def __init__(self, limits: Limits, currency: str) -> None:
        self.limits = limits
        self._currency = currency
        self.told = Told()

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` returned.

        Raises:
            msgspec.ValidationError: it is nothing of ours.
        """
        self.told = msgspec.convert(saved, Told)

    def save(self) -> dict[str, Any]:
        """Return what a restart needs, JSON-able."""
        saved: dict[str, Any] = msgspec.to_builtins(self.told)
        return saved

    def look(self, look: Look) -> Iterator[Alarm]:
        """Yield what is new."""
        limits = self.limits
        if limits.liquidation_pct:
            yield from self._liquidation(look)
        yield from self._drawdown(look.account)
        if limits.daily_loss_pct:
            yield from self._daily_loss(look.account)
        if limits.funding_rate_pct:
            yield from self._rates(look)
        if limits.funding_pay_pct:
            yield from self._due(look)

    def jump(self, anomaly: Anomaly) -> Alarm | None:
        """Return the alarm of an unusual return, None when it is not as far out as to be told.

        An anomaly is told once, so this is.
        """
        limit = self.limits.anomaly_z
        if not limit or abs(anomaly.z) < limit:
            return None
        return Alarm(
            level=Level.WARN, code="price_jump", symbol=anomaly.symbol,
            link=_symbol_link(anomaly.symbol), title=title(anomaly), detail=detail(anomaly),
        )  # fmt: skip

    def _liquidation(self, look: Look) -> Iterator[Alarm]:
        limits, before = self.limits, self.told.liquidation
        edges = (limits.liquidation_pct, min(limits.liquidation_error_pct, limits.liquidation_pct))
        after: dict[str, int] = {}
        for key, position in look.positions.items():
            distance, old = _maybe(position["liquidation_distance_pct"]), before.get(key, 0)
            level = 0 if distance is None else brink(distance, edges, old)
            if level:
                after[key] = level
            if distance is not None and level > old:
                yield _near_liquidation(position, key, distance, level)
        self.told.liquidation = after

    def _drawdown(self, account: Payload) -> Iterator[Alarm]:
        step, fall = self.limits.drawdown_step_pct, exact(account["_drawdown_pct"])
        if not step:
            return
        old = self.told.drawdown
        self.told.drawdown = level = ladder(fall, step, old or 0)
        if old is None or level <= old:  # what fell in the past is known by now
            return
        equity = self._money(exact(account["equity"]))
        yield Alarm(
            level=Level.WARN, code="drawdown", title=f"Drawdown reached {_pct(level * step)}",
            detail=f"Equity is {equity}, {_pct(fall)} below its peak.",
        )  # fmt: skip

    def _daily_loss(self, account: Payload) -> Iterator[Alarm]:
        told, limit = self.told, self.limits.daily_loss_pct
        is_first = not told.day_open_at
        if told.day_open_at != account["day_open_at"]:
            told.day_open_at, told.daily_loss = account["day_open_at"], 0
        loss = -exact(account["pnl_today_pct"])
        level = (loss >= limit / 2) + (loss >= limit)
        if level <= told.daily_loss:
            return
        told.daily_loss = level
        if is_first:
            return
        amount = exact(account["pnl_today"])
        so_far = f"{_pct(-loss)} since 00:00 UTC, the limit is {_pct(limit)}."
        if level == 1:
            yield Alarm(
                level=Level.WARN, code="daily_loss", amount=amount,
                title="Half of the daily loss limit is used up", detail=so_far,
            )  # fmt: skip
        else:
            yield Alarm(
                level=Level.ERROR, code="daily_loss", amount=amount,
                title="The daily loss limit is reached",
                detail=f"{so_far} Nothing is opened before tomorrow.",
            )  # fmt: skip

    def _rates(self, look: Look) -> Iterator[Alarm]:
        limit, before = self.limits.funding_rate_pct, set(self.told.rates)
        after: list[str] = []
        for symbol, stats in look.stats.items():
            rate = _maybe(stats["funding_rate"])
            if rate is None:
                continue
            share = abs(100 * rate)
            if share >= limit or (symbol in before and share >= CALM * limit):
                after.append(symbol)
            if symbol in before or share < limit:
                continue
            payers, others = ("Longs", "shorts") if rate > 0 else ("Shorts", "longs")
            yield Alarm(
                level=Level.WARN, code="funding_rate", symbol=symbol, link=_symbol_link(symbol),
                title=f"{symbol} funding rate is {_pct(100 * rate)}",
                detail=f"{payers} pay {others}{_settled(stats['next_funding_at'])}.",
            )  # fmt: skip
        self.told.rates = after

    def _due(self, look: Look) -> Iterator[Alarm]:
        told, least = self.told.due, self.limits.funding_pay_pct * exact(look.account["equity"])
        after = {key: at for key, at in told.items() if key in look.positions and at > look.at}
        for key, position in look.positions.items():
            stats = look.stats.get(position["symbol"], {})
            rate, settles_at = _maybe(stats.get("funding_rate")), stats.get("next_funding_at")
            if key in after or rate is None or settles_at is None or settles_at <= look.at:
                continue
            way = 1 if position["side"] == "long" else -1
            pays = exact(position["notional"]) * rate * way
            if pays > 0 and 100 * pays >= least:
                after[key] = settles_at
                yield self._pays(position, key, pays, f"{_pct(100 * rate)}{_settled(settles_at)}")
        self.told.due = after

    def _pays(self, position: Payload, key: str, pays: Decimal, rate: str) -> Alarm:
        symbol, side = position["symbol"], position["side"]
        return Alarm(
            level=Level.INFO, code="funding_due", symbol=symbol, strategy=position["strategy"],
            link=f"position_{key}", amount=-truncate8(pays),
            title=f"{symbol} {side} is to pay {self._money(pays)}",
            detail=f"{position['strategy']}, funding rate {rate}.",
        )  # fmt: skip

    def _money(self, value: Decimal) -> str:
        return f"{value:,.2f} {self._currency}".replace("-", "\N{MINUS SIGN}")


def ladder(value: Decimal, step: Decimal, told: int) -> int:
    """Return how many *steps* are told when *value* is that high and *told* were before.

    A step is taken back when the value is half a step below it.
    """
    reached = int(value / step)
    if reached >= told:
        return reached
    return told if value >= (told - HALF) * step else int(value / step + HALF)


def brink(value: Decimal, edges: Sequence[Decimal], told: int) -> int:
    """Return how many of the falling *edges* a *value* is below, when it was below *told*.

    An edge is left again at `SLACK` times its value.
    """
    reached = sum(value < edge for edge in edges)
    while told > reached and value >= edges[told - 1] * SLACK:
        told -= 1
    return max(reached, told)


def _near_liquidation(position: Payload, key: str, distance: Decimal, level: int) -> Alarm:
    symbol = position["symbol"]
    how = "near" if level == 1 else "very near"
    return Alarm(
        level=Level.WARN if level == 1 else Level.ERROR, code="liquidation_near", symbol=symbol,
        strategy=position["strategy"], link=f"position_{key}",
        title=f"{symbol} {position['side']} is {how} liquidation",
        detail=(
            f"{position['strategy']}, {_pct(distance)} from its liquidation price "
            f"{position['liquidation_price']:,}."
        ),
    )  # fmt: skip


def _symbol_link(symbol: str) -> str:
    return f"symbol_{symbol.replace('/', '')}"


def _settled(at: int | None) -> str:
    return "" if at is None else f" at {datetime.fromtimestamp(at / 1000, UTC):%H:%M} UTC"


def _pct(value: Decimal) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) < 1 else f"{value:.2f}"
    return f"{text.removesuffix('.00')} %".replace("-", "\N{MINUS SIGN}")


def _maybe(value: Any) -> Decimal | None:
    return None if value is None else exact(value)
