import gzip
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # has no stubs
import pytest

from core.errors import ConfigError, SchemaError
from store.access import AccessStore, Role
from telegram_webapp.assets import KEPT_IN_MEMORY, Assets
from telegram_webapp.errands import pack_apart, upgrade_apart


def test_a_missing_database_of_credentials_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "access.db"
    upgrade_apart(file)

    store = AccessStore(file)
    secret = store.create_key("phone", Role.VIEWER, now=1)
    upgrade_apart(file)
    found = store.find(secret, now=2)
    store.close()

    assert found is not None
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_newer_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "access.db"
    upgrade_apart(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(ConfigError, match="has schema 9999, this version knows up to") as refused:
        upgrade_apart(file)

    assert "\n" not in str(refused.value)
    assert not isinstance(refused.value, SchemaError)


def test_a_database_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("in the way", "utf-8")

    with pytest.raises(ConfigError, match=r"access\.db cannot be made"):
        upgrade_apart(tmp_path / "folder" / "access.db")


@pytest.mark.parametrize(
    ("encoding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
)
def test_what_a_child_packed_unpacks(
    tmp_path: Path, encoding: str, unpack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "a.js").write_bytes(b"let a = 1;\n" * 100_000)

    packed = pack_apart(tmp_path / "a.js", encoding)

    assert len(packed) < 10_000
    assert unpack(packed) == b"let a = 1;\n" * 100_000


def test_a_file_that_vanished_says_which(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"gone\.js failed: FileNotFoundError"):
        pack_apart(tmp_path / "gone.js", "br")


def test_visitors_at_the_same_time_have_a_file_packed_once(tmp_path: Path) -> None:
    root = tmp_path / "page"
    root.mkdir()
    (root / "dashboard.html").write_text("<!--boot-->", "utf-8")
    (root / "large.js").write_bytes(b"let a = 1;\n" * KEPT_IN_MEMORY)
    assets = Assets(tmp_path / "cache", root)
    found: list[str] = []

    def ask() -> None:
        packed = assets.file("large.js", "gzip")
        assert packed is not None
        found.append(packed.encoding)

    visitors = [threading.Thread(target=ask) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()

    assert found == ["gzip"] * 4
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_large_file_that_cannot_be_packed_is_sent_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "page"
    root.mkdir()
    (root / "dashboard.html").write_text("<!--boot-->", "utf-8")
    body = b"let a = 1;\n" * KEPT_IN_MEMORY
    (root / "large.js").write_bytes(body)
    assets = Assets(tmp_path / "cache", root)

    found = assets.file("large.js", "zstd")

    assert found is not None
    assert (found.encoding, found.body) == ("", root / "large.js")
