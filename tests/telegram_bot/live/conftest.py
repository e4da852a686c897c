"""A deck whose messages are kept up to date by hand, and a Bot API on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.by_hand import Desk


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, api: BotApi) -> Iterator[Desk]:
    desk = Desk(tmp_path, api)
    yield desk
    desk.close()
