"""``run_dashboard.py users``, ``sessions`` and ``telegram-key``, as a person uses them."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from core.errors import ConfigError
from infra.settings import Settings
from runner.arguments import parse
from runner.doorkeeper import access_store
from runner.people import people_command
from store.access import Role
from tests.telegram_webapp.telegram_signing import TOKEN, derived_key

NOW = 1_700_000_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def ask(settings: Settings, words: str) -> str:
    return people_command(settings, parse(words.split()), NOW)


def test_people_are_let_in_listed_and_blocked(settings: Settings) -> None:
    assert ask(settings, "users allow 7 --role owner") == "user 7 may come in as owner."
    ask(settings, "users allow 8 --role trader")
    assert ask(settings, "users block 8") == "User 8 is blocked and signed out."

    head, owner, blocked = ask(settings, "users list").splitlines()

    assert head.split()[:5] == ["ID", "NAME", "USERNAME", "STATUS", "ROLE"]
    assert owner.split()[:5] == ["7", "-", "-", "allowed", "owner"]
    assert owner.split()[5:] == ["2023-11-14", "22:13", "terminal", "-"]
    assert blocked.split()[:5] == ["8", "-", "-", "blocked", "trader"]


def test_a_session_is_listed_and_ended(settings: Settings) -> None:
    with access_store(settings) as store:
        user = store.users.allow(7, Role.OWNER, "test", NOW, name="Ada")
        secret, _ = store.open_session_for(
            user, via="telegram", now=NOW, life_ms=60_000, client="Chrome", address="::1"
        )

    _, row = ask(settings, "sessions list").splitlines()
    assert row.split()[:7] == ["1", "Ada", "(7)", "owner", "telegram", "Chrome", "::1"]
    assert secret not in row
    assert ask(settings, "sessions end 1") == "Session 1 is ended."

    with access_store(settings) as store:
        assert store.find(secret, NOW) is None
        assert store.audit.newest(1)[0].actor == "terminal"
    with pytest.raises(ConfigError, match="session 1 is not open"):
        ask(settings, "sessions end 1")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("users block 7", "user 7 is the only owner: make somebody else one first"),
        ("users block 404", "user 404 never came and was never let in"),
        ("users allow 0 --role viewer", "ID must be the id of a Telegram user, was 0"),
    ],
)
def test_what_cannot_be_done_is_said(settings: Settings, words: str, why: str) -> None:
    ask(settings, "users allow 7 --role owner")
    with pytest.raises(ConfigError, match=why):
        ask(settings, words)


def test_the_key_is_printed_and_the_token_never(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="TELEGRAM_BOT_TOKEN must be set"):
        ask(settings, "telegram-key")
    known = settings.model_copy(update={"telegram_bot_token": SecretStr(TOKEN)})
    assert ask(known, "telegram-key") == derived_key()
