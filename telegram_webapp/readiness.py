"""Whether every part that an answer needs is there, and if not, what is wrong with it.

It is told to everybody: in a word, never with a name, an address or a path.
"""

from collections.abc import Callable
from typing import Final

from core.errors import ConfigError, SchemaError, StoreError
from store.database import Database
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.site import Site

OK: Final = "ok"


def readiness(site: Site, *, page_only: bool) -> dict[str, str]:
    """Return ``ok`` for each part, or what is wrong: away, or of another version.

    With *page_only* it is only asked for what the page cannot do without.
    """
    access = {"access": _state(lambda: in_thread(site.doorman.store.database.check_version))}
    if page_only:
        return access
    return {
        "engine": OK if site.link.is_up else "away",
        "database": _state(lambda: site.archive.ask(_check)),
        **access,
    }


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except SchemaError:
        return "not made yet or of another version: start Quarterdeck once, it upgrades by itself"
    except (StoreError, ConfigError):
        return "away"
    except Problem:
        return "no account yet"
    return OK


def _check(database: Database, _: int) -> None:
    database.check_version()
