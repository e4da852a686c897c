import os
import shutil
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from core.errors import StoreError
from store import recovery
from store.accounts import find_or_create_account
from store.database import Database
from store.writer import Batch, Writer
from tests.store import samples


def large_batch(number: int) -> Batch:
    return Batch(journal=[samples.entry(number * 1000 + k) for k in range(100)])


def commit_until_refused(writer: Writer) -> int:
    for number in range(1000):
        try:
            writer.commit(large_batch(number))
        except StoreError:
            return number
    raise AssertionError("the disk never filled up")


def test_nothing_is_lost_when_the_file_may_not_grow(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/quarterdeck.db")
    database.migrate()
    writer = Writer(database, find_or_create_account(database, "m", Decimal(1), now=1).id)
    limited: list[Any] = []

    def limit(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 100")
        limited.append(connection)

    database.close()
    event.listen(database.engine, "connect", limit)
    refused = commit_until_refused(writer)
    assert len(list(recovery.journal(database, 1))) == refused * 100

    for connection in limited:
        connection.execute("PRAGMA max_page_count = 100000")
    writer.commit(large_batch(refused))

    assert len(list(recovery.journal(database, 1))) == (refused + 1) * 100
    database.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte, where the machine lets us make one."""
    disk, mount = tmp_path / "disk", shutil.which("mount")
    disk.mkdir()
    tiny = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if mount is None or os.geteuid() != 0 or subprocess.run([mount, *tiny], check=False).returncode:
        pytest.skip("only root can make a small file system, and only where mounting is allowed")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_nothing_is_lost_when_the_disk_is_full(small_disk: Path) -> None:
    database = Database(f"sqlite:///{small_disk}/quarterdeck.db")
    database.migrate()
    writer = Writer(database, find_or_create_account(database, "m", Decimal(1), now=1).id)

    refused = commit_until_refused(writer)
    with pytest.raises(StoreError, match=r"full|I/O"):
        writer.commit(large_batch(refused))
    assert len(list(recovery.journal(database, 1))) == refused * 100

    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    writer.commit(large_batch(refused))

    assert len(list(recovery.journal(database, 1))) == (refused + 1) * 100
    database.close()
