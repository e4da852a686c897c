"""The bot, put together, over HTTP with the library it uses."""

import logging
from pathlib import Path

import pytest

from core.errors import ConfigError
from store.access import AccessStore
from tests.services import wait_until
from tests.telegram_bot.bot_api.faults import broken, cut
from tests.telegram_bot.bot_api.server import TOKEN, BotApi
from tests.telegram_bot.rig import OWNER, PAGE, VIEWER, RunningBot, ScriptedEngine, crew


@pytest.mark.usefixtures("bot")
def test_start_shows_the_page_and_the_menus_of_ones_role(api: BotApi) -> None:
    olga, _, vera = crew(api)
    olga.says("/start")
    vera.says("/start@Quarterdeck_Test_Bot")
    first = api.wait_for_message(olga, "You are owner")
    second = api.wait_for_message(vera, "You are viewer")

    assert first.button("Dashboard")["web_app"]["url"] == PAGE
    assert "Pause" in first.labels
    assert "Pause" not in second.labels
    assert "SIMULATED" in first.text


@pytest.mark.usefixtures("bot")
def test_a_menu_is_walked_in_one_message_and_leads_back(api: BotApi) -> None:
    olga, *_ = crew(api)
    olga.says("/start")
    menu = api.wait_for_message(olga, "You are owner")
    olga.taps("Help", menu)
    wait_until(lambda: "Commands" in menu.text, "help stands in its place")
    olga.sends_tap("r:users", menu)
    wait_until(lambda: "Users" in menu.text, "users stand in its place")
    olga.taps("« Menu", menu)
    wait_until(lambda: "You are owner" in menu.text, "the menu is back")

    assert olga.chat.from_bot == [menu]


@pytest.mark.usefixtures("bot")
def test_each_allowed_user_has_the_page_beside_the_text_field(
    api: BotApi, access: AccessStore
) -> None:
    olga, _, vera = crew(api)
    olga.says("/start")
    vera.says("/start")
    wait_until(
        lambda: {OWNER, VIEWER} <= set(api.world.menu_buttons) and bool(api.world.commands),
        "buttons are set",
    )

    button = api.world.menu_buttons[OWNER]
    assert (button["text"], button["web_app"]["url"]) == ("📱 Dashboard", PAGE)
    wait_until(lambda: f"chat:{OWNER}" in api.world.commands, "commands are offered")
    names = {command["command"] for command in api.world.commands[f"chat:{OWNER}"]}
    assert {"start", "users", "close"} <= names

    access.users.block(VIEWER, "Olga (11)", 2)
    wait_until(lambda: api.world.menu_buttons[VIEWER]["type"] == "default", "the button is gone")


@pytest.mark.usefixtures("bot")
def test_what_is_not_known_is_said_so(api: BotApi) -> None:
    olga, *_ = crew(api)
    olga.says("/frobnicate")
    olga.says("hello")
    olga.says("/status@another_bot")
    wait_until(lambda: len(olga.chat.from_bot) == 2, "two answers")

    assert all("/help" in text for text in olga.chat.texts)


@pytest.mark.usefixtures("access", "engine")
def test_what_was_written_while_the_bot_was_away_is_dropped(tmp_path: Path, api: BotApi) -> None:
    _, tom, _ = crew(api)
    tom.says("/stop")
    with RunningBot(tmp_path, api):
        tom.says("/start")
        api.wait_for_message(tom, "You are trader")

    assert len(tom.chat.from_bot) == 1


@pytest.mark.usefixtures("bot")
def test_it_goes_on_after_telegram_was_away(api: BotApi, bot: RunningBot) -> None:
    olga, *_ = crew(api)
    olga.says("/start")
    api.wait_for_message(olga, "You are owner")
    api.stop()
    api.start()
    bot.wait_until_polling()
    api.fail(broken(502, "sendMessage"), cut("answerCallbackQuery"))
    olga.says("/start")
    wait_until(lambda: len(olga.chat.from_bot) == 2, "an answer after the first try failed")


@pytest.mark.usefixtures("bot")
def test_a_second_program_that_polls_is_said_once(
    api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    olga, *_ = crew(api)
    caplog.set_level(logging.INFO)
    api.interrupt_polling()
    wait_until(lambda: "Another program fetches" in caplog.text, "it is said")
    olga.says("/start")
    api.wait_for_message(olga, "You are owner")

    assert caplog.text.count("Another program fetches") == 1


def test_a_wrong_token_is_one_sentence_without_the_token(
    tmp_path: Path, api: BotApi, access: AccessStore
) -> None:
    assert access.users.listed()
    api.token = "1:another"
    with pytest.raises(ConfigError, match="TELEGRAM_BOT_TOKEN must be") as raised:
        RunningBot(tmp_path, api).__enter__().__exit__(None, None, None)

    assert TOKEN not in str(raised.value)


@pytest.mark.usefixtures("access")
def test_a_token_that_is_taken_back_ends_the_bot(
    tmp_path: Path, api: BotApi, engine: ScriptedEngine
) -> None:
    assert not engine.asked
    bot = RunningBot(tmp_path, api).__enter__()
    api.token = "1:another"
    api.stop()
    api.start()
    with pytest.raises(ConfigError, match="not valid any more"):
        bot.wait_ended()


def test_no_log_ever_has_the_token(
    tmp_path: Path, api: BotApi, access: AccessStore, caplog: pytest.LogCaptureFixture
) -> None:
    assert access.users.listed()
    caplog.set_level(logging.INFO)
    olga, *_ = crew(api)
    with RunningBot(tmp_path, api):
        api.fail(broken(500, "sendMessage", times=2))
        olga.says("/start")
        wait_until(lambda: len(api.called("sendMessage")) >= 2, "it tried twice")
        api.stop()
        wait_until(lambda: "cannot be reached" in caplog.text, "it is said")
        api.start()

    assert TOKEN.partition(":")[2] not in caplog.text
