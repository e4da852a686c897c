"""Settings that belong together; config/dashboards.yaml says what each means."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from infra.setting_rules import OwnFile, Processes, SomeSymbols, matching, number, whole


class Group(BaseModel):
    """Settings under one name; an unknown one stops the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RiskSettings(Group):
    """Limits that no strategy can pass; percentages are of the account's equity."""

    leverage: Annotated[int, *whole(1, 125)] = 5
    max_leverage: Annotated[int, *whole(1, 125)] = 10
    max_exposure_pct: Annotated[Decimal, *number("0", "10000")] = Decimal(200)
    max_positions: Annotated[int, *whole(0, 1000)] = 6
    daily_loss_pct: Annotated[Decimal, *number("0", "100")] = Decimal(5)
    risk_per_trade_pct: Annotated[Decimal, *number("0", "100")] = Decimal("0.5")

    @model_validator(mode="after")
    def _leverage_within_its_limit(self) -> Self:
        if self.leverage > self.max_leverage:
            raise ValueError(
                f"risk.leverage must be at most risk.max_leverage, {self.max_leverage}, "
                f"was {self.leverage}"
            )
        return self


class LiveSettings(Group):
    """Limits on real orders that stand outside of strategies and risk; notionals are in USDT."""

    max_order_notional: Annotated[Decimal, *number("0", "1000000000")] = Decimal(100)
    max_daily_notional: Annotated[Decimal, *number("0", "1000000000")] = Decimal(1000)
    max_total_notional: Annotated[Decimal, *number("0", "1000000000")] = Decimal(500)
    symbols: SomeSymbols = []
    max_orders_a_minute: Annotated[int, *whole(0, 1200)] = 10
    kill_file: OwnFile = None


class FullMathSettings(Group):
    """The ensemble of theories; `strategy.full_math` says what they are."""

    bar_minutes: Annotated[int, *whole(1, 240)] = 15
    min_confidence: Annotated[Decimal, *number("0", "1")] = Decimal("0.25")


class DeepseekSettings(Group):
    """A language model behind the OpenAI chat protocol; without a key it is off.

    Prices are USD for a million tokens.
    """

    base_url: Annotated[str, *matching(r"^https?://[^\s]+$", "a URL")] = (
        "https://api.deepseek.com/v1"
    )
    model: Annotated[str, *matching(r"^[\w./:-]{1,100}$", "a model's name")] = "deepseek-chat"
    api_key: SecretStr = SecretStr("")
    every_minutes: Annotated[int, *whole(1, 1440)] = 15
    timeout_s: Annotated[int, *whole(1, 300)] = 30
    retries: Annotated[int, *whole(0, 10)] = 2
    daily_usd: Annotated[Decimal, *number("0", "10000")] = Decimal(1)
    input_usd_per_million: Annotated[Decimal, *number("0", "1000")] = Decimal("0.28")
    output_usd_per_million: Annotated[Decimal, *number("0", "1000")] = Decimal("0.42")
    max_output_tokens: Annotated[int, *whole(50, 10_000)] = 400


class GruSettings(Group):
    """The recurrent network; without PyTorch (requirements-ml.txt) it is off."""

    bar_minutes: Annotated[int, *whole(1, 240)] = 15
    horizon_bars: Annotated[int, *whole(1, 96)] = 4
    retrain_hours: Annotated[int, *whole(1, 720)] = 24
    train_days: Annotated[int, *whole(1, 365)] = 30
    min_probability: Annotated[Decimal, *number("0.5", "1")] = Decimal("0.55")


class AlertSettings(Group):
    """When the engine itself raises an alert; 0 is never."""

    liquidation_pct: Annotated[Decimal, *number("0", "100")] = Decimal(10)
    liquidation_error_pct: Annotated[Decimal, *number("0", "100")] = Decimal(5)
    drawdown_step_pct: Annotated[Decimal, *number("0", "100")] = Decimal(5)
    funding_rate_pct: Annotated[Decimal, *number("0", "100")] = Decimal("0.1")
    funding_pay_pct: Annotated[Decimal, *number("0", "100")] = Decimal("0.1")
    anomaly_z: Annotated[Decimal, *number("0", "1000")] = Decimal(12)


class AnomalySettings(Group):
    """From which robust z-score on a figure of the market is out of the ordinary."""

    mild_z: Annotated[Decimal, *number("1", "1000")] = Decimal(6)
    strong_z: Annotated[Decimal, *number("1", "1000")] = Decimal(12)
    extreme_z: Annotated[Decimal, *number("1", "1000")] = Decimal(20)
    pause_minutes: Annotated[int, *whole(1, 1440)] = 15

    @model_validator(mode="after")
    def _limits_rise(self) -> Self:
        if not self.mild_z < self.strong_z < self.extreme_z:
            raise ValueError(
                "anomalies.mild_z, strong_z and extreme_z must rise, were "
                f"{self.mild_z}, {self.strong_z} and {self.extreme_z}"
            )
        return self


class RetentionSettings(Group):
    """How long history is kept whole, in days; 0 keeps it for ever. Trades, orders and the
    journal are never deleted."""  # noqa: D205, D209

    equity_minute_days: Annotated[int, *whole(0, 36_500)] = 30
    candle_days: Annotated[int, *whole(0, 36_500)] = 400
    hold_signal_days: Annotated[int, *whole(0, 36_500)] = 90
    prediction_days: Annotated[int, *whole(0, 36_500)] = 400
    fact_days: Annotated[int, *whole(0, 36_500)] = 0


class TradingSettings(Group):
    """What the pages about trading show, and how often that is worked out anew."""

    update_interval: Annotated[int, *whole(1, 3600)] = 2
    max_positions: Annotated[int, *whole(1, 1000)] = 50
    chart_history_days: Annotated[int, *whole(1, 3650)] = 30


class SystemSettings(Group):
    """How the machine and our processes are watched."""

    update_interval: Annotated[int, *whole(1, 3600)] = 5
    metrics_retention: Annotated[int, *whole(0, 36_500)] = 30
    process_filter: Processes = []
