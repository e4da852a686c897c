"""A web process that serves nothing but the stream, to anybody: run by the tests."""

import logging
import sys
from pathlib import Path
from random import Random

from flask import Flask, request

from infra.bus.unix_client import UnixCommands, UnixSubscriber
from infra.settings import Settings
from store.access import Identity, Role
from telegram_webapp.hub import Hub
from telegram_webapp.link import EngineLink
from telegram_webapp.mirror import Mirror
from telegram_webapp.routes.stream import install_stream
from telegram_webapp.server import DashboardServer
from utils.backoff import Backoff
from utils.clock import SystemClock


class StreamOnly:
    def __init__(self, settings: Settings) -> None:
        mirror = Mirror(SystemClock())
        self.revoked: set[str] = set()
        self.hub = Hub(
            mirror,
            self.still_valid,
            max_streams=settings.max_streams,
            streams_per_client=settings.streams_per_client,
        )
        self.link = EngineLink(
            mirror,
            self.hub,
            UnixSubscriber(settings.socket_path),
            UnixCommands(settings.socket_path),
            state_file=settings.state_path,
            delays=Backoff(0.05, 0.2, Random(1)),
        )
        self.application = Flask("stream")
        install_stream(self.application, self.hub, self.identify)
        self.application.get("/stats")(self.hub.stats)
        self.application.get("/revoke/<name>")(self.revoke)

    def identify(self) -> Identity:
        key = request.headers.get("Authorization", "Bearer reader").removeprefix("Bearer ")
        name, _, role = key.partition(":")
        return Identity(subject=name, role=Role(role or "viewer"), via="key", credential_id=name)

    def still_valid(self, identity: Identity) -> bool:
        return identity.credential_id not in self.revoked

    def revoke(self, name: str) -> dict[str, int]:
        self.revoked.add(name)
        self.hub.heartbeat()
        return self.hub.stats()

    def start(self) -> None:
        self.link.start()
        self.hub.start()

    def count_restarts(self, times: int) -> None:
        logging.getLogger("stream").info("%d workers ended before this one", times)

    def stop(self) -> None:
        self.hub.stop()
        self.link.stop()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(name)s %(message)s")
    DashboardServer(
        Settings(
            data_dir=Path(sys.argv[1]), dashboard_port=int(sys.argv[2]), streams_per_client=10000
        ),
        StreamOnly,
    ).run()
