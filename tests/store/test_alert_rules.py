from decimal import Decimal

from store.accounts import Account, archive_account, find_or_create_account
from store.alert_rules import list_rules, move_rules
from store.database import Database
from store.writer import Batch, Writer
from tests.store import samples


def test_a_rule_is_kept_as_it_last_was_until_it_is_removed(
    database: Database, account: Account, writer: Writer
) -> None:
    fresh, fired = samples.rule(1, state={}, fired_at=None), samples.rule(1)
    writer.commit(Batch(rules=[fresh, samples.rule(2)]))
    writer.commit(Batch(rules=[fired]))
    assert list_rules(database, account_id=account.id) == [fired, samples.rule(2)]

    removal = Batch(rules_removed=["r1"])
    writer.commit(removal)
    writer.commit(removal)

    assert list_rules(database, account_id=account.id) == [samples.rule(2)]


def test_an_owner_sees_only_their_own(database: Database, account: Account, writer: Writer) -> None:
    mine, other = samples.rule(1, owner="telegram:1"), samples.rule(2, owner="telegram:2")
    writer.commit(Batch(rules=[mine, other]))

    assert list_rules(database, "telegram:1", account.id) == [mine]
    assert list_rules(database, "nobody", account.id) == []


def test_rules_go_on_when_the_account_begins_anew(database: Database) -> None:
    old = find_or_create_account(database, "rules:reset", Decimal(1), now=1)
    Writer(database, old.id).commit(Batch(rules=[samples.rule(1)]))
    archive_account(database, old.id, 2)
    new = find_or_create_account(database, "rules:reset", Decimal(1), now=3)

    move_rules(database, old.id, new.id)

    assert list_rules(database, account_id=new.id) == [samples.rule(1)]
