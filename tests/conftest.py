"""Fixtures that every folder of tests shares, and the list of what could not run."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from tests.services import MISSING, find_chromium, postgres_server, redis_server, require

# how long an example takes says something of the machine, nothing of the code
settings.register_profile("quarterdeck", deadline=None)
settings.load_profile("quarterdeck")

SERVICE_MARK = f"Skipped: {MISSING}"


@pytest.fixture(scope="session")
def _postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_url(_postgres: str) -> Iterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database of this test's own."""
    name = f"qd_{uuid4().hex}"
    with psycopg.connect(_postgres, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    server, _, _ = _postgres.rpartition("/")
    yield f"{server}/{name}".replace("postgresql://", "postgresql+psycopg://")
    with psycopg.connect(_postgres, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a Redis server."""
    with redis_server() as url:
        yield url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of a Chromium to start with playwright's ``executable_path``."""
    return _chromium(whole=False)


@pytest.fixture(scope="session")
def whole_chromium_path() -> str:
    """The path of a Chromium with everything that a person's has."""
    return _chromium(whole=True)


def _chromium(*, whole: bool) -> str:
    found = find_chromium(whole=whole)
    if found is None:
        require("Chromium", "run `make test`, which installs one, or put chromium on the path")
    assert found is not None
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List by name the tests that were skipped for want of a server or browser."""
    missing = [
        (report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and report.longrepr[2].startswith(SERVICE_MARK)
    ]
    if missing:
        terminalreporter.section("not run here, for want of a service")
        for name, why in missing:
            terminalreporter.line(f"{name}: {why}")
