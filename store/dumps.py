"""A PostgreSQL ledger put back from a dump that `store.backup` made, whole or not at all.

Its own programs do it: ``pg_restore`` writes what the dump holds as SQL, ``psql`` runs that in one
transaction after our tables were dropped.
Source: https://www.postgresql.org/docs/current/app-pgrestore.html
"""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from core.errors import ConfigError, StoreError
from store import glossary, schema, tables
from store.database import Database

TIMEOUT_S: Final = 3600


def put_back_dump(database: Database, dump: Path, environment: Mapping[str, str]) -> None:
    """Put the ledger that *dump* holds in the place of the one in *database*.

    Args:
        database: where to; nobody may trade on it meanwhile.
        dump: a file of ``pg_dump --format=custom``.
        environment: what PostgreSQL's own programs are to be given.

    Raises:
        ConfigError: a program is missing, or *dump* is not fit; nothing was changed.
        StoreError: the server refused; nothing was changed.
    """
    restorer = _Restorer(database, environment)
    restorer.refuse_unfit(dump)
    with tempfile.TemporaryDirectory(prefix="quarterdeck-") as folder:  # its owner's alone
        dropping, filling = Path(folder) / "drop.sql", Path(folder) / "fill.sql"
        dropping.write_text(_drops(), encoding="utf-8")
        restorer.read(dump, f"--file={filling}")
        restorer.run_scripts(dropping, filling)


def _drops() -> str:
    ours = [*(table.name for table in tables.metadata.sorted_tables), schema.VERSION_TABLE]
    dropped = f"DROP TABLE IF EXISTS {', '.join(ours)};\n"
    return f"DROP VIEW IF EXISTS {glossary.VIEW};\n{dropped}"


class _Restorer:
    """Runs PostgreSQL's programs; the password is never on a command line."""

    def __init__(self, database: Database, environment: Mapping[str, str]) -> None:
        url = database.url
        self._database = database
        self._place = url.set(drivername="postgresql", password=None).render_as_string()
        secret = {"PGPASSWORD": url.password} if url.password else {}
        self._environment = {**environment, **secret}

    def refuse_unfit(self, dump: Path) -> None:
        """Make sure that *dump* holds a ledger of a schema that this version knows.

        Raises:
            ConfigError: it does not.
            SchemaError: it was made by a newer version.
        """
        if not dump.is_file():
            raise ConfigError(f"file {dump} does not exist")
        told = self.read(dump, "--data-only", f"--table={schema.VERSION_TABLE}", "--file=-")
        lines = iter(told.splitlines())
        if not any(line.startswith("COPY ") for line in lines):
            raise ConfigError(f"file {dump} is no ledger of Quarterdeck")
        known = schema.known_revisions(self._database.migrations)
        schema.refuse_newer(next(lines).strip(), known, str(dump))

    def read(self, dump: Path, *how: str) -> str:
        """Return what ``pg_restore`` says of *dump*.

        Raises:
            ConfigError: it is no dump.
        """
        done = self._run("pg_restore", "--no-owner", "--no-privileges", *how, str(dump))
        if done.returncode:
            raise ConfigError(f"file {dump} cannot be restored: {_reason(done.stderr)}")
        return done.stdout

    def run_scripts(self, *scripts: Path) -> None:
        """Run *scripts* in one transaction.

        Raises:
            StoreError: the server refused.
        """
        how = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        files = [f"--file={script}" for script in scripts]
        done = self._run("psql", *how, "--no-password", *files, self._place)
        if done.returncode:
            raise StoreError(f"database {self._database.name} refused: {_reason(done.stderr)}")

    def _run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = shutil.which(name)
        if program is None:
            raise ConfigError(
                f"restoring PostgreSQL needs the program {name}: install PostgreSQL's client "
                "programs (on Debian and Ubuntu the package postgresql-client)"
            )
        try:
            return subprocess.run(  # noqa: S603 - a program of the path, our own words
                [program, *arguments], env=self._environment, capture_output=True, text=True,
                timeout=TIMEOUT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise StoreError(f"{name} did not end within {TIMEOUT_S} s") from error


def _reason(told: str) -> str:
    lines = told.strip().splitlines()
    return lines[0] if lines else "it did not say why"
