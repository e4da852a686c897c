"""What ``run_dashboard.py db`` does: upgrade, backup, restore and check."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

from core.errors import ConfigError
from infra.settings import Settings, child_environment
from runner.arguments import Arguments
from runner.instance import only_engine, only_instance, running_instance
from store.accounts import all_accounts
from store.backup import back_up, integrity_faults, migrations_of, put_back
from store.database import ACCESS_MIGRATIONS, Database
from store.dumps import put_back_dump
from store.imported import PREFIX
from store.lease import lease
from store.reconcile import reconcile
from store.schema import known_revisions

EXIT_DIFFERS: Final = 1


def database_command(settings: Settings, arguments: Arguments, now: int) -> int:
    """Do what *arguments* ask for and print what was done; return the exit code.

    Raises:
        ConfigError: something that a person must mend first; nothing was changed.
        StoreError: a database or the disk refused.
    """
    match arguments.command:
        case "db upgrade":
            _upgrade(settings, now)
        case "db backup":
            _back_up(settings, Path(arguments.to).absolute() if arguments.to else None, now)
        case "db restore":
            _restore(settings, Path(arguments.file).absolute(), now)
        case _:
            return _check(settings)
    return 0


def _ledger(settings: Settings) -> Database:
    return Database(settings.database)


def _keys(settings: Settings) -> Database:
    return Database(f"sqlite:///{settings.access_path}", ACCESS_MIGRATIONS)


@contextmanager
def _databases(settings: Settings) -> Iterator[list[Database]]:
    """Lend the ledger and, once somebody has signed in, the keys."""
    with closing(_ledger(settings)) as ledger, closing(_keys(settings)) as keys:
        yield [ledger, keys] if settings.access_path.exists() else [ledger]


@contextmanager
def _stopped(settings: Settings, wish: str) -> Iterator[None]:
    """Keep everybody from the data folder while something is done to it.

    Raises:
        ConfigError: Quarterdeck runs on it.
    """
    if running_instance(settings.run_dir) is not None:
        raise ConfigError(
            f"Quarterdeck runs on data folder {settings.data_dir}: stop it first, then {wish}"
        )
    place = settings.run_dir, settings.dashboard_host, settings.dashboard_port
    with ExitStack() as held:
        held.enter_context(only_instance(*place))
        held.enter_context(only_engine(settings.run_dir))
        with closing(_ledger(settings)) as ledger:
            held.enter_context(lease(ledger))
            yield


def _upgrade(settings: Settings, now: int) -> None:
    with closing(_ledger(settings)) as ledger, closing(_keys(settings)) as keys:
        for database in (ledger, keys):
            newest = known_revisions(database.migrations)[-1]
            current = database.revision()
            if current == newest:
                _say(f"{database.name} has schema {newest}, the newest.")
                continue
            before = _copies(database)
            with _stopped(settings, "upgrade"):
                if current and database.path is None:
                    _say(f"As it was before: {_copied(settings, database, None, now)}")
                database.migrate()
            _say(f"{database.name} was brought to schema {newest}.")
            for copy in sorted(_copies(database) - before):
                _say(f"As it was before: {copy}")


def _copies(database: Database) -> set[Path]:
    return set() if database.path is None else set((database.path.parent / "backups").glob("*.db"))


def _back_up(settings: Settings, folder: Path | None, now: int) -> None:
    with _databases(settings) as databases:
        for database in databases:
            _say(str(_copied(settings, database, folder, now)))


def _copied(settings: Settings, database: Database, folder: Path | None, now: int) -> Path:
    place = folder or settings.data_dir / "backups"
    return back_up(database, place, now, child_environment(settings))


def _restore(settings: Settings, file: Path, now: int) -> None:
    with closing(_ledger(settings)) as ledger:
        if ledger.path is None and not _is_sqlite(file):
            _restore_dump(settings, ledger, file, now)
            return
        is_access = migrations_of(file) == ACCESS_MIGRATIONS
        target = settings.access_path if is_access else ledger.path
        if target is None:
            raise ConfigError(f"file {file} is a SQLite ledger, DATABASE_URL names PostgreSQL")
    with _stopped(settings, "restore"):
        kept = put_back(file, target, now)
    _say(f"{file} is now {target}.")
    if kept is not None:
        _say(f"What was there before is {kept}.")


def _restore_dump(settings: Settings, ledger: Database, file: Path, now: int) -> None:
    with _stopped(settings, "restore"):
        kept = _copied(settings, ledger, None, now)
        put_back_dump(ledger, file, child_environment(settings))
    _say(f"{file} is now {ledger.name}.")
    _say(f"What was there before is {kept}.")


def _is_sqlite(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(16) == b"SQLite format 3\0"
    except OSError as error:
        raise ConfigError(f"file {file} cannot be read: {error}") from error


def _check(settings: Settings) -> int:
    with _databases(settings) as databases:
        differences = [text for database in databases for text in _damage(database)]
        if not differences:
            differences = _differences(databases[0])
    for text in differences:
        _say(text)
    return EXIT_DIFFERS if differences else 0


def _damage(database: Database) -> Iterator[str]:
    """Yield what is wrong with the file itself, having seen that its schema is ours.

    Raises:
        ConfigError: it is missing, or its schema is not this version's.
        StoreError: it cannot be read.
    """
    database.check_version()
    faults = integrity_faults(database.path) if database.path else ""
    if faults:
        yield f"{database.name} is damaged: {faults}"
        return
    _say(f"{database.name} is whole and has schema {known_revisions(database.migrations)[-1]}.")


def _differences(ledger: Database) -> list[str]:
    """Return what does not add up; print how much was looked at when everything does."""
    entries = trades = 0
    found: list[str] = []
    accounts = all_accounts(ledger)
    for account in accounts:
        verdict = reconcile(ledger, account)
        entries, trades = entries + verdict.entries, trades + verdict.trades
        found += verdict.differences
        if account.market_id.startswith(PREFIX) and not verdict.differences:
            _say(
                f"account {account.id} ({account.market_id}) came from files and has no journal: "
                f"of its {verdict.trades} trades each net is gross - fees + funding."
            )
    if not found:
        _say(
            f"The ledger adds up: {_count(entries, 'entry', 'entries')}, "
            f"{_count(trades, 'trade', 'trades')}, {_count(len(accounts), 'account', 'accounts')}."
        )
    return found


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
