"""What commands work with: stored history and wishes, as the audit has them."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from core.errors import CommandError, ConfigError, QuarterdeckError, StoreError
from infra.bus.base import EngineAway
from infra.settings import Settings
from store.access import AccessStore
from store.accounts import find_or_create_account
from store.database import Database
from telegram_bot.deck import Deck
from telegram_bot.process import open_deck
from tests.telegram_bot.rig import TRADER, ScriptedEngine, user_of
from utils.clock import SystemClock

T = TypeVar("T")


def with_deck(folder: Path, work: Callable[[Deck], Awaitable[T]], **given: Any) -> T:
    async def run() -> T:
        async with open_deck(Settings(data_dir=folder, **given), SystemClock()) as deck:
            return await work(deck)

    return asyncio.run(run())


def account_id(_: Database, account: int) -> int:
    return account


def test_history_is_asked_of_the_account_that_trades_now(tmp_path: Path) -> None:
    database = Database(Settings(data_dir=tmp_path).database)
    database.migrate()
    find_or_create_account(database, "one", Decimal(1), 1)
    newest = find_or_create_account(database, "two", Decimal(1), 2)
    database.close()

    assert with_deck(tmp_path, lambda deck: deck.ask(account_id)) == newest.id


def test_a_history_that_is_not_there_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        with_deck(tmp_path, lambda deck: deck.ask(account_id))
    database = Database(Settings(data_dir=tmp_path).database)
    database.migrate()
    database.close()
    with pytest.raises(CommandError, match="no account yet"):
        with_deck(tmp_path, lambda deck: deck.ask(account_id))


def test_a_wish_without_an_answer_stays_in_the_audit(tmp_path: Path, access: AccessStore) -> None:
    who = access.identity_of(user_of(access, TRADER))
    with pytest.raises(EngineAway):
        with_deck(tmp_path, lambda deck: deck.wish("stop", {}, who, "k1"))
    row = access.audit.newest(1)[0]

    assert (row.actor, row.action, row.result) == ("Trader (22)", "stop", "no_answer")
    assert row.detail == {"idempotency_key": "k1"}


def test_a_refusal_keeps_its_code(
    tmp_path: Path, access: AccessStore, engine: ScriptedEngine
) -> None:
    def refuse(_: object) -> dict[str, Any]:
        raise CommandError("not_open", "Position 'x' is not open.", 404)

    engine.grant = refuse
    who = access.identity_of(user_of(access, TRADER))
    with pytest.raises(CommandError, match="is not open") as raised:
        with_deck(tmp_path, lambda deck: deck.wish("prepare", {}, who, "k2"))

    assert (raised.value.code, raised.value.status) == ("not_open", 404)
    assert access.audit.newest(1)[0].result == "not_open"
    assert engine.asked[0].owner == f"telegram:{TRADER}"


@pytest.mark.parametrize(
    ("public", "shown"), [("https://a.example/bot1/", "https://a.example/bot1/"), (None, "")]
)
def test_the_page_opens_in_telegram_by_https_alone(
    tmp_path: Path, public: str | None, shown: str
) -> None:
    async def url(deck: Deck) -> str:
        return deck.page_url

    assert with_deck(tmp_path, url, public_url=public) == shown


@pytest.mark.usefixtures("engine")
def test_what_was_done_is_not_called_a_failure_when_the_audit_is_full(
    tmp_path: Path, access: AccessStore
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    async def work(deck: Deck) -> dict[str, Any]:
        setattr(deck.access.audit, "finish", full)  # noqa: B010 - as a full disk would
        identity = deck.access.identity_of(user_of(access, TRADER))
        return await deck.wish("stop", {}, identity, "k")

    assert with_deck(tmp_path, work)["title"] == "Trading stopped"


def test_a_second_bot_of_the_same_folder_does_not_tell_everything_again(tmp_path: Path) -> None:
    async def second(_: Deck) -> None:
        async with open_deck(Settings(data_dir=tmp_path), SystemClock()):
            raise AssertionError("both would send what waits")

    with pytest.raises(QuarterdeckError, match="Another bot"):
        with_deck(tmp_path, second)

    async def third(_: Deck) -> bool:
        return True

    assert with_deck(tmp_path, third)
