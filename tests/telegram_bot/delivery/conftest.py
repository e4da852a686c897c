"""A post office for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.delivery.post_office import START, PostOffice
from utils.clock import SetClock


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def api(clock: SetClock) -> Iterator[BotApi]:
    with BotApi(now=lambda: clock.now() // 1000) as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, api: BotApi, clock: SetClock) -> Iterator[PostOffice]:
    office = PostOffice(tmp_path, api, clock)
    yield office
    office.close()
