"""The web process put together: every part once, and who knows whom."""

import gc
from random import Random
from typing import TYPE_CHECKING, Final

from infra.bus import ways
from infra.reload import Reload
from infra.settings import Settings
from store.access import AccessStore, Role
from telegram_webapp.app import create_app
from telegram_webapp.auth.doorman import Doorman
from telegram_webapp.errands import upgrade_apart
from telegram_webapp.hub import Hub
from telegram_webapp.link import EngineLink
from telegram_webapp.mirror import Mirror
from telegram_webapp.settings_desk import SettingsDesk
from telegram_webapp.vitals import VITALS, WebVitals
from utils.backoff import Backoff
from utils.clock import SystemClock

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

RECONNECT_BASE_S: Final = 0.1
RECONNECT_CAP_S: Final = 5.0


class WebProcess:
    """What one gevent worker holds.

    Promise: after `start` it is known whether the engine is there, so that the first client
    can resume at once.
    """

    def __init__(self, settings: Settings) -> None:
        """Build everything; nothing runs yet.

        Raises:
            ConfigError: the database of credentials or the page's files cannot be used.
            StoreError: that database refused.
        """
        clock = SystemClock()
        upgrade_apart(settings.access_path)
        access = AccessStore(settings.access_path)
        roles = {user_id: Role(role) for user_id, role in settings.telegram_roles.items()}
        access.users.settle_setting(roles, clock.now())
        mirror = Mirror(clock)
        doorman = Doorman(access, clock)
        self.hub = Hub(
            mirror,
            doorman.still_valid,
            max_streams=settings.max_streams,
            streams_per_client=settings.streams_per_client,
        )
        self.link = EngineLink(
            mirror,
            self.hub,
            ways.subscriber(settings),
            ways.commands(settings),
            state_file=settings.state_path,
            delays=Backoff(RECONNECT_BASE_S, RECONNECT_CAP_S, Random()),  # noqa: S311 (no secret)
        )
        self.desk = SettingsDesk(Reload(settings), self.hub, access.audit, clock)
        app = create_app(settings, self.link, doorman, clock, desk=self.desk)
        self._vitals: WebVitals = app.extensions[VITALS]
        self.application: WSGIApplication = app

    def start(self) -> None:
        """Follow the engine and send heartbeats."""
        self.link.start()
        self.hub.start()
        self.desk.start()
        self._vitals.start()
        # What was imported stays: looking for garbage in it would hold every stream up.
        gc.collect()
        gc.freeze()

    def count_restarts(self, times: int) -> None:
        """Hear how often a worker was started in place of one that ended."""
        self._vitals.restarts = times

    def stop(self) -> None:
        """End every stream and the line to the engine."""
        self._vitals.stop()
        self.hub.stop()
        self.link.stop()
