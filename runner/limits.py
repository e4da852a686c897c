"""The limits that the settings and the market's pace give."""

from math import ceil
from typing import Final

from core import anomalies
from core.alert_watch import Limits
from core.market import MINUTE_MS
from core.risk import RiskLimits
from exchange.pacing import tick_interval
from infra.settings import Settings

STALE_AFTER_S: Final = 10
STALE_ON_AN_EXCHANGE_S: Final = 2


def stale_after_s(settings: Settings, speed: float | None, kind: str = "simulated") -> int:
    """Return the real seconds after which prices are old: two steps of the feed at least.

    Args:
        settings: hold the wanted limit and the time between ticks.
        speed: engine seconds a real second, None when flat out.
        kind: of the feed; what an exchange sends has no steps of ours.
    """
    if kind == "exchange":
        return settings.stale_after_s or STALE_ON_AN_EXCHANGE_S
    wanted_s = settings.stale_after_s or STALE_AFTER_S
    if speed is None:
        return wanted_s
    step_ms = tick_interval(settings.tick_ms, speed) or MINUTE_MS
    return max(wanted_s, ceil(2 * step_ms / 1000 / speed))


def risk_limits(settings: Settings, speed: float | None, kind: str = "simulated") -> RiskLimits:
    """Return the limits every order is checked against, on a market of that *speed* and *kind*."""
    risk = settings.risk
    return RiskLimits(
        leverage=risk.leverage,
        max_leverage=risk.max_leverage,
        max_exposure_pct=risk.max_exposure_pct,
        max_positions=risk.max_positions,
        daily_loss_pct=risk.daily_loss_pct,
        risk_per_trade_pct=risk.risk_per_trade_pct,
        stale_after_ms=stale_after_s(settings, speed, kind) * 1000,
    )


def anomaly_limits(settings: Settings) -> anomalies.Limits:
    """Return from where on something is out of the ordinary."""
    wanted = settings.anomalies
    return anomalies.Limits(
        mild_z=float(wanted.mild_z), strong_z=float(wanted.strong_z),
        extreme_z=float(wanted.extreme_z), pause_ms=wanted.pause_minutes * MINUTE_MS,
    )  # fmt: skip


def alert_limits(settings: Settings) -> Limits:
    """Return when the engine itself raises an alert."""
    return Limits(daily_loss_pct=settings.risk.daily_loss_pct, **dict(settings.alerts))
