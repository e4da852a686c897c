"""What owners changed on the page: a file of its own, for the other one is written by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from infra.setting_rules import LIVE
from infra.setting_sources import read_yaml
from utils.files import atomic_write

PAGE_FILE: Final = "settings.yaml"
HEAD: Final = """\
# Written by the page, where owners change settings; it wins over config/dashboards.yaml, and .env,
# environment and flags win over it. Take a line out, and the setting is what the others say.
"""


def read_page(path: Path, model: type[BaseModel]) -> Mapping[str, Any]:
    """Return what the file at *path* says of settings of *model*, empty when it is not there.

    Raises:
        ValueError: it cannot be read, or says something of a setting that needs a start.
    """
    values = read_yaml(path)
    for name in values:
        known = model.model_fields.get(name)
        if known is not None and LIVE not in known.metadata:
            raise ValueError(
                f"{name} in {path} is not for the page to change: "
                "write it in config/dashboards.yaml, and start again"
            )
    return values


def write_page(path: Path, values: Mapping[str, Any]) -> None:
    """Replace the file at *path* by *values*, for its owner alone.

    Raises:
        OSError: the folder or the disk refused; the file is as it was.
    """
    plain = {name: dict(v) if isinstance(v, Mapping) else v for name, v in values.items()}
    text = yaml.safe_dump(plain, sort_keys=True, allow_unicode=True) if plain else ""
    atomic_write(path, (HEAD + text).encode())
