"""Users, sessions, keys, links and the audit, over HTTP."""

import re

import pytest

from store.access import AccessStore, Role
from tests.services import wait_until
from tests.telegram_bot.bot_api.people import Person
from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.rig import OWNER, PAGE, STRANGER, TRADER, VIEWER, crew, user_of

pytestmark = pytest.mark.usefixtures("bot")


def toast(person: Person, tap: str) -> str:
    wait_until(lambda: person.toast(tap) is not None, "the tap is answered")
    return str(person.toast(tap))


def test_an_owner_lets_a_stranger_in_by_a_button(api: BotApi, access: AccessStore) -> None:
    olga, *_ = crew(api)
    sam = api.person(STRANGER, "Sam", "sammy")
    sam.says("/start")
    api.wait_for_message(sam, "private deck")
    olga.says("/users")
    listed = api.wait_for_message(olga, "Sam @sammy (44) · pending")

    olga.taps("✓ Sam: viewer", listed)
    api.wait_for_message(sam, "You may come in now, as viewer")
    wait_until(lambda: "Sam is allowed, as viewer" in listed.text, "the list says so")
    user = user_of(access, STRANGER)
    assert (user.status, user.role, user.changed_by) == ("allowed", Role.VIEWER, "Owner (11)")

    def is_in() -> bool:
        sam.says("/start")
        return any("You are viewer" in text for text in sam.chat.texts)

    wait_until(is_in, "Sam is let in", every_s=0.3)


def test_an_owner_blocks_somebody_and_lets_them_in_again(api: BotApi, access: AccessStore) -> None:
    olga, *_ = crew(api)
    olga.says("/users")
    listed = api.wait_for_message(olga, "Users")
    olga.taps("Block Viewer", listed)
    wait_until(lambda: user_of(access, VIEWER).status == "blocked", "Vera is blocked")
    wait_until(lambda: any("Unblock" in label for label in listed.labels), "it can be undone")
    olga.taps("Unblock Viewer as viewer", listed)
    wait_until(lambda: user_of(access, VIEWER).status == "allowed", "Vera is in again")


def test_nobody_changes_their_own_role(api: BotApi, access: AccessStore) -> None:
    olga, *_ = crew(api)
    olga.says("/users")
    listed = api.wait_for_message(olga, "Users")
    assert not any("Owner" in label for label in listed.labels)
    tap = olga.sends_tap(f"u:block {OWNER}", listed)

    assert "your own role" in toast(olga, tap)
    assert user_of(access, OWNER).status == "allowed"


@pytest.mark.parametrize("data", ["u:", "u:allow", "u:allow x viewer", "u:allow 3 king", "u:off 3"])
def test_a_button_of_another_form_changes_nothing(
    api: BotApi, access: AccessStore, data: str
) -> None:
    olga, *_ = crew(api)
    olga.says("/start")
    api.wait_for_message(olga, "You are owner")
    tap = olga.sends_tap(data)

    assert "another version" in toast(olga, tap)
    assert len(access.users.listed()) == 3


def test_a_link_signs_a_browser_in_as_who_asked(api: BotApi, access: AccessStore) -> None:
    *_, vera = crew(api)
    vera.says("/login")
    answer = api.wait_for_message(vera, "within 10 minutes")
    found = re.search(re.escape(PAGE) + r"#code=([\w-]+)", answer.text)
    assert found is not None
    opened = access.redeem_code(found[1], now=user_of(access, VIEWER).changed_at, life_ms=60_000)
    assert opened is not None

    assert (opened[1].user_id, opened[1].role) == (VIEWER, Role.VIEWER)
    assert access.redeem_code(found[1], now=1, life_ms=60_000) is None


def test_sessions_are_seen_and_ended_by_whose_they_are_and_by_owners(
    api: BotApi, access: AccessStore
) -> None:
    olga, tom, vera = crew(api)
    now = 1_900_000_000_000
    for number in (TRADER, VIEWER):
        access.open_session_for(
            user_of(access, number), via="code", now=now, life_ms=10**12, client="Firefox"
        )
    theirs, hers = sorted(row.id for row in access.list_sessions(now))
    vera.says("/sessions")
    shown = api.wait_for_message(vera, "Sessions")
    assert "Firefox" in shown.text
    assert [label for label in shown.labels if "End" in label] == [f"End {hers} · Viewer (33)"]
    tap = vera.sends_tap(f"s:end {theirs}", shown)
    assert "is not open" in toast(vera, tap)
    vera.taps(f"End {hers}", shown)
    wait_until(lambda: len(access.list_sessions(now)) == 1, "it is ended")

    olga.says("/sessions")
    listed = api.wait_for_message(olga, "Trader (22)")
    olga.taps(f"End {theirs}", listed)
    wait_until(lambda: access.list_sessions(now) == [], "the owner ended it")
    assert access.audit.newest(1)[0].actor == "Owner (11)"
    assert tom.chat.from_bot == []


def test_a_key_is_shown_once_and_can_be_revoked(api: BotApi, access: AccessStore) -> None:
    olga, *_ = crew(api)
    olga.says("/keys create grafana viewer")
    shown = api.wait_for_message(olga, "grafana")
    secret = shown.html.split("<code>")[1].split("</code>")[0]
    found = access.find(secret, 1)

    assert found is not None
    assert (found.subject, found.role) == ("grafana", Role.VIEWER)
    assert access.audit.newest(1)[0].actor == "Owner (11)"

    olga.says("/keys")
    listed = api.wait_for_message(olga, "Keys")
    assert secret not in listed.text
    olga.taps("Revoke grafana", listed)
    wait_until(lambda: access.find(secret, 1) is None, "it is revoked")
    wait_until(lambda: "is revoked" in listed.text, "the list says so")


@pytest.mark.parametrize("text", ["/keys create", "/keys create x king", "/keys drop x"])
def test_keys_say_how_they_are_made(api: BotApi, text: str) -> None:
    olga, *_ = crew(api)
    olga.says(text)
    api.wait_for_message(olga, "/keys create NAME ROLE")


def test_the_audit_is_shown_to_owners(api: BotApi) -> None:
    olga, tom, _ = crew(api)
    tom.says("/pause")
    api.wait_for_message(tom, "Title of pause")
    olga.says("/audit 5")
    shown = api.wait_for_message(olga, "Audit")

    assert "Trader (22) · prepare pause · done" in shown.text


def test_whom_nobody_knows_is_not_said_to_be_blocked(api: BotApi, access: AccessStore) -> None:
    olga, *_ = crew(api)
    olga.says("/users")
    listed = api.wait_for_message(olga, "Users")

    assert "is not in the list" in toast(olga, olga.sends_tap("u:block 777", listed))
    assert access.users.find(777) is None
