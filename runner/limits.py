"""The limits that the settings and the market's pace give."""

from math import ceil

from core.alert_watch import Limits
from core.market import MINUTE_MS
from core.risk import RiskLimits
from exchange.pacing import tick_interval
from infra.settings import Settings


def stale_after_s(settings: Settings, speed: float | None) -> int:
    """Return the real seconds after which prices are old: two steps of the feed at least.

    Args:
        settings: hold the wanted limit and the time between ticks.
        speed: engine seconds a real second, None when flat out.
    """
    if speed is None:
        return settings.stale_after_s
    step_ms = tick_interval(settings.tick_ms, speed) or MINUTE_MS
    return max(settings.stale_after_s, ceil(2 * step_ms / 1000 / speed))


def risk_limits(settings: Settings, speed: float | None) -> RiskLimits:
    """Return the limits every order is checked against, on a market of that *speed*."""
    risk = settings.risk
    return RiskLimits(
        leverage=risk.leverage,
        max_leverage=risk.max_leverage,
        max_exposure_pct=risk.max_exposure_pct,
        max_positions=risk.max_positions,
        daily_loss_pct=risk.daily_loss_pct,
        risk_per_trade_pct=risk.risk_per_trade_pct,
        stale_after_ms=stale_after_s(settings, speed) * 1000,
    )


def alert_limits(settings: Settings) -> Limits:
    """Return when the engine itself raises an alert."""
    return Limits(daily_loss_pct=settings.risk.daily_loss_pct, **dict(settings.alerts))
