"""A Flask route that does nothing, in gunicorn and the worker that the dashboard has."""

if __name__ == "__main__":
    from gevent import monkey

    monkey.patch_all()

from typing import TYPE_CHECKING, Final

from flask import Flask, Response

from infra.logging import setup_logging
from infra.settings import Settings, load_settings
from telegram_webapp.server import DashboardServer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATH: Final = "/api/health"  # which is waited for


class Empty:
    """What the worker serves."""

    def __init__(self, settings: Settings) -> None:  # noqa: ARG002 - as the dashboard is made
        app = Flask("empty")
        app.get(PATH)(lambda: Response(status=204))
        self.application: WSGIApplication = app

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def count_restarts(self, times: int) -> None:
        """Do nothing with how often a worker was started anew."""


if __name__ == "__main__":
    settings = load_settings({})
    setup_logging("empty", settings.log_level)
    DashboardServer(settings, Empty).run()
