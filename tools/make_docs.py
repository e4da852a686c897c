"""Write the pages and schemas that are made from the code: ``make docs``."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from flask import Flask

from core.catalogue import events_page, state_schema
from infra.settings import Settings
from store.schema_page import schema_page
from telegram_webapp.api_pages import markdown
from telegram_webapp.openapi import document
from telegram_webapp.wiring import WebProcess
from tools.configuration import configuration_page, words_text

ROOT = Path(__file__).resolve().parent.parent


def schema_text() -> str:
    """Return the state's JSON Schema, indented."""
    return json.dumps(state_schema(), indent=1) + "\n"


def api_page() -> str:
    """Return ``docs/API.md``, of an application of which nothing runs."""
    with TemporaryDirectory() as folder:
        app = WebProcess(Settings(data_dir=Path(folder))).application
        return markdown(document(cast("Flask", app)))


GENERATED: dict[str, Callable[[], str]] = {
    "docs/API.md": api_page,
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
