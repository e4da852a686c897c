"""Reads settings from YAML and merges layers; says which layer gave a value that is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infra.setting_rules import Rule

NESTED = "__"
FLAGS = {
    "dashboard_host": "--host",
    "dashboard_port": "--port",
    "replay_loop": "--loop",
}


@dataclass(frozen=True)
class Layer:
    """Values from one place, and how a person calls a setting there.

    Attributes:
        kind: ``flag``, ``environment`` or ``file``.
        where: the file's name, empty when there is none.
        values: nested as the settings are.
    """

    kind: str
    where: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def name_of(self, path: Sequence[str]) -> str:
        """Return the name of the setting at *path* as one writes it in this layer."""
        match self.kind:
            case "flag":
                return FLAGS.get(path[0], "--" + path[0].replace("_", "-"))
            case "environment":
                name = NESTED.join(path).upper()
            case _:
                name = ".".join(path)
        return f"{name} in {self.where}" if self.where else name

    def has(self, path: Sequence[str]) -> bool:
        """Tell whether the setting at *path* is given here."""
        values: object = self.values
        for name in path:
            if not isinstance(values, Mapping) or name not in values:
                return False
            values = values[name]
        return True


def read_yaml(path: Path) -> Mapping[str, Any]:
    """Return the mapping in the YAML file at *path*, empty when there is no such file.

    Raises:
        ValueError: it cannot be read, is no YAML, or is no mapping; the text is a sentence.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise ValueError(f"{path} cannot be read as YAML: {why}") from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        raise ValueError(f"{path} must hold lines like 'name: value', was {str(values)[:60]!r}")
    return values


def merge(layers: Sequence[Layer]) -> dict[str, Any]:
    """Return the values of all *layers*, of which a later one wins."""
    merged: dict[str, Any] = {}
    for layer in layers:
        _merge_into(merged, layer.values)
    return merged


def _merge_into(target: dict[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        below = target.get(name)
        if isinstance(below, dict) and isinstance(value, Mapping):
            _merge_into(below, value)
        else:
            target[name] = dict(value) if isinstance(value, Mapping) else value


def faults(
    error: ValidationError, model: type[BaseModel], layers: Sequence[Layer]
) -> dict[str, str]:
    """Return a sentence for each setting that *error* complains about, by its name, in order.

    What concerns several settings goes by the name of the first that its sentence begins with.
    """
    told: dict[tuple[str, ...], str] = {}
    for detail in error.errors(include_url=False):
        path = tuple(_setting_path(detail["loc"], model))
        if path not in told or not path:
            key = path or (detail["msg"],)
            told[key] = _sentence(detail, path, model, layers)
    return {_name_in(sentence, ".".join(path)): sentence for path, sentence in told.items()}


def _name_in(sentence: str, name: str) -> str:
    """Return the setting that *sentence* begins with if it is of the group *name*, else *name*."""
    first = sentence.partition(" ")[0]
    return first if first.startswith(f"{name}.") else name


def _setting_path(location: Sequence[int | str], model: type[BaseModel]) -> Iterator[str]:
    """Yield the names of settings that *location* begins with; what follows is inside a value."""
    current: type[BaseModel] | None = model
    for part in location:
        if current is None or not isinstance(part, str):
            return
        yield part
        known = current.model_fields.get(part)
        current = _model_of(known.annotation) if known else None


def _model_of(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _sentence(
    detail: ErrorDetails, path: Sequence[str], model: type[BaseModel], layers: Sequence[Layer]
) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    layer = next((layer for layer in reversed(layers) if layer.has(path)), layers[-1])
    owner = _owner(path, model)
    if detail["type"] == "extra_forbidden":
        return _unknown(path, owner, layer)
    return f"{layer.name_of(path)} must be {_rule(path, owner)}, was {_shown(detail['input'])}"


def _owner(path: Sequence[str], model: type[BaseModel]) -> type[BaseModel]:
    for name in path[:-1]:
        known = model.model_fields.get(name)
        model = (_model_of(known.annotation) if known else None) or model
    return model


def _unknown(path: Sequence[str], owner: type[BaseModel], layer: Layer) -> str:
    near = get_close_matches(path[-1], owner.model_fields, n=1)
    hint = f": did you mean '{layer.name_of([*path[:-1], *near])}'?" if near else ""
    hint = hint.replace(f" in {layer.where}", "") if layer.where else hint
    return f"{layer.name_of(path)} is no setting{hint or ''}"


def _rule(path: Sequence[str], owner: type[BaseModel]) -> str:
    known = owner.model_fields[path[-1]]
    rules = [str(item) for item in known.metadata if isinstance(item, Rule)]
    return rules[0] if rules else "a group of settings"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return f"'{text[:80]}'"
