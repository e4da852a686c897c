"""The colours of pictures: the page's own, read from its style sheet."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

TOKENS: Final = Path(__file__).resolve().parent.parent / "telegram_webapp" / "css" / "tokens.css"
Theme = Literal["dark", "light"]

_RULE: Final = re.compile(r":root(?P<dark>\[data-theme=\"dark\"\])?\s*\{(?P<body>[^}]*)\}")
_TOKEN: Final = re.compile(r"--(?P<name>[a-z0-9-]+):\s*(?P<colour>#[0-9a-f]{6})\s*;")


@dataclass(frozen=True, slots=True)
class Look:
    """Colours as `#rrggbb`, by what they mean."""

    bg: str
    surface: str
    surface_2: str
    line: str
    line_strong: str
    text: str
    text_2: str
    text_3: str
    accent: str
    gain: str
    gain_soft: str
    loss: str
    loss_soft: str
    warn: str
    series_b: str

    def tone(self, value: float) -> str:
        """Return the colour of money made or lost; of neither, that of prose."""
        return self.gain if value > 0 else self.loss if value < 0 else self.text_2

    def soft(self, value: float) -> str:
        """Return the ground that `tone` is read on."""
        return self.gain_soft if value > 0 else self.loss_soft if value < 0 else self.surface_2


@cache
def look(theme: Theme = "dark") -> Look:
    """Return the colours of *theme*.

    Raises:
        ValueError: the style sheet does not name one of them.
    """
    found: dict[str, str] = {}
    for rule in _RULE.finditer(TOKENS.read_text(encoding="utf-8")):
        if rule["dark"] and theme != "dark":
            continue
        found |= {t["name"].replace("-", "_"): t["colour"] for t in _TOKEN.finditer(rule["body"])}
    missing = [name for name in Look.__slots__ if name not in found]
    if missing:
        raise ValueError(f"{TOKENS.name} must name the colours {', '.join(missing)}")
    return Look(**{name: found[name] for name in Look.__slots__})
