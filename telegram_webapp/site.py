"""What every view works with."""

from dataclasses import dataclass
from typing import Any

from infra.settings import Settings
from telegram_webapp.archive import Archive
from telegram_webapp.assets import Assets
from telegram_webapp.auth.cookie import SessionCookie
from telegram_webapp.auth.doorman import Doorman
from telegram_webapp.auth.guard import Guard
from telegram_webapp.limits import Limits
from telegram_webapp.link import EngineLink
from telegram_webapp.mirror import Snapshot
from telegram_webapp.problems import Problem
from telegram_webapp.results import Results
from telegram_webapp.settings_desk import SettingsDesk
from telegram_webapp.vitals import WebVitals
from utils.clock import Clock


@dataclass(frozen=True, slots=True)
class Site:
    """One instance of the dashboard."""

    desk: SettingsDesk
    clock: Clock
    link: EngineLink
    doorman: Doorman
    limits: Limits
    cookie: SessionCookie
    guard: Guard
    archive: Archive
    results: Results
    assets: Assets
    vitals: WebVitals

    @property
    def settings(self) -> Settings:
        """What is in force now; some may be another at the next request."""
        return self.desk.settings

    def heard(self) -> tuple[Snapshot, dict[str, Any]]:
        """Return the newest whole state, and its data.

        Raises:
            Problem: nothing was ever heard from an engine.
        """
        snapshot = self.link.snapshot()
        if snapshot.data is None:
            detail = "the engine is away and left no state: start it, then ask again"
            raise Problem(503, "engine_away", detail, {"Retry-After": "5"})
        return snapshot, snapshot.data
