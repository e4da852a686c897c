"""The usual way to serve events, to compare with: a queue and a generator for each client.

Gunicorn's gevent worker, Flask and the same frames from the same bus.
"""

if __name__ == "__main__":
    from gevent import monkey

    monkey.patch_all()

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from flask import Flask, Response
from gevent.queue import Empty, Queue
from typing_extensions import override

from core.errors import BusError
from core.stream import Frame
from infra.bus.unix_client import UnixSubscriber
from infra.logging import setup_logging
from infra.settings import Settings, load_settings
from telegram_webapp.routes.stream import PATH
from telegram_webapp.server import DashboardServer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HEARTBEAT_S: Final = 15.0


class QueuePerClient:
    """What the worker serves."""

    def __init__(self, settings: Settings) -> None:
        self._subscriber = UnixSubscriber(settings.socket_path)
        self._queues: set[Queue] = set()
        app = Flask("queues")
        app.get(PATH)(self.stream)
        self.application: WSGIApplication = app

    def stream(self) -> Response:
        """Begin a stream."""
        return Response(self._events(), mimetype="text/event-stream")

    def start(self) -> None:
        """Follow the bus as long as it is there."""
        threading.Thread(target=self._follow, daemon=True).start()

    def stop(self) -> None:
        """End what follows the bus; the streams end with the process."""
        self._subscriber.close()

    def count_restarts(self, times: int) -> None:
        """Do nothing with how often a worker was started anew."""

    def _events(self) -> Iterator[bytes]:
        queue = Queue()
        self._queues.add(queue)
        try:
            yield b": welcome\n\n"
            while True:
                try:
                    yield queue.get(timeout=HEARTBEAT_S)
                except Empty:
                    yield b": heartbeat\n\n"
        finally:
            self._queues.discard(queue)

    def _follow(self) -> None:
        with suppress(BusError):
            for batch in self._subscriber.deliveries(None):
                for delivery in batch:
                    if isinstance(delivery, Frame):
                        self._put(delivery.frame)

    def _put(self, frame: bytes) -> None:
        for queue in list(self._queues):
            queue.put_nowait(frame)


class Server(DashboardServer):
    """Gunicorn as the dashboard has it, but with its own worker and a place for every stream."""

    @override
    def load_config(self) -> None:
        super().load_config()
        self.cfg.set("worker_class", "gevent")
        self.cfg.set("worker_connections", self._settings.max_streams)


if __name__ == "__main__":
    settings = load_settings({})
    setup_logging("queues", settings.log_level)
    Server(settings, QueuePerClient).run()
