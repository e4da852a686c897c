from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from store.accounts import archive_account, current_account, find_or_create_account
from store.database import Database

BALANCE = Decimal("10000.00000001")


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, sqlite_path: Path) -> Iterator[Database]:
    """A database that nobody has opened an account in."""
    if request.param == "postgresql":
        database = Database(request.getfixturevalue("postgres_url"))
    else:
        database = Database(f"sqlite:///{sqlite_path}")
    database.migrate()
    yield database
    database.close()


def test_before_the_first_start_there_is_no_account(fresh: Database) -> None:
    assert current_account(fresh) is None


def test_a_market_keeps_its_account_and_the_balance_it_began_with(fresh: Database) -> None:
    first = find_or_create_account(fresh, "simulated:7", BALANCE, now=1000)
    again = find_or_create_account(fresh, "simulated:7", Decimal(5), now=2000)

    assert (first.market_id, first.initial_balance, first.created_at) == (
        "simulated:7", BALANCE, 1000,
    )  # fmt: skip
    assert (again.id, again.initial_balance, again.used_at) == (first.id, BALANCE, 2000)
    assert current_account(fresh) == again


def test_the_account_opened_last_is_current_even_if_the_clock_was_set_back(
    fresh: Database,
) -> None:
    find_or_create_account(fresh, "simulated:7", BALANCE, now=9000)
    replay = find_or_create_account(fresh, "replay:abc", BALANCE, now=10)
    assert current_account(fresh) == replay

    simulated = find_or_create_account(fresh, "simulated:7", BALANCE, now=20)
    assert current_account(fresh) == simulated


def test_an_archived_account_makes_room_for_a_new_one(fresh: Database) -> None:
    old = find_or_create_account(fresh, "simulated:7", BALANCE, now=1000)

    archive_account(fresh, old.id, now=2000)
    assert current_account(fresh) is None

    new = find_or_create_account(fresh, "simulated:7", Decimal(500), now=3000)
    assert new.id != old.id
    assert new.initial_balance == 500
    assert current_account(fresh) == new
