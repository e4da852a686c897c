"""Write the pages and schemas that are made from the code: ``make docs``."""

import json
from pathlib import Path

from core.catalogue import events_page, state_schema

ROOT = Path(__file__).resolve().parent.parent

GENERATED = {
    "docs/events.md": events_page,
    "docs/dashboard_state.schema.json": lambda: json.dumps(state_schema(), indent=1) + "\n",
}


def main() -> None:
    """Write every generated file."""
    for name, make in GENERATED.items():
        (ROOT / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
