"""The launcher with the real bot process, and a Bot API on the loopback."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runner.test_launch_for_real import Instance, descendants
from tests.services import free_port, wait_until
from tests.telegram_bot.bot_api.server import TOKEN, BotApi


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as running:
        yield running


def started(tmp_path: Path, api: BotApi) -> Instance:
    return Instance(
        tmp_path / "data", free_port(), TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_URL=api.url,
        TELEGRAM_USERS="7:owner",
    )  # fmt: skip


def pid_of(instance: Instance, words: str) -> int | None:
    running = descendants(instance.process.pid)
    return next((pid for pid, line in running if words in line), None)


def test_the_bot_starts_with_the_rest_and_ends_alone(tmp_path: Path, api: BotApi) -> None:
    instance = started(tmp_path, api)
    try:
        instance.link()
        api.wait_until_polled()
        olga = api.person(7, "Olga")
        olga.says("/start")
        api.wait_for_message(olga, "You are owner")
        engine, bot = instance.engine_pid(), pid_of(instance, "-m telegram_bot")
        assert bot is not None
        assert TOKEN not in " ".join(words for _, words in descendants(instance.process.pid))
        for process in ("webapp_server.py", "-m runner"):
            known = Path(f"/proc/{pid_of(instance, process)}/environ").read_bytes()
            assert TOKEN.encode() not in known

        os.kill(bot, signal.SIGKILL)
        wait_until(lambda: "bot ended (killed by SIGKILL)" in instance.log, "its end is told")
        wait_until(
            lambda: pid_of(instance, "-m telegram_bot") not in {None, bot}, "another bot runs"
        )
        assert instance.engine_pid() == engine
        assert instance.health()["engine"] == "up"
    finally:
        instance.interrupt()

    assert instance.process.returncode == 0
    assert TOKEN.partition(":")[2] not in instance.log
