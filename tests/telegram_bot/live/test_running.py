"""A live message of the whole bot."""

from pathlib import Path

import pytest

from tests.services import wait_until
from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.by_hand import account
from tests.telegram_bot.rig import RunningBot, ScriptedEngine, crew


@pytest.mark.usefixtures("access")
def test_what_is_asked_for_in_the_chat_is_pinned_there(tmp_path: Path, api: BotApi) -> None:
    with ScriptedEngine(tmp_path, account=account(10_443.26)), RunningBot(tmp_path, api):
        *_, vera = crew(api)
        vera.says("/live")
        message = api.wait_for_message(vera, "$10,443.26")
        wait_until(lambda: message.is_pinned, "it is pinned")

        assert message.button("Open")["web_app"]["url"].endswith("?to=overview")
