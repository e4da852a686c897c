"""Settings: defaults, config/dashboards.yaml, the page, .env, environment, then flags."""

import hmac
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
)
from typing_extensions import override

from core.errors import ConfigError
from infra.setting_conflicts import refuse_broker, refuse_keys
from infra.setting_fields import PROJECT, SettingFields
from infra.setting_given import GIVEN, Given, names_in, picked, without
from infra.setting_page import PAGE_FILE, read_page
from infra.setting_rules import absolute
from infra.setting_shown import masked, revealed, variables
from infra.setting_sources import Layer, faults, merge, read_yaml

ROOT = PROJECT
YAML_FILE = "config/dashboards.yaml"
DOTENV = ".env"
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


class Settings(SettingFields):  # noqa: PLR0904 - what follows from settings is told beside them
    """Everything a person can set; config/dashboards.yaml says what each means.

    ``load_settings`` makes it. ``Settings(...)`` itself reads no file and no environment, which
    is what tests want.
    """

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
    def log_dir(self) -> Path:
        """The folder of the newest lines of every process."""
        return self.data_dir / "logs"

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


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and the layers that they are from, of which a later one won."""

    settings: Settings
    layers: Sequence[Layer]

    def layer_of(self, path: Sequence[str]) -> Layer | None:
        """Return where the setting at *path* is from, None for its default."""
        return next((layer for layer in reversed(self.layers) if layer.has(path)), None)

    @property
    def given(self) -> str:
        """What a process that we start is told of where its environment is from: see ``Given``."""
        kinds = ("environment", "flag")
        own = [layer for layer in self.layers if layer.where != DOTENV]
        return Given(*(names_in(own, kind) for kind in kinds)).text


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a process reads its settings: the same places each time.

    Attributes:
        flags: values by the setting's name, only those that were given on the command line.
        root: the folder that holds ``config/`` and ``.env``.
        given: what of the environment a person gave; all of it unless our launcher made it, which
            hands down every setting.
        fixed: by names of fields, what this process was started with whatever the places say.
    """

    flags: Mapping[str, Any] = field(default_factory=dict)
    root: Path = ROOT
    given: Given | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def read(self, page: Mapping[str, Any] | None = None) -> Loaded:
        """Return what the places say now.

        Args:
            page: what the page would have in its file; that file is read unless it is given.

        Raises:
            SettingsRefused: something is wrong; one sentence a line, all at once.
        """
        try:
            layers = self._layers(page)
        except (SettingsError, ValueError) as error:
            raise SettingsRefused({"": str(error)}) from error
        try:
            return Loaded(Settings(**{**merge(layers), **self.fixed}), layers)
        except ValidationError as error:
            raise SettingsRefused(faults(error, Settings, layers)) from error

    def _layers(self, page: Mapping[str, Any] | None) -> list[Layer]:
        file = Layer("file", YAML_FILE, read_yaml(self.root / YAML_FILE))
        dotenv = Layer("environment", DOTENV, DotEnvSettingsSource(Settings, self.root / DOTENV)())
        environment = EnvSettingsSource(Settings)()
        if self.given is None:
            above = [Layer("environment", "", environment), Layer("flag", "", self.flags)]
        else:
            above = [
                Layer("environment", "", picked(environment, self.given.environment)),
                Layer("flag", "", picked(environment, self.given.flags)),
            ]
        path = _page_path(merge([file, dotenv, *above]))
        asked = Layer("page", "", page or {})
        if page is None:
            asked = Layer("page", str(path), read_page(path, Settings))
        return [without(layer, self.fixed) for layer in (file, asked, dotenv, *above)]


def _page_path(values: Mapping[str, Any]) -> Path:
    """Return where the page keeps what owners change, among *values* as they are written."""
    folder = values.get("data_dir") or Settings.model_fields["data_dir"].default
    return absolute(Path(str(folder))) / PAGE_FILE


class SettingsRefused(ConfigError):  # noqa: N818 - as the other refusals are named
    """Settings that are wrong.

    Attributes:
        faults: a sentence for each, by its dotted name; what is about a file goes by "".
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("\n".join(faults.values()))
        self.faults = faults


def load_settings(flags: Mapping[str, Any] | None = None, root: Path = ROOT) -> Settings:
    """Return the settings of this start: defaults, YAML, page, ``.env``, environment, then *flags*.

    Args:
        flags: values by the setting's name, only those that were given on the command line.
        root: the folder that holds ``config/`` and ``.env``.

    Raises:
        SettingsRefused: something is wrong; one sentence a line, all at once.
    """
    return Sources(flags or {}, root).read().settings


def given_to_us() -> Given | None:
    """Return what our launcher says a person gave; None when it did not start this process."""
    return Given.read(os.environ.get(GIVEN))


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
