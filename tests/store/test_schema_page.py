from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import MetaData, inspect

from store import access_glossary, access_tables, glossary, tables
from store.database import Database
from store.schema_page import modules_naming, schema_page, view_columns

PAGE = Path(__file__).resolve().parents[2] / "docs" / "DATABASE_SCHEMA.md"
BOTH = pytest.mark.parametrize(
    ("metadata", "words"),
    [(tables.metadata, glossary.TRADING), (access_tables.metadata, access_glossary.ACCESS)],
)


def test_the_page_is_in_step_with_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == schema_page(), "run: make docs"


@BOTH
def test_every_table_is_told_and_no_other(
    metadata: MetaData, words: Mapping[str, tuple[str, Mapping[str, str]]]
) -> None:
    assert words.keys() == metadata.tables.keys()
    for name, (sentence, meanings) in words.items():
        assert sentence.endswith(".")
        assert meanings.keys() <= set(metadata.tables[name].columns.keys()), name


def test_every_index_and_key_is_on_the_page() -> None:
    page = schema_page()

    for metadata in (tables.metadata, access_tables.metadata):
        for table in metadata.sorted_tables:
            assert f"### {table.name}\n" in page
            assert all(f"index `{index.name}`" in page for index in table.indexes)


def test_who_writes_a_table_names_it() -> None:
    for table in (*glossary.TRADING, *access_glossary.ACCESS):
        assert set(glossary.WRITERS.get(table, ("writer",))) <= set(modules_naming(table)), table


def test_the_view_has_the_columns_that_are_told(database: Database) -> None:
    with database.read() as connection:
        found = inspect(connection).get_columns(glossary.VIEW)

    assert [column["name"] for column in found] == view_columns()
