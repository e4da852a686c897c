"""Lets people in from the terminal: one-time links, and keys for programs."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from core.errors import ConfigError
from infra.settings import Settings
from runner.instance import running_instance
from store.access import AccessStore, ApiKey, Role
from utils.clock import Clock
from utils.files import make_private_folder

CODE_LIFE_MS: Final = 10 * 60 * 1000
# who listens on every address is reached on the loopback one
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def reachable(host: str) -> str:
    """Return the address at which this machine reaches a server that listens on *host*."""
    return EVERYWHERE.get(host, host)


class Doorkeeper:
    """Works on ``data/access.db`` directly: who can write there owns this Quarterdeck."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def one_time_link(self) -> str:
        """Return a URL that signs one browser in as owner, once, within ten minutes.

        Raises:
            ConfigError: the database of keys cannot be used.
            StoreError: it refused.
        """
        with self._store() as store:
            code = store.create_code(Role.OWNER, now=self._clock.now(), life_ms=CODE_LIFE_MS)
        return f"{self._base_url()}/#code={code}"

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
            rows = [("NAME", "ROLE", "CREATED (UTC)", "LAST USED", "REVOKED")]
            rows += [_row(key) for key in store.list_keys()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join(lines)

    @contextlib.contextmanager
    def _store(self) -> Iterator[AccessStore]:
        try:
            make_private_folder(self._settings.data_dir)
        except OSError as error:
            raise ConfigError(f"data folder {self._settings.data_dir}: {error}") from error
        store = AccessStore(self._settings.access_path)
        try:
            store.migrate()
            yield store
        finally:
            store.close()

    def _base_url(self) -> str:
        """Return where the page is, of the running instance if there is one."""
        place = running_instance(self._settings.run_dir) or {}
        host = reachable(str(place.get("host", self._settings.dashboard_host)))
        port = place.get("port", self._settings.dashboard_port)
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _row(key: ApiKey) -> tuple[str, str, str, str, str]:
    return (
        key.name, key.role.value,
        _date(key.created_at), _date(key.last_used_at), _date(key.revoked_at),
    )  # fmt: skip


def _date(at: int | None) -> str:
    if at is None:
        return "-"
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
