"""The risk limits that the settings give."""

from core.risk import RiskLimits
from infra.settings import Settings


def risk_limits(settings: Settings) -> RiskLimits:
    """Return the limits every order is checked against."""
    risk = settings.risk
    return RiskLimits(
        leverage=risk.leverage,
        max_leverage=risk.max_leverage,
        max_exposure_pct=risk.max_exposure_pct,
        max_positions=risk.max_positions,
        daily_loss_pct=risk.daily_loss_pct,
        risk_per_trade_pct=risk.risk_per_trade_pct,
        stale_after_ms=settings.stale_after_s * 1000,
    )
