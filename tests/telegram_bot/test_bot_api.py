"""The local Bot API server itself, asked by the library that the bot uses."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    MenuButtonWebApp,
    WebAppInfo,
)
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from tests.telegram_bot.bot_api.faults import broken, cut, flood, lost
from tests.telegram_bot.bot_api.server import TOKEN, BotApi

T = TypeVar("T")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def ask(api: BotApi, work: Callable[[Bot], Awaitable[T]], token: str = TOKEN) -> T:
    async def run() -> T:
        url = f"{api.url}/bot"
        polls = HTTPXRequest(connection_pool_size=4)
        async with Bot(token, base_url=url, get_updates_request=polls) as bot:
            return await work(bot)

    return asyncio.run(run())


def test_it_knows_its_bot_and_no_other(api: BotApi) -> None:
    async def name(bot: Bot) -> str:
        return (await bot.get_me()).username or ""

    assert ask(api, name) == "quarterdeck_test_bot"
    with pytest.raises(InvalidToken):
        ask(api, name, "1:wrong")


def test_what_a_person_says_is_delivered_until_it_is_confirmed(api: BotApi) -> None:
    anna = api.person(7)

    async def work(bot: Bot) -> list[str]:
        waiting = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.to_thread(api.wait_until_polled)
        anna.says("/start")
        first = await waiting
        again = await bot.get_updates()
        anna.says("later")
        after = await bot.get_updates(offset=first[0].update_id + 1)
        return [str(u.message.text) for u in (*first, *again, *after) if u.message]

    assert ask(api, work) == ["/start", "/start", "later"]


def test_a_second_poller_ends_the_first(api: BotApi) -> None:
    async def conflict(bot: Bot) -> None:
        first = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.to_thread(api.wait_until_polled)
        second = asyncio.create_task(bot.get_updates())
        with pytest.raises(Conflict):
            await first
        assert list(await second) == []

    ask(api, conflict)


def test_messages_are_kept_as_a_person_sees_them(api: BotApi) -> None:
    anna = api.person(7)
    anna.says("/start")
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="r:go")]])

    async def work(bot: Bot) -> None:
        said = await bot.send_message(7, "<b>1 &lt; 2</b>", parse_mode="HTML", reply_markup=keys)
        await bot.edit_message_text("two", 7, said.message_id)
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_text("two", 7, said.message_id)
        await bot.pin_chat_message(7, said.message_id)
        picture = await bot.send_photo(7, PNG, caption="a <i>picture</i>", parse_mode="HTML")
        await bot.edit_message_media(InputMediaPhoto(PNG + b"2"), 7, picture.message_id)
        await bot.send_document(7, b"a;b", filename="trades.csv")

    ask(api, work)
    text, picture, sheet = anna.chat.from_bot

    assert (text.text, text.edits, anna.chat.pinned, text.buttons) == ("two", 1, text, [])
    assert (picture.photo, picture.text) == (PNG + b"2", "")
    assert sheet.document == ("trades.csv", b"a;b")


def test_a_tap_is_answered_once(api: BotApi) -> None:
    anna = api.person(7)
    anna.says("/start")
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="r:go")]])

    async def work(bot: Bot) -> None:
        await bot.send_message(7, "x", reply_markup=keys)
        tap = anna.taps("Go")
        update = (await bot.get_updates())[-1]
        assert update.callback_query is not None
        assert update.callback_query.data == "r:go"
        await bot.answer_callback_query(update.callback_query.id, "gone")
        assert anna.toast(tap) == "gone"
        with pytest.raises(BadRequest, match="too old"):
            await bot.answer_callback_query(update.callback_query.id)

    ask(api, work)


def test_it_refuses_as_telegram_does(api: BotApi) -> None:
    anna = api.person(7)

    async def work(bot: Bot) -> None:
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(7, "before they spoke")
        anna.says("/start")
        with pytest.raises(BadRequest, match="too long"):
            await bot.send_message(7, "x" * 4097)
        with pytest.raises(BadRequest, match="an't parse entities"):
            await bot.send_message(7, "<b>x", parse_mode="HTML")
        button = MenuButtonWebApp("x", WebAppInfo("http://a.example"))
        with pytest.raises(BadRequest, match="only https links"):
            await bot.set_chat_menu_button(7, button)
        anna.blocks_bot()
        with pytest.raises(Forbidden, match="blocked"):
            await bot.send_message(7, "x")

    ask(api, work)


def test_faults_happen_to_the_calls_they_are_meant_for(api: BotApi) -> None:
    anna = api.person(7)
    anna.says("/start")
    api.fail(flood(3), broken(502, "sendMessage"), cut("sendMessage"), lost())

    async def work(bot: Bot) -> None:
        with pytest.raises(RetryAfter, match="3"):
            await bot.send_message(7, "one")
        for _ in range(3):
            with pytest.raises(NetworkError):
                await bot.send_message(7, "one")

    ask(api, work)

    assert anna.chat.texts == ["one"]  # the lost one: done, but its answer never came


def test_it_restarts_with_its_state(api: BotApi) -> None:
    anna = api.person(7)
    anna.says("/start")
    api.stop()

    async def work(bot: Bot) -> str | None:
        update = (await bot.get_updates())[0]
        return update.message.text if update.message else None

    with pytest.raises(NetworkError):
        ask(api, work)
    api.start()

    assert ask(api, work) == "/start"
