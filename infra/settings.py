"""Settings: defaults, then config/dashboards.yaml, then .env and environment, then flags."""

import hmac
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from typing_extensions import override

from core.errors import ConfigError
from infra.setting_conflicts import refuse_broker, refuse_keys
from infra.setting_groups import (
    AlertSettings,
    DeepseekSettings,
    FullMathSettings,
    GruSettings,
    LiveSettings,
    RetentionSettings,
    RiskSettings,
)
from infra.setting_rules import (
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
from infra.setting_shown import masked, revealed, variables
from infra.setting_sources import NESTED, Layer, merge, read_yaml, sentences

ROOT = Path(__file__).resolve().parent.parent
YAML_FILE = "config/dashboards.yaml"
# sun_path holds 104 bytes on macOS and 108 on Linux, with the final zero
MAX_SOCKET_PATH = 103
# what a process without the exchange's keys has instead
KEYLESS = {
    "EXCHANGE_KEY": "none",
    "EXCHANGE_SECRET": "none",
    "EXCHANGE_KEY_FILE": "none",
    "BROKER": "paper",
    "I_UNDERSTAND_THE_RISK": "",
}


class Settings(BaseSettings):  # noqa: PLR0904 - what follows from settings is told beside them
    """Everything a person can set; config/dashboards.yaml says what each means.

    ``load_settings`` makes it. ``Settings(...)`` itself reads no file and no environment, which
    is what tests want.
    """

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
    risk: RiskSettings = RiskSettings()
    reset_paper: Switch = False
    alerts: AlertSettings = AlertSettings()

    retention: RetentionSettings = RetentionSettings()
    daily_report: Switch = True

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
    publish_hz: Annotated[int, *whole(1, 60)] = 4
    streams_per_client: Annotated[int, *whole(1, 100_000)] = 20
    max_streams: Annotated[int, *whole(1, 1_000_000)] = 10_000
    session_hours: Annotated[int, *whole(1, 8760)] = 168

    telegram_bot_token: Secret = SecretStr("")
    telegram_users: People = []
    telegram_webapp_key: Annotated[Secret, AfterValidator(hex_key)] = SecretStr("")
    telegram_session_minutes: Annotated[int, *whole(1, 1440)] = 60
    telegram_open_hours: Annotated[int, *whole(1, 168)] = 12
    tg_dashboard_interval: Annotated[int, *none_or(10, 86_400)] = 300
    telegram_api_url: Annotated[str, *matching(r"^https?://[^\s/]+[^\s]*[^\s/]$", "a URL")] = (
        "https://api.telegram.org"
    )

    heartbeat_url: Annotated[Secret, AfterValidator(secret_url)] = SecretStr("")

    data_dir: Annotated[Path, AfterValidator(absolute), Rule("a folder")] = ROOT / "data"
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
        Rule("DEBUG, INFO, WARNING or ERROR"),
    ] = "INFO"
    log_format: Annotated[Literal["text", "json"], Rule("text or json")] = "text"

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing here: the loader merges the sources, to say which gave a bad value."""
        return (init_settings,)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.market == "replay" and not self.replay:
            raise ValueError("market replay needs files of candles: name them with --replay")
        if self.market in {"sim", "exchange"} and self.replay:
            raise ValueError(
                f"market {self.market} replays no files: leave --replay out, or set market replay"
            )
        if self.market == "exchange" and self.speed != 1:
            raise ValueError(
                f"market exchange goes at the speed of the world: leave speed out, was {self.speed}"
            )
        refuse_keys(self.exchange_key, self.exchange_secret, self.exchange_key_file)
        refuse_broker(
            self.broker, self.market_kind, has_keys=self.has_keys,
            consents=bool(self.i_understand_the_risk),
        )  # fmt: skip
        if len(os.fsencode(self.socket_path)) > MAX_SOCKET_PATH:
            raise ValueError(
                f"data_dir must be shorter, for {self.socket_path} is longer than the "
                f"{MAX_SOCKET_PATH} bytes a unix socket's path may have"
            )
        return self

    @property
    def market_kind(self) -> Literal["auto", "sim", "replay", "exchange"]:
        """What is asked for: ``auto`` is left where the exchange is to be tried first.

        With files it is a replay, at another speed than the world's the simulator, and with a
        broker that has to do with the exchange, that.
        """
        if self.replay or self.market != "auto":
            return "replay" if self.replay else self.market
        if self.speed != 1:
            return "sim"
        return "auto" if self.broker == "paper" else "exchange"

    @property
    def has_keys(self) -> bool:
        """Whether keys of an account at the exchange are named."""
        return bool(self.exchange_key.get_secret_value()) or self.exchange_key_file is not None

    @property
    def kill_path(self) -> Path:
        """The file whose being there stops all live trading."""
        return self.live.kill_file or self.data_dir / "KILL"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the ledger's database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'quarterdeck.db'}"

    @property
    def access_path(self) -> Path:
        """The database of keys, sessions and audit."""
        return self.data_dir / "access.db"

    @property
    def telegram_key(self) -> str:
        """What init data is checked with, in hex; empty when Telegram lets nobody in.

        Source: https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app
        """
        key, token = self.telegram_webapp_key, self.telegram_bot_token.get_secret_value()
        if key.get_secret_value() or not token:
            return key.get_secret_value()
        return hmac.new(b"WebAppData", token.encode(), "sha256").hexdigest()

    @property
    def telegram_roles(self) -> dict[int, str]:
        """The role of each Telegram user that the settings name."""
        named = (entry.partition(":") for entry in self.telegram_users)
        return {int(user_id): role for user_id, _, role in named}

    @property
    def run_dir(self) -> Path:
        """The folder of sockets and locks."""
        return self.data_dir / "run"

    @property
    def socket_path(self) -> Path:
        """Where the engine listens."""
        if self.bus_url is not None and self.redis_url is None:
            return Path(self.bus_url.removeprefix("unix://"))
        return self.run_dir / "engine.sock"

    @property
    def redis_url(self) -> str | None:
        """The Redis that carries the bus, None when a unix socket does."""
        is_redis = self.bus_url is not None and self.bus_url.startswith("redis")
        return self.bus_url if is_redis else None

    @property
    def state_path(self) -> Path:
        """The snapshot on disk."""
        return self.data_dir / "dashboard_state.json"

    @property
    def report_path(self) -> Path:
        """The report that opens offline."""
        return self.data_dir / "learning_reports" / "enhanced_dashboard.html"

    def effective(self) -> dict[str, Any]:
        """Return every setting as plain values to show, with passwords in URLs masked."""
        return masked(self.model_dump(mode="json"))

    def environment(self) -> dict[str, str]:
        """Return the variables that give another process these settings."""
        return dict(variables("", revealed(self.model_dump(mode="json"), self.model_dump())))


def load_settings(flags: Mapping[str, Any] | None = None, root: Path = ROOT) -> Settings:
    """Return the settings of this start: defaults, YAML, ``.env``, environment, then *flags*.

    Args:
        flags: values by the setting's name, only those that were given on the command line.
        root: the folder that holds ``config/`` and ``.env``.

    Raises:
        ConfigError: something is wrong; one sentence a line, all at once.
    """
    try:
        layers = _layers(flags or {}, root)
    except (SettingsError, ValueError) as error:
        raise ConfigError(str(error)) from error
    try:
        return Settings(**merge(layers))
    except ValidationError as error:
        raise ConfigError("\n".join(sentences(error, Settings, layers))) from error


def _layers(flags: Mapping[str, Any], root: Path) -> list[Layer]:
    return [
        Layer("file", YAML_FILE, read_yaml(root / YAML_FILE)),
        Layer("environment", ".env", DotEnvSettingsSource(Settings, root / ".env")()),
        Layer("environment", "", EnvSettingsSource(Settings)()),
        Layer("flag", "", flags),
    ]


def child_environment(settings: Settings, *, keys: bool = False) -> dict[str, str]:
    """Return this process's environment with *settings* in it, for a process of ours.

    Args:
        settings: of this start.
        keys: whether it may have the exchange's keys, which only the engine needs; without them
            it cannot have a broker of a real account either.
    """
    given = settings.environment()
    hidden = {} if keys else {name: word for name, word in KEYLESS.items() if name in given}
    return {**os.environ, **given, **hidden}
