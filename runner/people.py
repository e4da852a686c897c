"""People at the terminal: who may come in, where they are signed in, the page's key."""

from core.errors import CommandError, ConfigError
from infra.settings import Settings
from runner.arguments import Arguments
from runner.doorkeeper import access_store, minute, table
from store.access import AccessStore, Role
from store.identity import TERMINAL

USERS = ("ID", "NAME", "USERNAME", "STATUS", "ROLE", "SINCE (UTC)", "BY", "LAST SEEN")
SESSIONS = ("ID", "WHOSE", "ROLE", "VIA", "CLIENT", "ADDRESS", "SINCE (UTC)", "LAST SEEN", "UNTIL")
MAX_USER_ID = 2**52


def people_command(settings: Settings, arguments: Arguments, now: int) -> str:
    """Do what *arguments* ask for; return what to print.

    Raises:
        ConfigError: it cannot be done; nothing was changed.
        StoreError: the database refused.
    """
    if arguments.command == "telegram-key":
        return _key(settings)
    with access_store(settings) as store:
        try:
            return _obey(store, arguments, now)
        except CommandError as error:
            raise ConfigError(str(error)) from error


def _obey(store: AccessStore, arguments: Arguments, now: int) -> str:
    match arguments.command:
        case "users list":
            return _users(store)
        case "users allow":
            return _allow(store, arguments.user_id, Role(arguments.role), now)
        case "users block":
            return _block(store, arguments.user_id, now)
        case "sessions end":
            return _end(store, arguments.session_id, now)
        case _:
            return _sessions(store, now)


def _allow(store: AccessStore, user_id: int, role: Role, now: int) -> str:
    if not 0 < user_id < MAX_USER_ID:
        raise ConfigError(f"ID must be the id of a Telegram user, was {user_id}")
    user = store.users.allow(user_id, role, TERMINAL, now, source=TERMINAL)
    return f"{user.subject} may come in as {role}."


def _block(store: AccessStore, user_id: int, now: int) -> str:
    if not store.users.block(user_id, TERMINAL, now):
        raise ConfigError(f"user {user_id} never came and was never let in")
    return f"User {user_id} is blocked and signed out."


def _end(store: AccessStore, session_id: int, now: int) -> str:
    if not store.end_session(session_id, TERMINAL, now):
        raise ConfigError(f"session {session_id} is not open")
    return f"Session {session_id} is ended."


def _key(settings: Settings) -> str:
    """Return what a page checks Telegram's word with.

    Raises:
        ConfigError: there is no token to make it of.
    """
    if not settings.telegram_key:
        raise ConfigError("TELEGRAM_BOT_TOKEN must be set, for the key is made of it")
    return settings.telegram_key


def _users(store: AccessStore) -> str:
    rows = [
        (
            str(user.id), user.name or "-", user.username or "-", user.status, user.role or "-",
            minute(user.changed_at), user.changed_by or "-", minute(user.last_seen_at),
        )
        for user in store.users.listed()
    ]  # fmt: skip
    return table(USERS, rows)


def _sessions(store: AccessStore, now: int) -> str:
    rows = [
        (
            str(row.id), row.subject, row.role, row.via, row.client or "-", row.address or "-",
            minute(row.created_at), minute(row.last_seen_at), minute(row.expires_at),
        )
        for row in store.list_sessions(now)
    ]  # fmt: skip
    return table(SESSIONS, rows)
