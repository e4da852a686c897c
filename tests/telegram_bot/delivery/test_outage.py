"""Hours without Telegram, and a bot that is killed meanwhile: the drill, and any instant of it."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from store.delivery import DIGEST, State
from tests.telegram_bot.bot_api.faults import lost
from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.delivery.post_office import ANNA, BEN, HOUR, MINUTE, START, PostOffice
from utils.clock import SetClock


class Killed(BaseException):
    """The process is gone: nothing catches this."""


def told_titles(office: PostOffice, owner: int = ANNA) -> list[str]:
    """Return what each arrived message tells of, as the receipts have it, in order of arrival."""
    rows = {row.id: row for row in office.receipts(owner)}
    told: list[str] = []
    for row in sorted(rows.values(), key=lambda row: row.message_id or 0):
        if row.state is not State.SENT:
            continue
        assert any(m.id == row.message_id for m in office.api.person(owner).chat.from_bot)
        covered = [other for other in rows.values() if other.told_by == row.id]
        told += [one.content.title for one in (covered if row.type == DIGEST else [row])]
    return told


def test_three_hours_without_telegram_and_a_kill_lose_nothing_and_flood_nobody(
    office: PostOffice, clock: SetClock
) -> None:
    office.allow(ANNA, BEN)
    before = office.happen(2)
    office.expand()
    office.drain()
    office.drain(BEN)

    office.api.stop()
    titles = []
    for number in range(500):
        titles += office.happen(level="error" if number == 250 else "info")
        clock.at += 3 * HOUR // 500
        if number % 50 == 0:
            office.expand()
            for chat in (ANNA, BEN):
                office.drain(chat, steps=3)
        if number == 260:
            office.restart()
    office.api.start()
    after = office.happen(1)
    office.expand()

    for chat in (ANNA, BEN):
        office.drain(chat)
        assert told_titles(office, chat) == [*before, *titles, *after]
        digest = office.texts(chat)[2:]
        assert len(digest) <= 3
        assert sum(map(int, re.findall(r"missed: (\d+) since", " ".join(digest)))) >= 500
        assert "Trades closed" in digest[0]
        lines = digest[0].splitlines()
        assert lines[3].startswith("🔴")
        assert re.search(r"… and \d+ more", digest[0])
        assert "SIMULATED" in digest[0]


def test_a_bot_that_was_away_for_hours_tells_it_at_once_not_one_by_one(
    office: PostOffice, clock: SetClock
) -> None:
    office.allow(ANNA)
    titles = office.happen(10)
    clock.at += 3 * HOUR
    office.restart()
    office.expand()
    office.drain()

    assert told_titles(office) == titles
    assert len(office.texts()) == 1


def test_a_few_messages_of_a_short_outage_still_come_one_by_one(
    office: PostOffice, clock: SetClock
) -> None:
    office.allow(ANNA)
    office.happen(4)
    office.expand()
    clock.at += 20 * MINUTE
    office.drain()

    assert len(office.texts()) == 4


def test_a_burst_is_told_together_even_if_it_is_new(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(60)
    office.expand()
    office.drain()

    assert len(office.texts()) == 1
    assert "What you missed: 60" in office.texts()[0]


def test_a_digest_that_cannot_be_sent_takes_in_what_comes_meanwhile(
    office: PostOffice, clock: SetClock
) -> None:
    office.allow(ANNA)
    office.happen(30)
    office.expand()
    office.api.stop()
    office.drain(steps=2)
    office.happen(2)
    clock.at += MINUTE
    office.restart()
    office.expand()
    office.drain(steps=2)
    office.api.start()
    office.drain()

    assert len(office.texts()) == 1
    assert "What you missed: 32" in office.texts()[0]


def test_a_kill_in_the_middle_of_a_digest_may_repeat_it_but_says_so(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(30)
    office.expand()
    letter = office.desk.take(ANNA)
    assert letter is not None
    office.desk.begin(letter)
    office.api.fail(lost())
    office.drain(steps=1)
    office.restart()
    office.drain()

    assert ["may have come before" in text for text in office.texts()] == [True, True]
    assert len(told_titles(office)) == 30


@contextmanager
def killed_at(office: PostOffice, statement: int) -> Iterator[None]:
    """Die at the *statement*-th word to the database of access, before or after a commit too."""
    engine = office.access.database.engine
    left = itertools.count(statement, -1)

    def die(*_: Any) -> None:
        if next(left) == 0:
            raise Killed

    names = ("before_cursor_execute", "after_cursor_execute", "commit")
    for name in names:
        event.listen(engine, name, die)
    try:
        yield
    except Killed:
        office.restart()
    finally:
        for name in names:
            event.remove(engine, name, die)


@pytest.fixture(scope="module")
def steady() -> Iterator[BotApi]:
    with BotApi() as running:
        yield running


@given(
    kills=st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=5),
    counts=st.lists(st.integers(0, 4), min_size=6, max_size=6),
)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whenever_the_bot_is_killed_each_thing_becomes_one_row_a_chat(
    steady: BotApi, tmp_path: Path, kills: list[tuple[int, bool]], counts: list[int]
) -> None:
    office = PostOffice(Path(mkdtemp(dir=tmp_path)), steady, SetClock(START))
    office.allow(ANNA, BEN)
    titles: list[str] = []
    plan = dict(enumerate(kills))
    for number, count in enumerate(counts):
        titles += office.happen(count)
        statement, is_expanding = plan.get(number, (10_000, True))
        with killed_at(office, statement):
            office.expand() if is_expanding else office.desk.take(ANNA)
        office.clock.at += MINUTE
    office.expand()

    for owner in (ANNA, BEN):
        rows = [row for row in office.receipts(owner) if row.type != DIGEST]
        assert [row.content.title for row in rows] == titles
        digests = {row.id: row for row in office.receipts(owner) if row.type == DIGEST}
        for row in rows:
            assert row.state is State.WAITING or row.told_by in digests
    office.close()


@given(kills=st.lists(st.integers(0, 40), max_size=4), count=st.integers(1, 8))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whenever_the_bot_is_killed_all_arrives_in_order_and_repeats_say_so(
    steady: BotApi, tmp_path: Path, kills: list[int], count: int
) -> None:
    office = PostOffice(Path(mkdtemp(dir=tmp_path)), steady, SetClock(START))
    office.allow(ANNA)
    seen = len(office.texts())
    titles = office.happen(count)
    office.expand()
    for statement in kills:
        with killed_at(office, statement):
            office.drain(steps=2)
    office.drain()

    texts = office.texts()[seen:]
    assert told_titles(office) == titles
    repeats = [text for text in texts if "may have come before" in text]
    assert len(texts) - len(titles) <= len(repeats) <= len(kills)
    first_seen = list(dict.fromkeys(t for text in texts for t in titles if f"{t} " in text))
    assert first_seen == titles
    office.close()
