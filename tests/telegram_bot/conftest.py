"""What most tests of the bot need: a Bot API, a data folder with users, an engine, a bot."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.access import AccessStore
from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.rig import RunningBot, ScriptedEngine, access_of


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as running:
        yield running


@pytest.fixture
def access(tmp_path: Path) -> Iterator[AccessStore]:
    """The database of users of the bot's folder, with an owner, a trader and a viewer."""
    store = access_of(tmp_path)
    yield store
    store.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[ScriptedEngine]:
    with ScriptedEngine(tmp_path) as running:
        yield running


@pytest.fixture
def bot(
    tmp_path: Path, api: BotApi, access: AccessStore, engine: ScriptedEngine
) -> Iterator[RunningBot]:
    assert access.users.listed()
    assert not engine.asked
    with RunningBot(tmp_path, api) as running:
        yield running
