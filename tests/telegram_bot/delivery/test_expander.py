"""Who is told what, and how."""

import pytest

from core.alerts import AlertType, Mode
from store.access import Role
from store.delivery import State
from tests.telegram_bot.delivery.post_office import ANNA, BEN, CARL, HOUR, MINUTE, PostOffice
from utils.clock import SetClock


def titles(office: PostOffice, owner: int) -> list[str]:
    return [row.content.title for row in office.receipts(owner)]


def test_everybody_who_is_allowed_is_told_as_they_wish(office: PostOffice) -> None:
    office.allow(ANNA, BEN, CARL)
    office.wish(BEN, modes={AlertType.TRADE_CLOSED: Mode.SILENT})
    office.wish(CARL, modes={AlertType.TRADE_CLOSED: Mode.OFF})
    office.happen()
    office.expand()

    for person in (ANNA, BEN, CARL):
        office.drain(person)
    assert not office.api.person(ANNA).chat.last.is_silent
    assert office.api.person(BEN).chat.last.is_silent
    assert office.texts(CARL) == []


def test_a_rule_of_one_s_own_is_told_to_its_owner_alone(office: PostOffice) -> None:
    office.allow(ANNA, BEN)
    office.happen(type="rule", owner="telegram:2")
    office.expand()

    assert (titles(office, ANNA), titles(office, BEN)) == ([], ["Trade 1 closed"])


def test_who_comes_later_is_told_what_happens_from_then_on(
    office: PostOffice, clock: SetClock
) -> None:
    office.allow(ANNA)
    office.happen(2)
    clock.at += HOUR
    office.restart()
    office.api.person(BEN)
    office.access.users.allow(BEN, Role.VIEWER, "test", clock.now())
    clock.at += 1000
    late = office.happen()
    office.expand()

    assert len(titles(office, ANNA)) == 3
    assert titles(office, BEN) == late


def test_who_may_not_come_in_any_more_is_told_nothing_not_even_what_waits(
    office: PostOffice,
) -> None:
    office.allow(ANNA, BEN)
    office.happen()
    office.expand()
    office.access.users.block(BEN, "test", office.clock.now())
    office.happen()
    office.expand()
    office.drain(BEN)

    assert office.texts(BEN) == []
    assert [row.state for row in office.receipts(BEN)] == [State.FAILED]


def test_a_request_to_come_in_reaches_owners_with_buttons(office: PostOffice) -> None:
    office.allow(ANNA)
    office.allow(BEN, role=Role.TRADER)
    office.access.users.ask(99, "Sam", "sammy", office.clock.now())
    office.expand()
    office.drain(ANNA)
    office.drain(BEN)

    message = office.api.person(ANNA).chat.last
    assert "Sam (@sammy) asks to come in" in message.text
    assert message.button("Approve")["callback_data"] == "u:allow 99 viewer"
    assert office.texts(BEN) == []


def test_a_request_keeps_its_buttons_when_much_else_happened(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(30)
    office.access.users.ask(99, "Sam", "", office.clock.now())
    office.expand()
    office.drain()

    assert ["Approve as viewer" in m.labels for m in office.api.person(ANNA).chat.from_bot] == [
        False, True,
    ]  # fmt: skip


def test_a_new_session_is_told_to_its_person_once_a_way(office: PostOffice) -> None:
    office.allow(ANNA, BEN)
    user = office.access.users.find(ANNA)
    assert user is not None
    for via, client in (("telegram", "iOS"), ("telegram", "iOS"), ("code", "Firefox")):
        office.access.open_session_for(
            user, via=via, now=office.clock.now(), life_ms=HOUR, client=client, address="192.0.2.1"
        )
    office.expand()
    office.drain()

    assert len(titles(office, ANNA)) == 2
    assert titles(office, BEN) == []
    assert office.api.person(ANNA).chat.last.button("End")["callback_data"].startswith("s:end ")


def test_notices_are_told_while_trading_cannot_be_read(office: PostOffice) -> None:
    office.allow(ANNA)
    office.trading.close()
    (office.folder / "quarterdeck.db").rename(office.folder / "away.db")
    office.access.users.ask(99, "Sam", "", office.clock.now())
    office.expand()

    assert titles(office, ANNA) == ["Sam asks to come in"]


def test_an_outbox_that_began_anew_is_followed_from_there(office: PostOffice) -> None:
    office.allow(ANNA)
    office.happen(3)
    office.expand()
    with office.trading.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'outbox'")
    office.expand()
    office.happen(2)
    office.expand()

    assert len(titles(office, ANNA)) == 5


NIGHT = {"quiet_start": 22 * 60, "quiet_end": 7 * 60}


def test_quiet_hours_across_midnight_hold_all_but_errors_for_a_digest(
    office: PostOffice, clock: SetClock
) -> None:
    office.allow(ANNA)
    office.wish(ANNA, **NIGHT)
    clock.at += 11 * HOUR  # 23:00
    office.happen(2)
    office.happen(level="error", type="system", title="Ledger differs")
    office.expand()
    office.drain()
    assert len(office.texts()) == 1
    assert "🔴 Ledger differs" in office.texts()[0]

    clock.at += 7 * HOUR  # 06:00 of the next day
    office.happen()
    office.expand()
    office.drain()
    assert len(office.texts()) == 1

    clock.at += HOUR + MINUTE
    office.expand()
    office.drain()
    assert "While it was quiet: 3 since 21 Nov 23:00 UTC" in office.texts()[1]
    assert office.api.person(ANNA).chat.last.button("Open")["web_app"]["url"].endswith("to=alerts")


def test_quiet_hours_go_by_the_person_s_clock(office: PostOffice, clock: SetClock) -> None:
    office.allow(ANNA)
    office.wish(ANNA, **NIGHT, utc_offset=-10 * 60)
    office.happen()  # 12:00 UTC is 02:00 there
    office.expand()
    office.drain()
    assert office.texts() == []

    clock.at += 5 * HOUR + MINUTE
    office.drain()
    assert len(office.texts()) == 1


def test_a_mute_ends_by_itself_and_then_tells_the_rest(office: PostOffice, clock: SetClock) -> None:
    office.allow(ANNA)
    office.wish(ANNA, muted_until=clock.now() + 2 * HOUR)
    office.happen(3)
    office.happen(level="error", title="Error")
    office.expand()
    office.drain()
    assert len(office.texts()) == 1
    assert office.api.person(ANNA).chat.last.is_silent

    clock.at += 2 * HOUR
    office.restart()
    office.drain()
    assert "While it was quiet: 3" in office.texts()[1]


def test_unmuting_lets_what_waited_come_at_once(office: PostOffice, clock: SetClock) -> None:
    office.allow(ANNA)
    office.wish(ANNA, muted_until=clock.now() + HOUR)
    office.happen()
    office.expand()
    office.drain()
    assert office.texts() == []
    office.wish(ANNA, muted_until=None)
    office.drain()
    assert len(office.texts()) == 1


@pytest.mark.parametrize("days", [8, 31])
def test_what_is_old_is_forgotten_or_given_up(
    office: PostOffice, clock: SetClock, days: int
) -> None:
    office.allow(ANNA, BEN)
    office.happen()
    office.expand()
    office.drain()
    office.api.person(BEN).blocks_bot()
    office.drain(BEN)
    clock.at += days * 24 * HOUR
    office.expand()

    assert [row.state for row in office.receipts(ANNA)][:1] == (
        [State.SENT] if days == 8 else [State.WAITING]
    )
    assert [row.state for row in office.receipts(BEN)] == ([State.FAILED] if days == 8 else [])


def test_a_digest_sums_what_came_more_than_once(office: PostOffice, clock: SetClock) -> None:
    office.allow(ANNA)
    office.wish(ANNA, muted_until=clock.now() + MINUTE)
    for title in ("BTC long closed", "BTC long closed", "ETH long closed"):
        office.happen(title=title)
    office.expand()
    office.drain()
    clock.at += 2 * MINUTE
    office.drain()

    assert "trades made +$4.50" in office.texts()[0]


def test_a_clock_that_was_set_back_folds_nothing_into_what_is_to_come(
    office: PostOffice, clock: SetClock
) -> None:
    office.allow(ANNA)
    office.happen(title="Market data is stale", type="feed_stale")
    office.expand()
    office.drain()
    clock.at -= HOUR
    office.happen(title="Market data is stale", type="feed_stale")
    office.expand()
    office.drain()

    assert len(office.texts()) == 2
