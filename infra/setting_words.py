"""What each setting means, in the words of config/dashboards.yaml; ``make docs`` writes them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

FILE: Final = Path(__file__).with_suffix(".json")


class Words(msgspec.Struct, frozen=True):
    """The section of a setting, those it stands with, what is said of all these, and of it."""

    section: str
    block: str
    about: str
    text: str


@cache
def setting_words() -> Mapping[str, Words]:
    """Return what is said of each setting, by its dotted name."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Words])
