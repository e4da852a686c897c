"""Serving the dashboard: gunicorn with one gevent worker, and what that worker holds."""

import logging
import resource
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from typing_extensions import override

from core.errors import ConfigError
from infra.settings import Settings
from telegram_webapp.worker import BoundedWorker
from utils.terminal import Terminal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from gunicorn.workers.base import Worker

GRACE_S: Final = 1
KEEPALIVE_S: Final = 5
ALIVE_EVERY_S: Final = 0.1
SPARE_DESCRIPTORS: Final = 512

log = logging.getLogger(__name__)


class Served(Protocol):
    """What a worker serves."""

    @property
    def application(self) -> "WSGIApplication":
        """Return what answers requests."""
        ...

    def start(self) -> None:
        """Begin what runs beside the requests."""
        ...

    def stop(self) -> None:
        """End it, and every stream."""
        ...

    def count_restarts(self, times: int) -> None:
        """Hear how often a worker was started in place of one that ended."""
        ...


class DashboardServer(BaseApplication):  # type: ignore[misc]
    """Gunicorn, configured from our settings alone: no file, no command line.

    Promise: it listens where the settings say, streams never occupy ``worker_connections``,
    and it is gone within 3 s of SIGTERM, each stream told when to come back.
    """

    def __init__(
        self, settings: Settings, build: Callable[[Settings], Served] | None = None
    ) -> None:
        """Prepare to serve.

        Args:
            settings: host and port; the rest is for *build*.
            build: called in the worker, after gevent's patches, for what is to be served;
                the whole dashboard if not given.
        """
        self._settings = settings
        self._build = build or _whole_dashboard
        self._served: Served | None = None
        self._restarts = 0
        super().__init__()

    @override
    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        host = self._settings.dashboard_host
        shown = f"[{host}]" if ":" in host else host
        options: dict[str, Any] = {
            "bind": f"{shown}:{self._settings.dashboard_port}",
            "worker_class": BoundedWorker,
            "workers": 1,
            "graceful_timeout": GRACE_S,
            "keepalive": KEEPALIVE_S,
            # who asks is for telegram_webapp.proxies to say: nobody is believed before it
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "control_socket_disable": True,  # its default path is one for all instances
            "post_fork": self._count_worker,
            "post_worker_init": self._watch,
            "logger_class": OurLogger,
            "proc_name": "quarterdeck-web",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    @override
    def load(self) -> "WSGIApplication":
        """Build the application, in the worker."""
        raise_descriptor_limit(self._settings.max_streams + SPARE_DESCRIPTORS)
        try:
            self._served = self._build(self._settings)
        except ConfigError as error:
            log.error("The dashboard cannot be served: %s", error)  # noqa: TRY400 (no traceback)
            sys.exit(Arbiter.APP_LOAD_ERROR)
        self._served.count_restarts(self._restarts)
        self._served.start()
        return self._served.application

    @override
    def run(self) -> None:
        """Serve until told to stop."""
        Master(self).run()

    def _count_worker(self, _server: Arbiter, worker: "Worker") -> None:
        self._restarts = max(0, worker.age - 1)  # the first worker is of age 1

    def _watch(self, worker: "Worker") -> None:
        threading.Thread(target=self._end_with, args=(worker,), daemon=True).start()

    def _end_with(self, worker: "Worker") -> None:
        """End the streams when the worker is told to stop: it does not know of them."""
        pause = threading.Event()
        while worker.alive:
            pause.wait(ALIVE_EVERY_S)
        if self._served is not None:
            self._served.stop()


class Master(Arbiter):  # type: ignore[misc]
    """Gunicorn's arbiter, which keeps its worker at a hang-up: that one reads settings again."""

    def __init__(self, app: DashboardServer) -> None:
        self._terminal = Terminal()
        super().__init__(app)

    @override
    def handle_hup(self) -> None:
        """Pass it on, or end with the terminal.

        Raises:
            StopIteration: the terminal is gone; gunicorn ends.
        """
        if self._terminal.is_gone:
            raise StopIteration
        self.kill_workers(signal.SIGUSR1)


class OurLogger(Logger):  # type: ignore[misc]
    """Gunicorn's messages, in our format and without an access log."""

    @override
    def setup(self, cfg: Any) -> None:
        """Hand everything to the root logger."""
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)


def _whole_dashboard(settings: Settings) -> Served:
    # here, so that the process that only watches the worker stays small
    from telegram_webapp.wiring import WebProcess  # noqa: PLC0415

    return WebProcess(settings)


def raise_descriptor_limit(wanted: int) -> None:
    """Let this process open *wanted* files, or say how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = hard == resource.RLIM_INFINITY
    granted = wanted if unlimited else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < granted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
    if granted < wanted:
        log.warning("This process may open %d files, MAX_STREAMS wants %d", granted, wanted)
