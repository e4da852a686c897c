"""Who may come in, managed from a chat: users, sessions, keys, links and the audit."""

from typing import Final

from store.access import Role
from telegram_bot.command import Command, Tap
from telegram_bot.people.audit import audit
from telegram_bot.people.keys import keys, revoke_key
from telegram_bot.people.login import login
from telegram_bot.people.sessions import end_session, sessions
from telegram_bot.people.start import start
from telegram_bot.people.users import change_user, users

COMMANDS: Final = (
    Command(
        name="start", hint="The dashboard and the menus", group="people",
        role=Role.VIEWER, answer=start,
    ),
    Command(
        name="login", hint="A link that opens the page in a browser", group="people",
        role=Role.VIEWER, answer=login,
    ),
    Command(
        name="users", hint="Who may come in", group="people", role=Role.OWNER, answer=users,
    ),
    Command(
        name="sessions", hint="Where one is signed in", group="people",
        role=Role.VIEWER, answer=sessions,
    ),
    Command(
        name="keys", hint="Keys for programs", usage="[create NAME ROLE]", group="people",
        role=Role.OWNER, answer=keys,
    ),
    Command(
        name="audit", hint="What was asked and done", usage="[n]", group="people",
        role=Role.OWNER, answer=audit,
    ),
)  # fmt: skip

TAPS: Final = (
    Tap(prefix="u", role=Role.OWNER, answer=change_user),
    Tap(prefix="s", role=Role.VIEWER, answer=end_session),
    Tap(prefix="k", role=Role.OWNER, answer=revoke_key),
)
