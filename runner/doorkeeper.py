"""Lets people in from the terminal: one-time links, and keys for programs."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from core.errors import ConfigError
from infra.notes import TUNNEL, read_note
from infra.settings import Settings
from runner.instance import running_instance
from store.access import AccessStore, ApiKey, Role
from utils.addresses import local_url
from utils.clock import Clock
from utils.files import make_private_folder

CODE_LIFE_MS: Final = 10 * 60 * 1000


@contextlib.contextmanager
def access_store(settings: Settings) -> Iterator[AccessStore]:
    """Lend the database of credentials, made if need be.

    Raises:
        ConfigError: it cannot be used.
        StoreError: it refused.
    """
    try:
        make_private_folder(settings.data_dir)
    except OSError as error:
        raise ConfigError(f"data folder {settings.data_dir}: {error}") from error
    store = AccessStore(settings.access_path)
    try:
        store.migrate()
        yield store
    finally:
        store.close()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return *rows* below *head*, in columns."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


class Doorkeeper:
    """Works on ``data/access.db`` directly: who can write there owns this Quarterdeck."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def one_time_link(self, base_url: str | None = None) -> str:
        """Return a URL that signs one browser in as owner, once, within ten minutes.

        Args:
            base_url: where the page is; on this machine unless given.

        Raises:
            ConfigError: the database of keys cannot be used.
            StoreError: it refused.
        """
        with self._store() as store:
            code = store.create_code(Role.OWNER, now=self._clock.now(), life_ms=CODE_LIFE_MS)
        return f"{base_url or self._base_url()}#code={code}"

    def public_url(self) -> str | None:
        """Return where the page is found from outside: by the tunnel that runs, or the setting."""
        tunnel = read_note(self._settings.run_dir, TUNNEL) or {}
        return str(tunnel.get("url") or "") or self._settings.public_url

    def create_key(self, name: str, role: str) -> str:
        """Return a new API key.

        Raises:
            ConfigError: the name is taken or unfit.
            StoreError: the database refused.
        """
        with self._store() as store:
            return store.create_key(name, Role(role), self._clock.now())

    def revoke_key(self, name: str) -> None:
        """Make the key *name* useless.

        Raises:
            ConfigError: there is no such key.
            StoreError: the database refused.
        """
        with self._store() as store:
            if not store.revoke_key(name, self._clock.now()):
                raise ConfigError(f"key {name!r} does not exist, or was revoked before")

    def key_table(self) -> str:
        """Return the keys as a table, without their secrets.

        Raises:
            ConfigError: the database of keys cannot be used.
            StoreError: it refused.
        """
        with self._store() as store:
            rows = [_row(key) for key in store.list_keys()]
        return table(("NAME", "ROLE", "CREATED (UTC)", "LAST USED", "REVOKED"), rows)

    def _store(self) -> contextlib.AbstractContextManager[AccessStore]:
        return access_store(self._settings)

    def _base_url(self) -> str:
        """Return where the page is, of the running instance if there is one."""
        place = running_instance(self._settings.run_dir) or {}
        host = str(place.get("host", self._settings.dashboard_host))
        return local_url(host, int(place.get("port", self._settings.dashboard_port)))


def _row(key: ApiKey) -> tuple[str, str, str, str, str]:
    return (
        key.name, key.role.value,
        minute(key.created_at), minute(key.last_used_at), minute(key.revoked_at),
    )  # fmt: skip


def minute(at: int | None) -> str:
    """Return the minute of *at*, UTC."""
    if at is None:
        return "-"
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
