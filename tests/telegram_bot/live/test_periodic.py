"""The periodic summary."""

import pytest

from store.alert_settings import AlertSettings, write_settings
from tests.telegram_bot.bot_api.faults import flood
from tests.telegram_bot.bot_api.people import Person
from tests.telegram_bot.by_hand import ANNA, BEN, Desk

HOUR_MS = 3_600_000


@pytest.fixture
def anna(desk: Desk) -> Person:
    """Somebody whose first summary is due in 300 s."""
    person = desk.allow(ANNA)
    desk.look_at_summaries()
    return person


def test_it_comes_silently_after_an_interval(desk: Desk, anna: Person) -> None:
    desk.look_at_summaries(299)
    assert anna.chat.texts == []

    desk.look_at_summaries(1)
    assert anna.chat.last.text.startswith("Summary · SIMULATED\n$10,000.00")
    assert anna.chat.last.is_silent


def test_within_an_hour_the_one_that_stands_is_changed(desk: Desk, anna: Person) -> None:
    for number in range(1, 8):
        desk.earn(10_000 + number)
        desk.look_at_summaries(300)

    assert len(anna.chat.texts) == 1
    assert anna.chat.last.edits == 6
    assert "$10,007.00" in anna.chat.last.text


def test_after_an_hour_it_comes_anew_and_the_old_one_goes(desk: Desk, anna: Person) -> None:
    desk.look_at_summaries(300)
    old = anna.chat.last
    desk.earn(10_001)
    desk.look_at_summaries(3600)

    assert anna.chat.last is not old
    assert len(anna.chat.texts) == 1


def test_nothing_is_sent_when_nothing_changed(desk: Desk, anna: Person) -> None:
    for _ in range(24):
        desk.look_at_summaries(3600)

    assert len(desk.api.called("sendMessage")) == 1
    assert len(anna.chat.texts) == 1


def test_quiet_hours_mute_and_a_live_message_hold_it(desk: Desk, anna: Person) -> None:
    muted = AlertSettings(owner=f"telegram:{ANNA}", muted_until=desk.clock.now() + HOUR_MS)
    write_settings(desk.access.database, muted, desk.clock.now())
    desk.look_at_summaries(900)
    assert anna.chat.texts == []

    desk.asks(anna)
    desk.look_at_summaries(3600)
    assert anna.chat.texts == []

    desk.asks(anna, "off")
    desk.look_at_summaries(300)
    assert len(anna.chat.texts) == 1


def test_it_can_be_switched_off_and_on(desk: Desk, anna: Person) -> None:
    assert "is off" in desk.asks_summary(anna, "off")
    desk.look_at_summaries(900)
    assert anna.chat.texts == []

    assert "every 300s" in desk.asks_summary(anna, "on")
    desk.look_at_summaries(300)
    assert len(anna.chat.texts) == 1


def test_it_waits_as_long_as_telegram_says(desk: Desk, anna: Person) -> None:
    desk.api.fail(flood(40))
    desk.look_at_summaries(300)
    desk.look_at_summaries(39)
    assert anna.chat.texts == []

    desk.look_at_summaries(1)
    assert len(anna.chat.texts) == 1


def test_a_restart_knows_which_one_stands(desk: Desk, anna: Person) -> None:
    desk.look_at_summaries(300)
    desk.restart()
    desk.earn(10_001)
    desk.look_at_summaries()
    desk.look_at_summaries(300)

    assert len(anna.chat.texts) == 1
    assert anna.chat.last.edits == 1


def test_it_is_shown_when_asked_for(desk: Desk, anna: Person) -> None:
    assert desk.asks_summary(anna).startswith("<b>Summary</b> · SIMULATED")


def test_somebody_who_was_blocked_costs_the_others_nothing(desk: Desk, anna: Person) -> None:
    ben = desk.allow(BEN)
    desk.access.users.block(BEN, "test", desk.clock.now())
    desk.look_at_summaries(300)

    assert anna.chat.last.text.startswith("Summary")
    assert ben.chat.texts == []
