"""Settings as they are shown to a person, and as they are handed to a process of ours."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import SecretStr

from infra.setting_sources import NESTED


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return *values* with the passwords of URLs masked."""
    return {
        name: masked(v) if isinstance(v, dict) else mask_password(v) if isinstance(v, str) else v
        for name, v in values.items()
    }


def revealed(shown: Mapping[str, Any], real: Mapping[str, Any]) -> dict[str, Any]:
    """Return *shown* with its secrets as they are in *real*, for a process of ours alone."""
    found: dict[str, Any] = {}
    for name, value in shown.items():
        if isinstance(value, dict):
            found[name] = revealed(value, real[name])
        else:
            secret = real[name]
            found[name] = secret.get_secret_value() if isinstance(secret, SecretStr) else value
    return found


def variables(prefix: str, values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield *values* as environment variables whose names begin with *prefix*."""
    for name, value in values.items():
        variable = prefix + name.upper()
        if isinstance(value, dict):
            yield from variables(variable + NESTED, value)
        elif isinstance(value, list):
            yield variable, (os.pathsep if name in {"replay", "funding"} else ",").join(value)
        elif value is not None:
            yield variable, str(value)


def mask_password(text: str) -> str:
    """Return *text* with the password of every URL in it as ``***``."""
    return re.sub(r"(://[^/@\s:]*):[^@\s]*@", r"\1:***@", text)
