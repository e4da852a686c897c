"""The engine process: how it starts on bad files, and how it ends."""

import json
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.dashboard import SCHEMA_VERSION
from tests.runner.audit import Books, check_books, check_state, check_told
from tests.runner.engine_process import EngineProcess
from tests.runner.tapes import record
from tests.services import PATIENCE_S

STATE = "dashboard_state.json"
BUSY: dict[str, Any] = {"SPEED": "20000", "STRATEGIES": "churn", "RISK__RISK_PER_TRADE_PCT": "0.01"}


@contextmanager
def reader(path: Path) -> Iterator[list[int]]:
    """Read *path* all the time; yield the numbers of the snapshots seen."""
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.wait(0.002):
            if path.exists():
                snapshot = json.loads(path.read_bytes())
                assert snapshot["schema_version"] == SCHEMA_VERSION
                assert snapshot["state"]["account"] is not None
                seen.append(snapshot["seq"])

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield seen
    finally:
        done.set()
        reading.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_and_leaves_the_last_state(tmp_path: Path, number: signal.Signals) -> None:
    with (
        EngineProcess(tmp_path / "data", churn=True, **BUSY) as engine,
        reader(engine.folder / STATE) as seen,
    ):
        engine.wait_for("order_filled", 10)
        engine.wait_until(lambda: len(set(seen)) >= 2, "the state file is written twice")
        engine.stop(number)

    assert engine.process.returncode == 0
    assert seen == sorted(seen)
    snapshot = json.loads((engine.folder / STATE).read_bytes())
    assert snapshot["state"] == engine.heard.state
    assert snapshot["state"]["engine"]["status"] == "stopping"
    books = Books(engine.folder)
    check_books(books)
    check_told(books, engine.heard)
    check_state(books, snapshot["state"])


def test_it_stops_while_it_plays_the_past(tmp_path: Path) -> None:
    with EngineProcess(tmp_path / "data", churn=True, WARMUP_DAYS="365", **BUSY) as engine:
        engine.wait_until(lambda: len(engine.heard.of("snapshot")) > 2, "some of it is played")
        engine.stop()

    assert engine.process.returncode == 0
    books = Books(engine.folder)
    check_books(books)
    state = json.loads((engine.folder / STATE).read_bytes())["state"]
    assert state["engine"]["status"] == "stopping"
    check_state(books, state)


def test_a_second_engine_on_the_same_folder_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    tape = record(tmp_path / "tape", days=1)
    with EngineProcess(tmp_path / "data", churn=True, **BUSY) as engine:
        engine.wait_for("order_filled")
        for second in (
            EngineProcess(tmp_path / "data", RESET_PAPER="true"),
            EngineProcess(tmp_path / "data", MARKET="replay", REPLAY=str(tape[0])),
        ):
            assert second.process.wait(PATIENCE_S) == 2
            assert "another engine trades on data folder" in second.log
        assert engine.runs
    with closing(sqlite3.connect(tmp_path / "data" / "quarterdeck.db")) as database:
        accounts = database.execute("SELECT archived_at FROM accounts").fetchall()
    assert accounts == [(None,)]


@pytest.mark.parametrize(
    "content", [b'{"schema_version": 1, "sta', b'{"schema_version": 99, "epoch": "e", "seq": 1}']
)
def test_a_state_file_it_cannot_vouch_for_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / STATE).write_bytes(content)
    (folder / f".{STATE}.left-by-a-killed-one.new").write_bytes(b"half")
    with EngineProcess(folder) as engine:
        engine.wait_for("price")
        engine.stop()

    assert f"{STATE} was set aside as {STATE}.kept-" in engine.log
    (kept,) = folder.glob(f"{STATE}.kept-*")
    assert kept.read_bytes() == content
    assert json.loads((folder / STATE).read_bytes())["schema_version"] == SCHEMA_VERSION
    assert not list(folder.glob(f".{STATE}.*"))


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, but somebody's diary " * 100)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE alembic_version (version_num TEXT)")
        database.execute("INSERT INTO alembic_version VALUES ('9999')")
        database.commit()


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (garbage, "is damaged (file is not a database) and was left as it is"),
        (newer, "has schema 9999, this version knows up to"),
        (foreign, "holds tables of another program (recipes)"),
    ],
)
def test_a_database_it_cannot_use_is_left_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    spoil(folder / "quarterdeck.db")
    before = (folder / "quarterdeck.db").read_bytes()
    with EngineProcess(folder) as engine:
        assert engine.process.wait(PATIENCE_S) == 2

    assert sentence in engine.log
    assert "Traceback" not in engine.log
    assert (folder / "quarterdeck.db").read_bytes() == before


def falsify(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE journal SET qty = '0' WHERE role = 'entry'")
        database.commit()


def scribble(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * (path.stat().st_size - 2 * 4096))


@pytest.mark.parametrize(
    ("spoil", "sentence"), [(falsify, "does not add up"), (scribble, "is damaged")]
)
def test_a_ledger_that_was_spoiled_is_refused_in_a_sentence(
    tmp_path: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    with EngineProcess(tmp_path / "data", churn=True, **BUSY) as engine:
        engine.wait_for("trade_closed")
        engine.stop()
    spoil(engine.folder / "quarterdeck.db")

    with EngineProcess(tmp_path / "data", churn=True, **BUSY) as again:
        assert again.process.wait(PATIENCE_S) == 2

    assert sentence in again.log
    assert "was left as it is" in again.log
    assert "Traceback" not in again.log


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("BTCUSDT.csv", b"", "BTCUSDT.csv is empty"),
        ("BTCUSDT.csv", b"\x00\xff\xfe" * 1000, "BTCUSDT.csv"),
        ("BTCUSDT.csv.gz", b"no gzip", "BTCUSDT.csv.gz"),
        ("diary.csv", b"open_time,open\n", "diary.csv must begin with its symbol"),
    ],
)
def test_a_recording_it_cannot_play_is_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with EngineProcess(
        tmp_path / "data", MARKET="replay", REPLAY=str(tmp_path / name), SPEED="max"
    ) as engine:
        assert engine.process.wait(PATIENCE_S) == 2

    assert sentence in engine.log
    assert "Traceback" not in engine.log
    assert (tmp_path / name).read_bytes() == content
    assert not (tmp_path / "data" / "quarterdeck.db").exists()


def test_a_recording_that_is_spoiled_while_it_plays_can_be_played_on_once_it_is_mended(
    tmp_path: Path,
) -> None:
    (tape, _) = record(tmp_path, days=6)
    good = tape.read_bytes()
    settings: dict[str, Any] = {
        "MARKET": "replay", "REPLAY": str(tape), "SPEED": "max", "STRATEGIES": "churn",
    }  # fmt: skip
    with EngineProcess(tmp_path / "data", churn=True, **settings) as engine:
        engine.wait_for("snapshot")
        tape.write_bytes(good[: good.index(b"\n", len(good) // 2)] + b"\nnever,a,price,so,bad\n")
        assert engine.process.wait(PATIENCE_S) == 2

    assert "the file was changed while it was played" in engine.log
    assert "Traceback" not in engine.log
    spoiled = Books(engine.folder)
    check_books(spoiled)
    assert 1440 < len(spoiled.candles) < 5 * 1440
    check_state(spoiled, json.loads((engine.folder / STATE).read_bytes())["state"])

    tape.write_bytes(good)
    for folder in ("data", "whole"):
        with EngineProcess(tmp_path / folder, churn=True, **settings) as engine:
            engine.wait_until(lambda e=engine: e.heard.status == "ended", "the tape is over")
    mended, whole = Books(tmp_path / "data"), Books(tmp_path / "whole")
    assert mended.journal == whole.journal
    assert mended.happened == whole.happened
    check_books(mended)
