"""How this web process is: sampled by itself, told to the engine by a file, and to who asks."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import gevent

from core.errors import BusError
from infra.bus.base import CommandRequest
from infra.settings import Settings
from infra.vitals.hops import hop, unknown_hop
from infra.vitals.machine import Machine
from infra.vitals.record import Vitals
from infra.vitals.sampler import LAG_EVERY_S, SelfSampler
from telegram_webapp.link import EngineLink
from telegram_webapp.meter import Meter
from telegram_webapp.offload import in_thread
from utils.clock import Clock
from utils.spread import Spread

VITALS: Final = "quarterdeck.vitals"  # their place among an application's extensions
PING_S: Final = 2.0
TOTAL: Final = "Engine's stamp to the page"
REPORTS_S: Final = 300.0  # pages report twice a minute
SILENT: Final = "The engine has answered nothing within the last five minutes."
NO_PAGE: Final = "No open page has reported within the last five minutes."
NOT_WALL: Final = "The engine's clock is not the wall's: its market goes at another pace."

log: Final = logging.getLogger(__name__)


class WebVitals:
    """Samples this process every few seconds once it is started.

    Promise: what is measured here holds no stream up; while the engine is away it goes on.

    Attributes:
        restarts: how often a worker of this server was started in place of one that ended.
        engine_told: what the engine answered last of the whole system, None before.
    """

    def __init__(
        self, settings: Callable[[], Settings], link: EngineLink, meter: Meter, clock: Clock
    ) -> None:
        """Prepare by the *settings* of now; nothing is measured yet but what a sample tells."""
        self._settings = settings
        self.restarts = 0
        self.engine_told: dict[str, Any] | None = None
        self.machine = Machine(settings().data_dir)
        self.meter = meter
        self.bus = Spread(REPORTS_S)
        self.page = Spread(REPORTS_S)
        self.total = Spread(REPORTS_S)
        self._link = link
        self._clock = clock
        self._sampler = SelfSampler("web", settings().run_dir, clock, self.counters)
        self._frames: tuple[float, int] | None = None
        self._events_per_s: float | None = None
        self._stopping = threading.Event()

    @property
    def period_s(self) -> int:
        """Return how often samples are taken."""
        return self._settings().system.update_interval

    def start(self) -> None:
        """Begin to sample, and to measure how late this process is and how far the engine."""
        for act in (self._keep_late, self._keep_telling):
            threading.Thread(target=act, name=act.__name__, daemon=True).start()

    def stop(self) -> None:
        """End it; this process ends in order."""
        self._stopping.set()
        self._sampler.forget()

    def newest(self) -> Vitals:
        """Return the newest sample, a new one where none was taken lately."""
        newest, now = self._sampler.newest, self._clock.now()
        if newest is None or now - newest.at > 2000 * self.period_s:
            return self._sampler.sample()
        return newest

    def report(self, trip_ms: float | None, delays_ms: list[float]) -> None:
        """Take what a page has measured: half a round trip, and delays from the engine's stamp."""
        if trip_ms is not None:
            self.page.add(trip_ms / 2)
        for delay_ms in delays_ms:
            self.total.add(delay_ms)

    def stream(self) -> dict[str, Any]:
        """Return the counters of the hub, and how many events a second there were lately."""
        stats = self._link.hub.stats()
        return {
            "events_per_s": self._events_per_s,
            "subscribers": stats["clients"],
            "resumes": stats["resumed"],
            **{
                name: stats[name]
                for name in ("delivered", "replaced", "cut", "snapshots", "left", "revoked")
            },
        }

    def hops(self, speed: object) -> list[dict[str, Any]]:
        """Return the hops that end here or on a page; *speed* is the market's, 1 on the wall's."""
        total = (
            hop("total", TOTAL, self.total, NO_PAGE)
            if speed == 1
            else unknown_hop("total", TOTAL, NOT_WALL)
        )
        return [
            hop("bus_web", "Bus to web", self.bus, SILENT),
            hop("web_browser", "Web to browser", self.page, NO_PAGE),
            total,
        ]

    def counters(self) -> dict[str, Any]:
        """Return what the engine keeps of this process beside its sample."""
        return {
            "restarts": {"web": self.restarts},
            "stream": self.stream(),
            "query_ms": self.meter.spread.figures(),
            "hops": self.hops(1),
        }

    def _keep_late(self) -> None:
        """Measure how late the hub of greenlets comes to what is due."""
        while not self._stopping.is_set():
            due = time.monotonic() + LAG_EVERY_S
            gevent.sleep(LAG_EVERY_S)
            self._sampler.lag.add((time.monotonic() - due) * 1000)

    def _keep_telling(self) -> None:
        while not self._stopping.is_set():
            for act in (self._count_events, self._ping, self._tell):
                _kept_up(act)
            self._stopping.wait(self.period_s)

    def _tell(self) -> None:
        in_thread(self._sampler.tell)

    def _count_events(self) -> None:
        now_s, frames = self._clock.monotonic(), self._link.hub.stats()["frames"]
        before, self._frames = self._frames, (now_s, frames)
        if before is not None and now_s > before[0]:
            self._events_per_s = round((frames - before[1]) / (now_s - before[0]), 2)

    def _ping(self) -> None:
        """Measure half the way to the engine and back: a question that it answers with nothing."""
        if not self._link.is_up:
            return
        began_s = time.perf_counter()
        ping = CommandRequest(secrets.token_hex(8), "ping", {}, "web", "viewer")
        try:
            self._link.command(ping, PING_S)
        except BusError:
            return
        self.bus.add((time.perf_counter() - began_s) * 1000 / 2)


def _kept_up(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception:
        log.exception("%s of this process failed", act.__name__)
