"""The settings themselves: each with its default and what it must be."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.setting_groups import (
    AlertSettings,
    AnomalySettings,
    DeepseekSettings,
    FullMathSettings,
    GruSettings,
    LiveSettings,
    RetentionSettings,
    RiskSettings,
    SystemSettings,
    TradingSettings,
)
from infra.setting_rules import (
    LIVE,
    Capitals,
    Consent,
    Files,
    Networks,
    OwnFile,
    People,
    Program,
    PublicUrl,
    Rule,
    Secret,
    Switch,
    Symbols,
    Tapes,
    Unset,
    Words,
    absolute,
    hex_key,
    matching,
    none_or,
    number,
    secret_url,
    whole,
)
from infra.setting_sources import NESTED

PROJECT = Path(__file__).resolve().parent.parent


class SettingFields(BaseSettings):
    """Every name there is, in the order of config/dashboards.yaml."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_nested_delimiter=NESTED,
        env_ignore_empty=True,
        dotenv_filtering="only_existing",
    )

    market: Annotated[
        Literal["auto", "sim", "replay", "exchange"], Rule("auto, sim, replay or exchange")
    ] = "auto"
    exchange: Annotated[
        str, *matching(r"^[a-z0-9]{2,40}$", "the name of an exchange as ccxt writes it")
    ] = "binanceusdm"
    exchange_url: Annotated[
        Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+$")] | None,
        Unset,
        Rule("a URL like http://host:port, or none"),
    ] = None
    exchange_key: Secret = SecretStr("")
    exchange_secret: Secret = SecretStr("")
    exchange_key_file: OwnFile = None
    record: Switch = False
    record_days: Annotated[int, *whole(1, 3650)] = 7
    replay: Tapes = []
    funding: Files = []
    replay_loop: Switch = False
    speed: Annotated[
        Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | Literal["max"],
        Rule("a number above 0, at most 100000, or max"),
    ] = 1.0
    seed: Annotated[int, *whole(0, 2**31 - 1)] = 7
    symbols: Symbols = ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    tick_ms: Annotated[int, *whole(10, 60_000)] = 500
    warmup_days: Annotated[int, *whole(0, 365)] = 7

    broker: Annotated[
        Literal["paper", "watch", "testnet", "live"], Rule("paper, watch, testnet or live")
    ] = "paper"
    i_understand_the_risk: Consent = ""
    live: LiveSettings = LiveSettings()
    paper_beside_live: Switch = True
    balance: Annotated[Decimal, *number("1", "1000000000")] = Decimal(10_000)
    strategies: Words = ["full_math", "trend"]
    strategy_timeout_s: Annotated[int, *whole(1, 60)] = 2
    full_math: FullMathSettings = FullMathSettings()
    deepseek_only: DeepseekSettings = DeepseekSettings()
    gru: GruSettings = GruSettings()
    slippage_bps: Annotated[Decimal, *number("0", "1000")] = Decimal(1)
    stale_after_s: Annotated[
        Annotated[int, Field(ge=1, le=3600)] | None,
        Unset,
        Rule("a whole number from 1 to 3600, or none"),
    ] = None
    risk: Annotated[RiskSettings, LIVE] = RiskSettings()
    reset_paper: Switch = False
    alerts: Annotated[AlertSettings, LIVE] = AlertSettings()
    anomalies: Annotated[AnomalySettings, LIVE] = AnomalySettings()

    retention: Annotated[RetentionSettings, LIVE] = RetentionSettings()
    daily_report: Annotated[Switch, LIVE] = True

    dashboard_host: Annotated[
        str, *matching(r"^[A-Za-z0-9.:_-]{1,255}$", "a host name or address")
    ] = "127.0.0.1"
    dashboard_port: Annotated[int, *whole(1, 65_535)] = 8080
    trusted_hosts: Words = []
    public_url: PublicUrl = None
    trusted_proxies: Networks = []
    tunnel: Annotated[Literal["none", "ngrok"], Rule("none or ngrok")] = "none"
    ngrok_authtoken: SecretStr = SecretStr("")
    ngrok_path: Program = None
    ngrok_domain: Annotated[
        str | None, *matching(r"^[A-Za-z0-9.-]{1,253}$", "a domain like deck.ngrok-free.app")
    ] = None
    publish_hz: Annotated[int, *whole(1, 60), LIVE] = 4
    streams_per_client: Annotated[int, *whole(1, 100_000), LIVE] = 20
    max_streams: Annotated[int, *whole(1, 1_000_000), LIVE] = 10_000
    session_hours: Annotated[int, *whole(1, 8760), LIVE] = 168
    trading: Annotated[TradingSettings, LIVE] = TradingSettings()

    telegram_bot_token: Secret = SecretStr("")
    telegram_users: People = []
    telegram_webapp_key: Annotated[Secret, AfterValidator(hex_key)] = SecretStr("")
    telegram_session_minutes: Annotated[int, *whole(1, 1440), LIVE] = 60
    telegram_open_hours: Annotated[int, *whole(1, 168), LIVE] = 12
    tg_dashboard_interval: Annotated[int, *none_or(10, 86_400), LIVE] = 300
    telegram_api_url: Annotated[str, *matching(r"^https?://[^\s/]+[^\s]*[^\s/]$", "a URL")] = (
        "https://api.telegram.org"
    )

    heartbeat_url: Annotated[Secret, AfterValidator(secret_url)] = SecretStr("")

    system: Annotated[SystemSettings, LIVE] = SystemSettings()
    data_dir: Annotated[Path, AfterValidator(absolute), Rule("a folder")] = PROJECT / "data"
    database_url: Annotated[
        str | None,
        *matching(
            r"^(sqlite|postgresql(\+psycopg)?)://",
            "a URL that begins with sqlite:// or postgresql+psycopg://",
        ),
    ] = None
    bus_url: Annotated[
        str | None,
        *matching(r"^(unix:///|rediss?://)", "a URL that begins with unix:/// or redis://"),
    ] = None
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Capitals,
        LIVE,
        Rule("DEBUG, INFO, WARNING or ERROR"),
    ] = "INFO"
    log_format: Annotated[Literal["text", "json"], Rule("text or json")] = "text"
