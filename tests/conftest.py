"""Fixtures that every folder of tests shares, and the lists of what did not simply pass."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from store import schema
from tests import migrated
from tests.services import MISSING, find_chromium, postgres_server, redis_server, require

# The same examples in every run, so that none fails by chance; `make fuzz` looks for new ones.
# How long one takes says something of the machine, nothing of the code.
settings.register_profile("quarterdeck", deadline=None, derandomize=not os.environ.get("FUZZ"))
settings.load_profile("quarterdeck")

# They drive processes, sockets, databases or a browser, whose pace is the machine's: each may try a
# second time. Those that take long stand first.
HERE = Path(__file__).parent
SECOND_TRY = (
    "exchange/test_soak",
    "test_troubleshooting.py",
    "test_keys_stay_secret.py",
    "runner/test_launch_for_real.py",
    "runner/test_killed_engine.py",
    "e2e/",
    "runner/test_engine_process.py",
    "runner/test_launch",
    "runner/test_database_commands.py",
    "runner/test_full_disk.py",
    "runner/test_shared_database.py",
    "runner/test_tunnel.py",
    "telegram_webapp/test_telegram_process.py",
    "telegram_webapp/test_routes_process.py",
    "telegram_webapp/test_database_away.py",
    "telegram_webapp/test_api_process.py",
    "telegram_webapp/test_stream_",
    "telegram_webapp/test_webapp_server.py",
    "telegram_webapp/js/",
    "telegram_bot/test_whole_bot.py",
    "telegram_bot/test_process.py",
    "runner/test_supervisor.py",
    "runner/test_announce.py",
    "runner/test_address.py",
    "runner/test_ngrok.py",
    "runner/test_watch.py",
    "runner/test_taking_over.py",
    "runner/test_recording.py",
    "runner/test_exchange_engine.py",
    "runner/test_live_engine.py",
    "exchange/test_real_",
    "exchange/test_user_stream.py",
    "exchange/test_venue_server.py",
    "exchange/",
    "runner/",
    "telegram_webapp/",
    "telegram_bot/",
    "store/",
    "training/",
    "infra/",
)
# where a database that syncs each commit waits for no disk
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there
MEMORY_LEAST = 4 * 2**30


def pytest_configure(config: pytest.Config) -> None:
    """Keep the folders of tests in memory, where there is room for them."""
    is_one_of_many = hasattr(config, "workerinput")
    if is_one_of_many or config.option.basetemp is not None or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= MEMORY_LEAST:
        folder = MEMORY / f"quarterdeck-{os.getpid()}"
        config.option.basetemp = str(folder)
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a second try to tests of other processes, and let them begin.

    A file is done by one worker: were the longest last, the other workers would wait for it.
    """
    for item in items:
        if _turn(item) < len(SECOND_TRY):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(key=_turn)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Any) -> None:
    """Let a second try begin with what the file shares made anew, not as the first one left it."""
    if getattr(item, "execution_count", 1) > 1:
        for definitions in item._fixtureinfo.name2fixturedefs.values():
            for shared in definitions:
                if shared.scope == "module":
                    shared.finish(item._request)


def pytest_collection_finish() -> None:
    """Leave thousands of tests, which stay, out of every search for garbage."""
    gc.collect()
    gc.freeze()


def _turn(item: pytest.Item) -> int:
    path = Path(os.path.relpath(item.path, HERE)).as_posix()
    return next(
        (n for n, begin in enumerate(SECOND_TRY) if path.startswith(begin)), len(SECOND_TRY)
    )


SERVICE_MARK = f"Skipped: {MISSING}"


@pytest.fixture(scope="session", autouse=True)
def _migrations_run_once() -> Iterator[None]:
    """Make empty databases of what the migrations made of the first one; see `tests.migrated`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "upgrade", migrated.upgrade)
        yield


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
    """List by name what was skipped for want of a server or browser, and what was run twice."""
    missing = [
        (report.nodeid, report.longrepr[2].removeprefix("Skipped: "))
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and report.longrepr[2].startswith(SERVICE_MARK)
    ]
    if missing:
        terminalreporter.section("not run here, for want of a service")
        for name, why in missing:
            terminalreporter.line(f"{name}: {why}")
    again = terminalreporter.stats.get("rerun", [])
    if again:
        terminalreporter.section("failed at first and was run again")
        for report in again:
            why = report.longreprtext.strip().splitlines()[-1]
            terminalreporter.line(f"{report.nodeid}, {report.when}: {why}")
