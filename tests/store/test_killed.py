import random
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from store import recovery, tables
from store.accounts import current_account
from store.database import Database
from store.writer import WRITTEN
from tests.store import samples

ROOT = Path(__file__).parents[2]
ROUNDS = 8
ROWS_OF_A_BATCH = {
    table: {"journal": 3, "equity": 2, "theory_performance": 2}.get(table.name, 1)
    for table in WRITTEN
    if table is not tables.checkpoints
}
COMMITTER = """
import sys
from decimal import Decimal
from store.accounts import find_or_create_account
from store.database import Database
from store.writer import Writer
from tests.store.samples import batch

database = Database(sys.argv[1])
database.migrate()
writer = Writer(database, find_or_create_account(database, "killed", Decimal(1), now=1).id)
number = int(sys.argv[2])
while True:
    writer.commit(batch(number))
    print(number, flush=True)
    number += 1
"""


def test_what_was_committed_survives_a_kill_at_any_moment(url: str) -> None:
    """Each round goes on where the stored checkpoint says, as the engine does."""
    rng, told, checkpoint = random.Random(5), -1, -1
    for _ in range(ROUNDS):
        told = max(told, commit_and_kill(url, checkpoint + 1, lines=rng.randrange(1, 60)))
        checkpoint = checked(url)
        assert told <= checkpoint <= told + 1


def commit_and_kill(url: str, start: int, lines: int) -> int:
    """Kill a committing process after it told *lines* numbers; return the last it told."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMITTER, url, str(start)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read().splitlines(keepends=True)
    return int([line for line in told if line.endswith("\n")][-1])


def checked(url: str) -> int:
    """Return the stored checkpoint, having seen that every batch up to it is whole."""
    database = Database(url)
    database.check_version()
    account = current_account(database)
    assert account is not None
    stored = recovery.checkpoint(database, account.id)
    assert stored is not None
    last = int(stored["number"])
    entries = [e.source_id for e in recovery.journal(database, account.id)]
    assert entries == [e.source_id for n in range(last + 1) for e in samples.batch(n).journal]
    with database.read() as connection:
        for table, count in ROWS_OF_A_BATCH.items():
            found = connection.execute(select(func.count()).select_from(table)).scalar_one()
            assert (table.name, found) == (table.name, count * (last + 1))
    database.close()
    return last
