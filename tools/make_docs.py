"""Write the pages and schemas that are made from the code: ``make docs``."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.catalogue import events_page, state_schema  # noqa: E402

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
