"""Every setting by its dotted name: what it must be, and whether it is taken over at a reload."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from infra.setting_rules import LIVE, Rule
from infra.setting_shown import mask_password
from infra.setting_sources import NESTED
from infra.settings import Settings


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        path: its group's name, if it is in one, and its own.
        is_live: whether it is taken over while a process runs.
    """

    path: tuple[str, ...]
    field: FieldInfo
    is_live: bool

    @property
    def name(self) -> str:
        """Its dotted name, as config/dashboards.yaml nests it."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return NESTED.join(self.path).upper()

    @property
    def is_secret(self) -> bool:
        """Whether its value is shown to nobody."""
        return self.field.annotation is SecretStr

    @property
    def rule(self) -> str:
        """What it must be, worded to follow "must be"."""
        return next((str(item) for item in self.field.metadata if isinstance(item, Rule)), "a text")

    @property
    def default(self) -> Any:
        """What it is when nobody says anything."""
        given = self.field.default
        return None if given is PydanticUndefined else given

    def of(self, settings: Settings) -> Any:
        """Return its value in *settings*."""
        value: Any = settings
        for name in self.path:
            value = getattr(value, name)
        return value

    def words(self, value: Any) -> str:
        """Return *value* for a person to read, without secrets."""
        if isinstance(value, SecretStr):
            return "***" if value.get_secret_value() else "none"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, list):
            return ", ".join(map(str, value)) or "empty"
        return "none" if value is None or value == "" else mask_password(str(value))


@cache
def catalogue() -> Mapping[str, Setting]:
    """Return every setting by its dotted name, in the order of config/dashboards.yaml."""
    return MappingProxyType({setting.name: setting for setting in _found()})


def _found() -> Iterator[Setting]:
    for name, known in Settings.model_fields.items():
        is_live, kind = LIVE in known.metadata, known.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for inner, field in kind.model_fields.items():
                yield Setting((name, inner), field, is_live)
        else:
            yield Setting((name,), known, is_live)


def differing(one: Settings, other: Settings) -> list[Setting]:
    """Return the settings that are not the same in both."""
    return [known for known in catalogue().values() if known.of(one) != known.of(other)]
