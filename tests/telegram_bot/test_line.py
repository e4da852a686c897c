"""Whose update is dealt with when, and what polling notices."""

import asyncio
import datetime as dt
import logging

import pytest
from telegram import Chat, Message, Update, User
from telegram.error import Conflict, NetworkError

from telegram_bot.line import GAP_S, POLL_S, InTurn, PollWatch
from utils.clock import SetClock


def said(text: str, user_id: int = 7, number: int = 1) -> Update:
    user = User(user_id, "Anna", is_bot=False)
    now = dt.datetime.now(dt.UTC)
    message = Message(number, now, Chat(user_id, "private"), from_user=user, text=text)
    return Update(number, message=message)


def test_one_person_s_updates_go_in_turn_and_others_do_not_wait() -> None:
    done: list[str] = []

    async def run() -> None:
        turns, gate = InTurn(), asyncio.Event()

        async def slow() -> None:
            await gate.wait()
            done.append("slow")

        async def quick(name: str) -> None:
            done.append(name)

        works = [
            turns.process_update(said("/close"), slow()),
            turns.process_update(said("/status"), quick("after")),
            turns.process_update(said("/status", 8), quick("other")),
            turns.process_update(said("/stop now"), quick("stop")),
        ]
        tasks = [asyncio.create_task(work) for work in works]
        for _ in range(10):
            await asyncio.sleep(0)
        assert sorted(done) == ["other", "stop"]
        gate.set()
        await asyncio.gather(*tasks)
        assert turns._turns == {}

    asyncio.run(run())

    assert done[2:] == ["slow", "after"]


def test_an_update_that_fails_ends_nobody_s_turn() -> None:
    async def run() -> None:
        turns = InTurn()

        async def fail() -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await turns.process_update(said("/x"), fail())
        await turns.process_update(said("/y"), asyncio.sleep(0))

    asyncio.run(run())


def test_what_waited_for_a_poll_is_late_and_a_quiet_hour_is_no_wait() -> None:
    late: list[int] = []

    async def run() -> None:
        clock = SetClock(0)
        watch = PollWatch(clock)
        watch.on_late = late.append
        for number in range(180):
            began_s = watch.begin()
            await clock.sleep(POLL_S)
            watch.polled([said("/a", number=number)] if number % 50 == 0 else [], began_s)
        await clock.sleep(GAP_S + 1)
        began_s = watch.begin()
        watch.polled([said("/c", number=203), said("/d", number=204)], began_s)
        watch.polled([said("/e", number=205)], watch.begin())

    asyncio.run(run())

    assert late == [204]


def test_each_trouble_is_said_once_until_polling_works(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        watch = PollWatch(SetClock(0))
        for _ in range(3):
            watch.trouble(Conflict("x"))
            watch.trouble(NetworkError("no route"))
        watch.polled([], watch.begin())
        watch.trouble(NetworkError("no route"))

    caplog.set_level(logging.INFO)
    asyncio.run(run())

    assert caplog.text.count("Another program fetches") == 1
    assert caplog.text.count("no route") == 2
    assert caplog.text.count("can be reached again") == 1
