"""Write the pages and schemas that are made from the code: ``make docs``."""

import json
from collections.abc import Callable
from pathlib import Path

from core.catalogue import events_page, state_schema
from store.schema_page import schema_page
from tools.configuration import configuration_page, words_text

ROOT = Path(__file__).resolve().parent.parent


def schema_text() -> str:
    """Return the state's JSON Schema, indented."""
    return json.dumps(state_schema(), indent=1) + "\n"


GENERATED: dict[str, Callable[[], str]] = {
    "docs/CONFIGURATION.md": configuration_page,
    "docs/DATABASE_SCHEMA.md": schema_page,
    "docs/events.md": events_page,
    "docs/dashboard_state.schema.json": schema_text,
    "infra/setting_words.json": words_text,
}


def main() -> None:
    """Write every generated file."""
    for name, make in GENERATED.items():
        (ROOT / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
