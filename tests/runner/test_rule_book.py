"""The rules of an account in memory and in the store are the same, whatever is done to them."""

import contextlib
import itertools
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.alert_judging import Look
from core.alert_rules import Known
from core.errors import CommandError
from runner.record import Record
from runner.rule_book import RuleBook
from store.accounts import find_or_create_account
from store.alert_rules import list_rules
from store.database import Database
from store.outbox import newest_outbox_id, read_outbox
from store.writer import Writer

KNOWN = Known(("BTC/USDT",), ("trend",))
MARKETS = (f"rules:{number}" for number in itertools.count())
OWNERS = ("telegram:1", "telegram:2")
TEXTS = ("equity < 100", "equity >= 100", "equity crosses 100", "BTC/USDT > 3", "luck < 1")
ACTS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(OWNERS), st.sampled_from(TEXTS)),
    st.tuples(st.just("remove"), st.sampled_from(OWNERS), st.integers(0, 9)),
    st.tuples(st.just("look"), st.integers(95, 105), st.integers(1, 2000)),
    st.tuples(st.just("commit"), st.just(0), st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
)


class Shelf:
    """A book, the record it writes into, and the store behind that."""

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.account_id = find_or_create_account(database, name, Decimal(1), now=1).id
        self.writer = Writer(database, self.account_id, durable=False)
        self.at, self.number = 0, 1
        self.fired: list[str] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew with what is stored."""
        self.record = Record(self.number)
        self.book = RuleBook(self.record, KNOWN, "USDT")
        self.book.recall(list_rules(self.database, account_id=self.account_id))

    def act(self, name: str, first: Any, second: Any) -> None:
        match name:
            case "add":
                self.book.add(first, "somebody", {"text": second, "cooldown_s": 60}, self.at)
            case "remove":
                rows = self.book.rows()
                rule_id = rows[second].id if second < len(rows) else "none"
                self.book.remove(rule_id, first, of_anybody=False)
            case "look":
                self.look(first, second)
            case _:
                self.commit()
                if name == "restart":
                    self.restart()

    def look(self, equity: int, passed_s: int) -> None:
        self.at += passed_s * 1000
        nothing: dict[str, Any] = {}
        look = Look(
            at=self.at, account={"equity": equity}, positions=nothing, prices=nothing,
            stats=nothing, strategies=nothing, last_trades=nothing,
        )  # fmt: skip
        for alarm in list(self.book.look(look)):
            self.fired.append(alarm.title)
            self.record.alarm(self.at, alarm)

    def commit(self) -> None:
        self.number = self.record.next_number
        batch, _ = self.record.take(None)
        self.writer.commit(batch)
        self.writer.commit(batch)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("rules")
    database = Database(f"sqlite:///{folder}/quarterdeck.db")
    database.migrate()
    yield database
    database.close()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(ACTS, max_size=40))
def test_what_is_stored_is_what_is_remembered_and_each_alert_is_told_once(
    database: Database, acts: list[tuple[str, Any, Any]]
) -> None:
    before = newest_outbox_id(database)
    shelf = Shelf(database, next(MARKETS))

    for act in acts:
        with contextlib.suppress(CommandError):
            shelf.act(*act)
    shelf.commit()

    stored = {row.id: row for row in list_rules(database, account_id=shelf.account_id)}
    assert stored == {row.id: row for row in shelf.book.rows()}
    told = [row for row in read_outbox(database, before, 9999) if row.type == "rule"]
    assert [row.title for row in told] == shelf.fired
    assert {row.owner for row in told} <= set(OWNERS)
    assert all(len(shelf.book.rows(owner)) <= len(TEXTS) for owner in OWNERS)
