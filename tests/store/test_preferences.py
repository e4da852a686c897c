"""How people wish to see the page: kept per person, changed in one step, read by any version."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from store.access import AccessStore
from store.access_tables import preferences
from store.database import Database
from store.preferences import (
    Layout,
    Preferences,
    Units,
    View,
    change_preferences,
    read_preferences,
)

PHONE = Layout(order=("prices", "hero"), hidden=("figures",))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    store = AccessStore(tmp_path / "access.db")
    store.migrate()
    yield store.database
    store.close()


def test_who_never_said_anything_sees_the_page_as_it_comes(database: Database) -> None:
    assert read_preferences(database, "owner") == (Preferences(), 0)


def test_each_person_has_their_own_and_each_change_begins_where_the_last_ended(
    database: Database,
) -> None:
    def percent(before: Preferences) -> Preferences:
        return msgspec.structs.replace(before, units=Units.PERCENT)

    def arranged(before: Preferences) -> Preferences:
        return msgspec.structs.replace(before, layouts={View.OVERVIEW: PHONE})

    change_preferences(database, "telegram:1", percent, 10)
    both = change_preferences(database, "telegram:1", arranged, 20)

    assert both == Preferences(units=Units.PERCENT, layouts={View.OVERVIEW: PHONE})
    assert read_preferences(database, "telegram:1") == (both, 20)
    assert read_preferences(database, "telegram:2") == (Preferences(), 0)


def test_what_another_version_wrote_is_read_as_far_as_it_is_understood(
    database: Database,
) -> None:
    wishes = {"units": "percent", "zone": "Mars/Olympus Mons", "scent": "pine"}
    with database.write() as connection:
        row = {"owner": "owner", "wishes": wishes, "changed_at": 5}
        connection.execute(preferences.insert().values(row))

    assert read_preferences(database, "owner") == (Preferences(units=Units.PERCENT), 5)
