"""The settings in force in the web process: taken over while it runs, and changed by owners."""

import hashlib
import logging
import signal
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

import gevent
import msgspec
from filelock import FileLock
from gevent.event import Event

from core.errors import ConfigError, StoreError
from infra.logging import set_level
from infra.reload import Change, Reload, refusal
from infra.setting_catalogue import Setting, catalogue
from infra.setting_page import read_page, write_page
from infra.settings import Loaded, Settings, SettingsRefused
from store.access import Identity
from store.audit import ASKED, DONE, AuditLog, AuditRow
from telegram_webapp.hub import Hub
from telegram_webapp.offload import in_thread
from utils.clock import Clock

LOOK_S: Final = 1.0
PATIENCE_S: Final = 5.0
LOCK: Final = "settings.lock"
REFUSED: Final = "bad_settings"

Source = Literal["default", "file", "page", "environment", "flag"]

log: Final = logging.getLogger(__name__)


class Outdated(Exception):  # noqa: N818 - it says what the asker's view is
    """Somebody changed the settings since they were looked at."""


class SettingsDesk:
    """What is in force here, where it is from, and how owners change it.

    Promise: a change is checked whole with everything else that is said, and audited, before it is
    written; what is written is whole. What is wrong changes nothing.
    """

    def __init__(self, reload: Reload, hub: Hub, audit: AuditLog, clock: Clock) -> None:
        self.reload = reload
        self._last: Change | None = None
        self._hub = hub
        self._audit = audit
        self._clock = clock
        self._asked = Event()

    @property
    def settings(self) -> Settings:
        """What is in force now."""
        return self.reload.settings

    def start(self) -> None:
        """Follow the settings from now on."""
        gevent.signal_handler(signal.SIGUSR1, self._asked.set)
        gevent.spawn(self._keep)

    def look(self) -> tuple[Change, str]:
        """Return what the places say now, and what of it waits; nothing is taken over.

        Where something is wrong there, what they said last when nothing was, and what is wrong.

        Raises:
            SettingsRefused: they never were good.
        """
        try:
            self._last = self.reload.read()
        except SettingsRefused as error:
            if self._last is None:
                raise
            return self._last, str(error)
        return self._last, ""

    def put(self, changes: Mapping[str, Any], version: str, by: Identity) -> Change:
        """Change settings as an owner wishes; None puts one back to what the other places say.

        Raises:
            Outdated: they are not what they were at *version*.
            OSError: they cannot be written down.
            SettingsRefused: one may not be changed here, or something would be wrong.
            StoreError: the audit cannot be written, and nothing was changed.
        """
        change = in_thread(self._put, changes, version, by)
        self._take(change)
        return change

    def again(self, by: Identity) -> Change:
        """Read everything again as an owner wishes, and have the other processes do so.

        Raises:
            OSError: the others cannot be told.
            SettingsRefused: something is wrong; nothing was changed.
            StoreError: the audit cannot be written, and nothing was changed.
        """
        change = in_thread(self._again, by)
        self._take(change)
        return change

    def _put(self, changes: Mapping[str, Any], version: str, by: Identity) -> Change:
        with self._alone():
            path = self.reload.page_path
            before = self.reload.read()
            if version_of(before.loaded) != version:
                raise Outdated
            _may_change(changes, before.loaded)
            page = changed(read_page(path, Settings), changes)
            change = self.reload.read(page)
            self._write(change, page, _row(self._clock.now(), by, "settings_change"))
            return change

    def _again(self, by: Identity) -> Change:
        with self._alone():
            change = self.reload.read()
            page = read_page(self.reload.page_path, Settings)
            self._write(change, page, _row(self._clock.now(), by, "settings_reload"))
            return change

    def _write(self, change: Change, page: Mapping[str, Any], row: AuditRow) -> None:
        detail = {"settings": [str(turn) for turn in change.turned]}
        number = self._audit.record(msgspec.structs.replace(row, detail=detail))
        try:
            write_page(self.reload.page_path, page)
        except OSError:
            self._audit.finish(number, "not_written", detail)
            raise
        self._audit.finish(number, DONE, detail)
        self.reload.page_changed()

    def _alone(self) -> FileLock:
        """Return what keeps other web processes from writing meanwhile."""
        return FileLock(self.settings.run_dir / LOCK, timeout=PATIENCE_S)

    def _keep(self) -> None:
        is_first = True
        while True:
            was_asked = self._asked.is_set()
            self._asked.clear()
            if self.reload.page_changed() or was_asked:
                self._follow(was_asked=was_asked, is_first=is_first)
            is_first = False
            self._asked.wait(LOOK_S)

    def _follow(self, *, was_asked: bool, is_first: bool) -> None:
        """Take over what somebody else wrote down."""
        try:
            change = in_thread(self.reload.read)
        except ConfigError as error:
            log.warning("Settings were not taken over. %s", refusal(error))
            self._note(REFUSED, {"why": str(error)})
            return
        if change.turned and not is_first:
            self._note(DONE, {"settings": [str(turn) for turn in change.turned]})
        if change.turned or was_asked:
            log.info("Settings were read again. %s", change.text)
        self._take(change)
        self._last = change

    def _take(self, change: Change) -> None:
        settings = change.settings
        self.reload.take(change)
        set_level(settings.log_level)
        self._hub.allow(settings.max_streams, settings.streams_per_client)

    def _note(self, result: str, detail: dict[str, Any]) -> None:
        """Note what nobody asked for by name."""
        row = AuditRow(
            at=self._clock.now(), actor="the files", role="owner", action="settings_reload",
            detail=detail, result=result,
        )  # fmt: skip
        try:
            in_thread(self._audit.record, row)
        except StoreError as error:
            log.warning("A change of settings is not in the audit: %s", error)


def version_of(loaded: Loaded) -> str:
    """Return what is another text whenever a setting, or where it is from, is another."""
    said = [
        (name, setting.words(setting.of(loaded.settings)), source(setting, loaded))
        for name, setting in catalogue().items()
    ]
    return hashlib.blake2b(msgspec.json.encode(said), digest_size=12).hexdigest()


def source(setting: Setting, loaded: Loaded) -> Source:
    """Return the kind of place that *setting* is from."""
    layer = loaded.layer_of(setting.path)
    return "default" if layer is None else cast("Source", layer.kind)


def changed(page: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return *page* with *changes*, by dotted names; None takes one out."""
    found = {name: dict(v) if isinstance(v, Mapping) else v for name, v in page.items()}
    for name, value in changes.items():
        group, _, inner = name.rpartition(".")
        within = found.setdefault(group, {}) if group else found
        if value is None:
            within.pop(inner, None)
        else:
            within[inner] = value
        if group and not within:
            del found[group]
    return found


def _may_change(changes: Mapping[str, Any], loaded: Loaded) -> None:
    """Refuse changes that would never be in force.

    Raises:
        SettingsRefused: there is one.
    """
    faults = {name: why for name in changes if (why := _why_not(name, loaded))}
    if faults:
        raise SettingsRefused(faults)


def _why_not(name: str, loaded: Loaded) -> str:
    setting = catalogue().get(name)
    if setting is None:
        return f"{name[:80]} is no setting"
    if not setting.is_live:
        return f"{name} is not for the page to change: write it in config/dashboards.yaml"
    layer = loaded.layer_of(setting.path)
    if layer is not None and layer.kind in {"environment", "flag"}:
        return f"{name} is given by {layer.name_of(setting.path)}, which wins: change it there"
    return ""


def _row(at: int, by: Identity, action: str) -> AuditRow:
    return AuditRow(at=at, actor=by.subject, role=by.role, action=action, result=ASKED)
