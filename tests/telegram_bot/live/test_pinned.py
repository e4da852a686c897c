"""The live message, over HTTP, with what goes wrong on the way."""

import pytest
from telegram.error import TelegramError

from core.errors import CommandError
from tests.telegram_bot.bot_api.faults import cut, flood, lost
from tests.telegram_bot.bot_api.people import Person
from tests.telegram_bot.by_hand import ANNA, BEN, Desk


@pytest.fixture
def anna(desk: Desk) -> Person:
    person = desk.allow(ANNA)
    desk.asks(person)
    desk.look()
    return person


def test_it_is_sent_silently_and_pinned(anna: Person) -> None:
    message = anna.chat.last
    assert anna.chat.pinned is message
    assert message.is_silent
    assert message.text.startswith("Live · SIMULATED\n$10,000.00\n$0.00 (0.00%) today, UTC")


def test_it_changes_at_most_every_ten_seconds_and_then_says_the_newest(
    desk: Desk, anna: Person
) -> None:
    for cents in range(1, 26):
        desk.earn(10_000 + cents / 100)
        desk.look(1)

    assert anna.chat.last.edits == 2
    desk.look(10)
    assert anna.chat.last.edits == 3
    assert "$10,000.25" in anna.chat.last.text
    assert len(anna.chat.texts) == 1


def test_it_is_let_be_when_nothing_has_changed(desk: Desk, anna: Person) -> None:
    for _ in range(30):
        desk.look(10)

    assert anna.chat.last.edits == 0
    assert desk.api.called("editMessageText") == []


def test_an_engine_that_goes_away_is_said_once(desk: Desk, anna: Person) -> None:
    desk.engine.is_up, desk.engine.age_ms = False, 10_000
    desk.look(10)
    assert "Engine away since 12:00:00 UTC" in anna.chat.last.text
    for age_ms in range(20_000, 60_000, 10_000):
        desk.engine.age_ms = age_ms
        desk.look(10)

    assert anna.chat.last.edits == 1


def test_a_flood_is_waited_for_as_long_as_telegram_says(desk: Desk, anna: Person) -> None:
    desk.api.fail(flood(45, "editMessageText"))
    desk.earn(10_001)
    desk.look(10)
    for _ in range(4):
        desk.look(10)
    assert anna.chat.last.edits == 0
    assert len(desk.api.called("editMessageText")) == 1

    desk.look(10)
    assert anna.chat.last.edits == 1


def test_an_edit_whose_answer_was_lost_is_done_once(desk: Desk, anna: Person) -> None:
    desk.api.fail(lost("editMessageText"))
    desk.earn(10_001)
    with pytest.raises(TelegramError):
        desk.look(10)
    assert anna.chat.last.edits == 1

    desk.clock.at -= 5  # the same second: the same text, which Telegram calls not modified
    desk.look(10)
    desk.look(10)
    assert anna.chat.last.edits <= 2
    assert len(anna.chat.texts) == 1


def test_one_chat_that_cannot_be_reached_stops_no_other(desk: Desk, anna: Person) -> None:
    ben = desk.allow(BEN)
    desk.asks(ben)
    desk.look(1)
    fault = cut("editMessageText")
    fault.chat_id = ANNA
    desk.api.fail(fault)
    desk.earn(10_001)
    with pytest.raises(TelegramError):
        desk.look(10)
    assert "$10,001.00" in ben.chat.last.text

    desk.look(10)
    assert "$10,001.00" in anna.chat.last.text


def test_a_deleted_one_comes_anew(desk: Desk, anna: Person) -> None:
    anna.chat.messages.remove(anna.chat.last)
    desk.earn(10_001)
    desk.look(10)
    desk.look(2)

    assert "$10,001.00" in anna.chat.last.text
    assert anna.chat.pinned is anna.chat.last


def test_a_deleted_one_comes_anew_also_when_nothing_changed(desk: Desk, anna: Person) -> None:
    anna.chat.messages.remove(anna.chat.last)
    desk.look(60)
    desk.look(2)

    assert anna.chat.pinned is anna.chat.last


def test_unpinning_ends_it(desk: Desk, anna: Person) -> None:
    anna.chat.last.is_pinned = False
    desk.look(60)
    desk.earn(10_001)
    desk.look(60)

    assert "not kept up to date any more" in anna.chat.last.text
    assert len(anna.chat.texts) == 1


def test_off_unpins_it(desk: Desk, anna: Person) -> None:
    assert "off" in desk.asks(anna, "off")
    desk.look(1)

    assert anna.chat.pinned is None
    assert "not kept up to date any more" in anna.chat.last.text


def test_asking_again_brings_it_to_the_chats_end(desk: Desk, anna: Person) -> None:
    old = anna.chat.last
    desk.clock.at += 60_000
    desk.asks(anna)
    desk.look()

    assert anna.chat.pinned is anna.chat.last is not old
    assert not old.is_pinned
    assert "not kept up to date any more" in old.text


def test_a_restart_goes_on_with_the_same_message(desk: Desk, anna: Person) -> None:
    desk.restart()
    desk.earn(10_001)
    desk.look(10)

    assert len(anna.chat.texts) == 1
    assert "$10,001.00" in anna.chat.last.text
    assert anna.chat.pinned is anna.chat.last


def test_who_may_not_look_any_more_sees_nothing_new(desk: Desk, anna: Person) -> None:
    desk.access.users.block(ANNA, "test", desk.clock.now())
    desk.earn(10_001)
    desk.look(10)
    desk.look(10)

    assert "$10,001" not in anna.chat.last.text
    assert anna.chat.pinned is None


def test_who_blocked_the_bot_is_not_written_to_again(desk: Desk, anna: Person) -> None:
    anna.blocks_bot()
    desk.earn(10_001)
    desk.look(10)
    before = len(desk.api.calls)
    desk.look(10)

    assert len(desk.api.calls) == before


def test_another_word_is_told_what_it_should_be(desk: Desk, anna: Person) -> None:
    with pytest.raises(CommandError, match=r"After /live comes on or off, not 'now': /live off"):
        desk.asks(anna, "now")
