"""Who gets an answer, over HTTP."""

import asyncio
import datetime as dt
import time

import pytest
from telegram import CallbackQuery, Chat, Message, Update
from telegram import User as TelegramUser

from store.access import AccessStore, Role
from telegram_bot.gate import Gate
from tests.services import wait_until
from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.rig import OWNER, STRANGER, TRADER, VIEWER, ScriptedEngine, crew, user_of
from utils.clock import SystemClock

pytestmark = pytest.mark.usefixtures("bot")


def settle(api: BotApi) -> None:
    """Return once the bot has dealt with everything said before."""
    olga, *_ = crew(api)
    before = len(olga.chat.from_bot)
    olga.says("/start")
    wait_until(lambda: len(olga.chat.from_bot) > before, "the bot has come to the last message")


def test_a_stranger_learns_their_id_and_the_owner_can_find_them(
    api: BotApi, access: AccessStore, engine: ScriptedEngine
) -> None:
    sam = api.person(STRANGER, "Sam", "sammy")
    sam.says("/closeall")
    answer = api.wait_for_message(sam, "private deck")

    assert str(STRANGER) in answer.text
    assert answer.labels == []
    asking = user_of(access, STRANGER)
    assert (asking.status, asking.name, asking.username) == ("pending", "Sam", "sammy")
    assert engine.asked == []


def test_whose_deck_it_is_learns_how_to_say_so_when_it_has_no_owner(
    api: BotApi, access: AccessStore
) -> None:
    with access.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM users")
    sam = api.person(STRANGER, "Sam")
    sam.says("/start")
    api.wait_for_message(sam, f"TELEGRAM_USERS={STRANGER}:owner")


def test_a_flood_of_a_stranger_is_answered_three_times(api: BotApi) -> None:
    sam = api.person(STRANGER, "Sam")
    for number in range(30):
        sam.says(f"/start {number}")
    settle(api)
    settle(api)

    assert len(sam.chat.from_bot) == 3


def test_a_stranger_s_button_does_nothing(api: BotApi, engine: ScriptedEngine) -> None:
    sam = api.person(STRANGER, "Sam")
    tap = sam.sends_tap("c:nonce-1")
    wait_until(lambda: sam.toast(tap) is not None, "the tap is answered")

    assert "private deck" in str(sam.toast(tap))
    assert engine.asked == []


def test_groups_get_no_answer(api: BotApi, engine: ScriptedEngine) -> None:
    olga, tom, _ = crew(api)
    group = api.group()
    tom.says("/stop", group=group)
    tom.sends_tap("r:stop", chat=group)
    olga.says("/start", group=group)
    settle(api)

    assert engine.asked == []
    assert all(not message.text for message in group.from_bot)


def test_a_message_of_half_a_minute_ago_is_refused_with_a_word(
    api: BotApi, engine: ScriptedEngine, access: AccessStore
) -> None:
    _, tom, _ = crew(api)
    tom.says("/stop", at=int(time.time()) - 40)
    answer = api.wait_for_message(tom, "nothing was done")

    assert "after you wrote it" in answer.text
    assert engine.asked == []
    assert access.audit.newest(1)[0].result == "stale"


def test_the_same_update_twice_is_one(api: BotApi, engine: ScriptedEngine) -> None:
    _, tom, _ = crew(api)
    first = tom.says("/stop")
    api.wait_for_message(tom, "Trading stopped")
    tom.says("/stop", update_id=first)
    settle(api)

    assert len(engine.asked) == 1


def test_a_viewer_commands_by_no_command_and_no_button(
    api: BotApi, engine: ScriptedEngine, access: AccessStore
) -> None:
    *_, vera = crew(api)
    for text in ("/stop", "/pause", "/closeall", "/close 1", "/users", "/keys", "/audit"):
        vera.says(text)
    taps = [vera.sends_tap(d) for d in ("r:pause", "c:nonce-1", "x:nonce-1", "u:block 11")]
    wait_until(lambda: all(vera.toast(tap) is not None for tap in taps), "taps are answered")
    wait_until(lambda: len(vera.chat.texts) >= 7, "messages are answered")

    assert engine.asked == []
    assert all("needs the role" in text for text in vera.chat.texts if text)
    assert all("needs the role" in str(vera.toast(tap)) for tap in taps)
    assert user_of(access, OWNER).status == "allowed"
    assert {row.result for row in access.audit.newest(11)} == {"role_needed"}


def test_a_blocked_user_is_turned_away_within_two_seconds(
    api: BotApi, access: AccessStore, engine: ScriptedEngine
) -> None:
    _, tom, _ = crew(api)
    tom.says("/start")
    api.wait_for_message(tom, "You are trader")
    access.users.block(TRADER, "Olga (11)", 5)

    def is_turned_away() -> bool:
        tom.says("/start")
        return any("blocked" in text for text in tom.chat.texts)

    wait_until(is_turned_away, "the bot says so", every_s=0.3)
    assert engine.asked == []


def test_a_new_role_holds_at_once_enough(api: BotApi, access: AccessStore) -> None:
    *_, vera = crew(api)
    vera.says("/start")
    api.wait_for_message(vera, "You are viewer")
    access.users.allow(VIEWER, Role.TRADER, "Olga (11)", 5)

    def is_trader() -> bool:
        vera.says("/start")
        return any("You are trader" in text for text in vera.chat.texts)

    wait_until(is_trader, "the bot knows", every_s=0.3)


def test_taps_that_waited_for_telegram_are_late(access: AccessStore) -> None:
    said: list[str] = []

    async def say(_update: Update, text: str) -> None:
        said.append(text)

    gate = Gate(access, SystemClock(), say)
    gate.taps_are_late(5)
    user = TelegramUser(OWNER, "Olga", is_bot=False)
    message = Message(1, dt.datetime.now(dt.UTC), Chat(OWNER, "private"))

    def tap(number: int) -> Update:
        query = CallbackQuery(str(number), user, "x", message=message, data="r:start")
        return Update(number, callback_query=query)

    assert asyncio.run(gate.admit(tap(5))) is None
    assert said == ["This tap came late, so nothing was done. Tap again."]
    assert asyncio.run(gate.admit(tap(6))) is not None
    assert asyncio.run(gate.admit(tap(6))) is None


def test_who_writes_is_called_what_the_page_calls_them(api: BotApi, access: AccessStore) -> None:
    _, tom, _ = crew(api)
    tom.user["last_name"] = "Sawyer"
    tom.says("/start")
    api.wait_for_message(tom, "You are trader")

    assert user_of(access, TRADER).name == "Tom Sawyer"  # as the web process has it


def test_what_somebody_else_wrote_is_no_command(api: BotApi, engine: ScriptedEngine) -> None:
    _, tom, _ = crew(api)
    origin = {"type": "hidden_user", "sender_user_name": "Eve", "date": int(time.time())}
    tom.says("/stop", forward_origin=origin)
    api.wait_for_message(tom, "forwarded")

    assert engine.asked == []
