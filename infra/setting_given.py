"""What of a process's environment a person gave, and what our launcher only handed down."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from infra.setting_sources import Layer

# tells a process that our launcher started which settings of its environment a person gave
GIVEN: Final = "SETTINGS_GIVEN"


@dataclass(frozen=True, slots=True)
class Given:
    """Dotted names of settings: those that stood in the environment, and those that were flags."""

    environment: Collection[str]
    flags: Collection[str]

    @property
    def text(self) -> str:
        """It as the value of the variable `GIVEN`."""
        return ";".join(",".join(names) for names in (self.environment, self.flags))

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """Return what *text* says, None without one: nobody but a person made the environment."""
        if text is None:
            return None
        environment, _, flags = text.partition(";")
        return cls(*(tuple(filter(None, part.split(","))) for part in (environment, flags)))


def names_in(layers: Sequence[Layer], kind: str) -> list[str]:
    """Return the dotted names of what the layers of *kind* give."""
    found = [name for layer in layers if layer.kind == kind for name in _names(layer.values)]
    return list(dict.fromkeys(found))


def _names(values: Mapping[str, Any], before: str = "") -> list[str]:
    found: list[str] = []
    for name, value in values.items():
        inner = _names(value, f"{before}{name}.") if isinstance(value, Mapping) else []
        found += inner or [before + name]
    return found


def picked(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return what *values* say of the settings *names*, nested as they are."""
    found: dict[str, Any] = {}
    for name in names:
        group, _, inner = name.rpartition(".")
        within: Any = values.get(group, {}) if group else values
        if isinstance(within, Mapping) and inner in within:
            (found.setdefault(group, {}) if group else found)[inner] = within[inner]
    return found


def without(layer: Layer, names: Collection[str]) -> Layer:
    """Return *layer* without the fields *names*."""
    kept = {name: value for name, value in layer.values.items() if name not in names}
    return replace(layer, values=kept)
