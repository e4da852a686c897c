"""docs/DATABASE_SCHEMA.md, made from the tables: ``make docs``."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Dialect, Index, MetaData, Table, UniqueConstraint, make_url

from store import access_glossary, access_tables, glossary, tables

SQLITE: Final[Dialect] = make_url("sqlite://").get_dialect()()
POSTGRESQL: Final[Dialect] = make_url("postgresql+psycopg://").get_dialect()()

HEAD: Final = """\
# The databases

Made from `store/tables.py`, `store/access_tables.py` and their glossaries by `make docs`.

There are two. The **trading** database is `data/quarterdeck.db` (SQLite) or what `DATABASE_URL`
names (SQLite or PostgreSQL); the engine alone writes what trading does. **Access** is always
`data/access.db`, so that nobody who signs in holds up a commit of the engine.

Times are milliseconds since the epoch, UTC. Money is exact: digits in SQLite, `NUMERIC(38, 18)`
in PostgreSQL; compare it as a number there, not as text. `python run_dashboard.py db upgrade`
brings both to this schema, `db check` adds the ledger up again.
"""


def schema_page() -> str:
    """Return the page."""
    parts = [HEAD, "## Trading\n"]
    parts += _described(tables.metadata, glossary.TRADING)
    parts += [f"### {glossary.VIEW} (a view)\n\n{glossary.VIEW_IS}\n"]
    parts += [f"Added to the columns of `trades`: {_named(glossary.VIEW_ADDS)}.\n"]
    parts += ["### What belongs together\n", "\n".join(_relations()) + "\n"]
    parts += ["## Access\n", *_described(access_tables.metadata, access_glossary.ACCESS)]
    return "\n".join(parts).rstrip() + "\n"


def view_columns() -> list[str]:
    """Return the columns of the view, in order."""
    return [*tables.trades.c.keys(), *glossary.VIEW_ADDS]


def _described(
    metadata: MetaData, words: Mapping[str, tuple[str, Mapping[str, str]]]
) -> Iterator[str]:
    for name, (sentence, meanings) in words.items():
        table = metadata.tables[name]
        yield f"### {name}\n\n{sentence}\n"
        yield "| column | SQLite | PostgreSQL | what it is |\n|---|---|---|---|"
        yield "\n".join(_row(column, meanings) for column in table.columns) + "\n"
        yield "\n".join([*_keys(table), *_users(name)]) + "\n"


def _row(column: Column[Any], meanings: Mapping[str, str]) -> str:
    types = (column.type.compile(dialect) for dialect in (SQLITE, POSTGRESQL))
    name = f"**{column.name}**" if column.primary_key else column.name
    meaning = meanings.get(column.name) or glossary.COLUMNS[column.name]
    if column.nullable and "null" not in meaning:
        meaning += "; null for none"
    return f"| {name} | {' | '.join(types)} | {meaning} |"


def _keys(table: Table) -> Iterator[str]:
    yield f"- key: {_named(column.name for column in table.primary_key)}"
    for constraint in sorted(table.constraints, key=lambda c: str(c.name)):
        if isinstance(constraint, UniqueConstraint):
            yield f"- unique: {_named(column.name for column in constraint.columns)}"
    for index in sorted(table.indexes, key=lambda i: str(i.name)):
        yield f"- {'unique ' if index.unique else ''}index `{index.name}`: {_indexed(index)}"


def _users(table: str) -> Iterator[str]:
    naming = set(modules_naming(table)) - {Path(__file__).stem}
    writers = glossary.WRITERS.get(table, ("writer",))
    yield f"- written by {_files(writers)}"
    if old := naming & {"retention"}:
        yield f"- old rows are removed by {_files(old)}"
    yield f"- read by {_files(naming - {*writers, 'retention'}) or 'them alone'}"


def modules_naming(table: str) -> list[str]:
    """Return the modules of this folder whose code names *table*."""
    named = re.compile(
        rf"\btables\.{table}\b|^from store\.(access_)?tables import .*\b{table}\b", re.MULTILINE
    )
    return sorted(
        path.stem
        for path in Path(__file__).parent.glob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    )


def _files(modules: Iterable[str]) -> str:
    return _named(f"store/{module}.py" for module in sorted(modules))


def _indexed(index: Index) -> str:
    only = index.dialect_options["sqlite"]["where"]
    words = f" where {only.compile(dialect=SQLITE)}" if only is not None else ""
    return _named(column.name for column in index.columns) + words


def _relations() -> Iterator[str]:
    for table in tables.metadata.sorted_tables:
        for key in table.foreign_keys:
            yield f"- `{table.name}.{key.parent.name}` → `{key.target_fullname}`"
    for sentence in glossary.RELATIONS:
        yield f"- {sentence}"


def _named(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
