"""Replies sent and shown in place, over HTTP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from telegram import Message
from telegram.error import RetryAfter

from telegram_bot.line import PollingBot, PollWatch
from telegram_bot.reply import Button, Later, Reply
from telegram_bot.sending import Sender, flood_wait_s
from tests.telegram_bot.bot_api.faults import broken, flood, lost
from tests.telegram_bot.bot_api.people import Person
from tests.telegram_bot.bot_api.server import TOKEN, BotApi
from utils.clock import Clock, SetClock, SystemClock

T = TypeVar("T")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
OTHER_PNG = PNG + b"2"


@pytest.fixture
def anna(api: BotApi) -> Person:
    person = api.person(7, "Anna")
    person.says("/start")
    return person


def send(api: BotApi, work: Callable[[Sender], Awaitable[T]], clock: Clock | None = None) -> T:
    clock = clock or SetClock(1_000)

    async def run() -> T:
        bot = PollingBot(TOKEN, api.url, PollWatch(clock))
        try:
            await bot.initialize()
            sender = Sender(bot, clock)
            result = await work(sender)
            if isinstance(clock, SetClock):  # on which everything is over at once
                await sender.laters.over()
            await sender.laters.close()
            return result
        finally:
            await bot.hang_up()

    return asyncio.run(run())


async def tapped(sender: Sender) -> Message:
    """Return the newest message of the bot's, as a tap on it tells it."""
    (update,) = await sender._bot.get_updates(offset=-1)
    assert update.callback_query is not None
    assert isinstance(update.callback_query.message, Message)
    return update.callback_query.message


def test_a_long_text_comes_in_pieces_with_its_buttons_under_the_last(
    api: BotApi, anna: Person
) -> None:
    text = "\n".join(f"<b>line {number}</b> {'x' * 60}" for number in range(120))

    send(api, lambda sender: sender.send(7, Reply(text=text, buttons=[[Button("Go", "r:go")]])))

    assert [len(message.labels) for message in anna.chat.from_bot] == [0] * (
        len(anna.chat.from_bot) - 1
    ) + [1]
    assert "line 119" in anna.chat.last.text


def test_an_answer_waits_when_telegram_says_so(api: BotApi, anna: Person) -> None:
    api.fail(flood(0))

    send(api, lambda sender: sender.send(7, Reply(text="one")))

    assert anna.chat.texts == ["one"]


def test_an_answer_is_tried_again_when_the_connection_broke(api: BotApi, anna: Person) -> None:
    api.fail(broken(502, "sendMessage"))
    send(api, lambda sender: sender.send(7, Reply(text="one")))
    assert anna.chat.texts == ["one"]

    api.fail(lost())
    send(api, lambda sender: sender.send(7, Reply(text="two")))
    assert anna.chat.texts == ["one", "two", "two"]  # rather twice than never


@pytest.mark.parametrize(
    ("first", "then", "texts"),
    [
        (Reply(text="a"), Reply(text="b"), ["b"]),
        (Reply(text="a"), Reply(text="a"), ["a"]),
        (Reply(text="a"), Reply(text="b", photo=PNG), ["b"]),
        (Reply(text="a", photo=PNG), Reply(text="b", photo=OTHER_PNG), ["b"]),
        (Reply(text="a", photo=PNG), Reply(text="b"), ["b"]),
        (Reply(text="a"), Reply(text="b", is_new=True), ["a", "b"]),
        (Reply(text="a"), Reply(text="b", document=("b.csv", b"1")), ["a", "b"]),
        (Reply(text="a"), Reply(alert="only a word"), ["a"]),
    ],
)
def test_a_tap_s_answer_takes_the_place_of_the_message(
    api: BotApi, anna: Person, first: Reply, then: Reply, texts: list[str]
) -> None:
    async def work(sender: Sender) -> None:
        await sender.send(7, first)
        anna.sends_tap("r:x", anna.chat.last)
        await sender.show(await tapped(sender), 7, then)

    send(api, work)

    assert anna.chat.texts == texts
    assert anna.chat.last.photo == (then.photo if then.text else first.photo)


def test_a_message_that_was_deleted_is_sent_anew(api: BotApi, anna: Person) -> None:
    async def work(sender: Sender) -> None:
        await sender.send(7, Reply(text="a"))
        anna.sends_tap("r:x", anna.chat.last)
        message = await tapped(sender)
        anna.chat.messages.remove(anna.chat.last)
        await sender.show(message, 7, Reply(text="b"))

    send(api, work)

    assert anna.chat.texts == ["b"]


@pytest.mark.parametrize(("later", "texts"), [(Later(60, "gone"), ["gone"]), (Later(60), [])])
def test_a_message_becomes_something_else_later(
    api: BotApi, anna: Person, later: Later, texts: list[str]
) -> None:
    send(api, lambda sender: sender.send(7, Reply(text="secret", later=later)))

    assert anna.chat.texts == texts


def test_a_secret_goes_also_when_the_bot_is_killed_before_its_time(
    api: BotApi, anna: Person, tmp_path: Path
) -> None:
    async def run(work: Callable[[Sender], Awaitable[T]]) -> T:
        bot = PollingBot(TOKEN, api.url, PollWatch(SystemClock()))
        await bot.initialize()
        try:
            return await work(Sender(bot, SystemClock(), tmp_path / "secrets.json"))
        finally:
            await bot.hang_up()

    async def recall(sender: Sender) -> None:
        sender.laters.recall()
        await sender.laters.over()

    asyncio.run(run(lambda sender: sender.send(7, Reply(text="secret", later=Later(60)))))
    assert anna.chat.texts == ["secret"]
    asyncio.run(run(recall))
    assert anna.chat.texts == []
    assert json.loads((tmp_path / "secrets.json").read_bytes()) == []


def test_a_secret_that_cannot_be_deleted_now_is_deleted_later(api: BotApi, anna: Person) -> None:
    api.fail(broken(502, "deleteMessage"))
    send(api, lambda sender: sender.send(7, Reply(text="secret", later=Later(60))))

    assert anna.chat.texts == []


@pytest.mark.parametrize(("later", "left"), [(Later(60), []), (Later(60, "expired"), ["a"])])
def test_a_secret_does_not_outlive_the_bot_and_the_rest_stays(
    api: BotApi, anna: Person, later: Later, left: list[str]
) -> None:
    send(api, lambda sender: sender.send(7, Reply(text="a", later=later)), SystemClock())

    assert anna.chat.texts == left


def test_a_message_that_was_shown_anew_forgets_what_was_planned(api: BotApi, anna: Person) -> None:
    async def work(sender: Sender) -> None:
        await sender.send(7, Reply(text="asked", later=Later(60)))
        anna.sends_tap("c:x", anna.chat.last)
        await sender.show(await tapped(sender), 7, Reply(text="done"))

    send(api, work, SystemClock())

    assert anna.chat.texts == ["done"]


def test_how_long_to_wait_is_told_in_seconds() -> None:
    assert flood_wait_s(RetryAfter(3)) == 3.0
