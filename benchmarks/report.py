"""A measured figure, its target, and the table of them all."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One figure; ``at_most`` or ``at_least`` is its target, if it has one."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Return whether the target is met, None without one."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least

    @property
    def target(self) -> str:
        """Return the target in words."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return "" if self.at_least is None else f"≥ {self.at_least:g}"


def table(results: Sequence[Result]) -> str:
    """Return the results as a Markdown table."""
    rows = ["| what | measured | target | met | note |", "|---|--:|--:|---|---|"]
    for r in results:
        met = {True: "yes", False: "**no**", None: ""}[r.met]
        rows.append(f"| {r.name} | {r.value:,.4g} {r.unit} | {r.target} | {met} | {r.note} |")
    return "\n".join(rows)


def save(results: Sequence[Result], path: Path) -> None:
    """Write the results and the machine they were measured on as JSON."""
    body = {
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "results": [{**asdict(r), "met": r.met} for r in results],
    }
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
