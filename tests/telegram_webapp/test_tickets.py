from store.access import Identity, Role
from telegram_webapp.tickets import LIFE_MS, Tickets
from utils.clock import SetClock

ADA = Identity(subject="Ada", role=Role.VIEWER, via="telegram", credential_id="session-1")
BOB = Identity(subject="Bob", role=Role.OWNER, via="telegram", credential_id="session-2")


def test_a_ticket_is_taken_once_and_looking_does_not_use_it_up() -> None:
    tickets = Tickets(SetClock(1))
    secret = tickets.give(ADA, "/api/trades", "format=csv")

    assert tickets.look(secret) == tickets.look(secret)
    taken = tickets.take(secret)
    assert taken is not None
    assert (taken.identity, taken.path, taken.query) == (ADA, "/api/trades", "format=csv")
    assert tickets.take(secret) is None
    assert tickets.look(secret) is None


def test_a_ticket_is_good_for_a_minute() -> None:
    clock = SetClock(1)
    tickets = Tickets(clock)
    secret = tickets.give(ADA, "/api/trades", "")
    clock.at += LIFE_MS - 1
    assert tickets.look(secret) is not None
    clock.at += 1

    assert tickets.take(secret) is None


def test_who_asks_for_many_loses_their_own_oldest() -> None:
    tickets = Tickets(SetClock(1), most_each=2)
    bobs = tickets.give(BOB, "/", "")
    adas = [tickets.give(ADA, "/", str(n)) for n in range(4)]

    assert [tickets.look(secret) is not None for secret in adas] == [False, False, True, True]
    assert tickets.look(bobs) is not None


def test_there_is_an_end_to_how_many_wait() -> None:
    tickets = Tickets(SetClock(1), most_each=10, most=3)
    secrets = [tickets.give(ADA, "/", str(n)) for n in range(5)]

    assert [tickets.look(secret) is not None for secret in secrets] == [False] * 2 + [True] * 3
