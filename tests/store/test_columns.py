from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, select

from store.columns import Json, Money, money_text
from store.database import Database

kept = Table(
    "kept_by_test",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("money", Money),
    Column("json", Json),
)
amounts = st.decimals(min_value="-9e19", max_value="9e19", places=18) | st.decimals(
    min_value="-1e6", max_value="1e6", allow_nan=False, allow_infinity=False, places=8
)
plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
objects = st.dictionaries(st.text(), plain | st.lists(plain))


@pytest.fixture(scope="module", autouse=True)
def table(database: Database) -> None:
    with database.write() as connection:
        kept.create(connection)


def read_back(database: Database, column: str, values: list[Any]) -> list[Any]:
    with database.write() as connection:
        connection.execute(kept.delete())
        connection.execute(
            kept.insert(), [{"id": n, column: value} for n, value in enumerate(values)]
        )
    with database.read() as connection:
        return list(connection.execute(select(kept.c[column]).order_by(kept.c.id)).scalars())


@settings(max_examples=30, deadline=None)
@given(values=st.lists(amounts | st.none(), min_size=1))
def test_money_comes_back_equal(database: Database, values: list[Decimal | None]) -> None:
    assert read_back(database, "money", values) == values


@settings(max_examples=30, deadline=None)
@given(values=st.lists(objects, min_size=1))
def test_json_comes_back_equal(database: Database, values: list[dict[str, Any]]) -> None:
    assert read_back(database, "json", values) == values


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "1e20", "1e-19"])
def test_money_that_cannot_be_kept_exactly_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="money must"):
        money_text(Decimal(text))


def test_money_text_is_plain_digits() -> None:
    assert money_text(Decimal("1e-8")) == "0.00000001"
    assert money_text(Decimal("1.50")) == "1.50"
    assert money_text(Decimal("12E3")) == "12000"
