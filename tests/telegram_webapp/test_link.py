"""The link, between a real bus and a hub without clients."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from core.errors import BusError
from infra.bus.base import CommandRequest
from infra.bus.unix_client import UnixCommands, UnixSubscriber
from telegram_webapp.hub import Hub
from telegram_webapp.link import EngineLink
from telegram_webapp.mirror import Mirror
from tests.telegram_webapp.rig import StandInEngine, until
from utils.backoff import Backoff
from utils.clock import SystemClock

PAUSE = CommandRequest("k1", "prepare", {"command": "pause"}, "anna", "owner")


def make_link(data_dir: Path) -> EngineLink:
    mirror = Mirror(SystemClock())
    path = data_dir / "run" / "engine.sock"
    return EngineLink(
        mirror,
        Hub(mirror, lambda _: True, max_streams=1, streams_per_client=1),
        UnixSubscriber(path),
        UnixCommands(path),
        state_file=data_dir / "dashboard_state.json",
        delays=Backoff(0.01, 0.05, Random(1)),
    )


@pytest.fixture
def link(tmp_path: Path) -> Iterator[EngineLink]:
    made = make_link(tmp_path)
    yield made
    made.stop()
    until(
        threading.enumerate, lambda all_of_them: "engine-link" not in [t.name for t in all_of_them]
    )


def test_it_is_known_at_once_whether_the_engine_is_there(link: EngineLink, tmp_path: Path) -> None:
    with StandInEngine(tmp_path) as engine:
        engine.price(2.0)
        link.start()

        assert link.is_up
        data = link.snapshot().data
        assert data is not None
        assert data["state"]["prices"]["BTC/USDT"]["last"] == 2.0


def test_while_an_engine_hangs_the_state_on_disk_is_served(
    link: EngineLink, tmp_path: Path
) -> None:
    with StandInEngine(tmp_path) as engine:
        engine.price(5.0)
        (tmp_path / "dashboard_state.json").write_bytes(engine.publisher.snapshot())
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(tmp_path / "run" / "engine.sock"))
        hanging.listen()
        link.start()

        snapshot = link.snapshot()

    assert snapshot.stale
    assert snapshot.data is not None
    assert snapshot.data["state"]["prices"]["BTC/USDT"]["last"] == 5.0


def test_it_follows_every_event(link: EngineLink, tmp_path: Path) -> None:
    with StandInEngine(tmp_path) as engine:
        link.start()
        for number in range(20):
            engine.price(float(number))
            last = engine.facts(2)
        until(lambda: link.snapshot().etag, lambda etag: etag == f"e1-{last}")

        data = link.snapshot().data
        assert data is not None
        assert data["state"] == engine.publisher.state


def test_the_last_state_stays_when_the_engine_goes(link: EngineLink, tmp_path: Path) -> None:
    with StandInEngine(tmp_path) as engine:
        engine.price(3.0)
        link.start()
        fresh = link.snapshot()
    until(lambda: link.is_up, lambda up: not up)
    stale = link.snapshot()

    assert (fresh.stale, stale.stale) == (False, True)
    assert stale.bytes == fresh.bytes
    assert stale.etag != fresh.etag
    assert stale.away_since is not None
    assert stale.engine_age_ms is not None


def test_it_comes_back_by_itself_also_to_another_engine(link: EngineLink, tmp_path: Path) -> None:
    link.start()
    assert not link.is_up
    for epoch in ("e1", "e2"):
        with StandInEngine(tmp_path, epoch) as engine:
            engine.facts(1)
            until(lambda: link.snapshot().etag, f"{epoch}-1".__eq__)
        until(lambda: link.is_up, lambda up: not up)


def test_commands_reach_the_engine_or_say_that_it_is_away(link: EngineLink, tmp_path: Path) -> None:
    link.start()
    with pytest.raises(BusError, match="the engine is away"):
        link.command(PAUSE)
    with StandInEngine(tmp_path):
        until(lambda: link.is_up, bool)

        assert link.command(PAUSE).result == {"name": "prepare", "actor": "anna"}


def test_an_engine_of_another_schema_is_kept_away(
    link: EngineLink, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with StandInEngine(tmp_path) as engine:
        engine.server.snapshot = lambda: (
            b'{"schema_version":9,"epoch":"e","seq":0,"at":0,"state":{}}'
        )
        link.start()

        assert not link.is_up
        assert "the engine speaks schema 9" in caplog.text


def test_frames_that_cannot_be_folded_lead_to_a_fresh_start(
    link: EngineLink, tmp_path: Path
) -> None:
    with StandInEngine(tmp_path) as engine:
        link.start()
        engine.call(lambda: engine.publisher._emit("from_the_future", "", {"no": "time"}))
        last = engine.facts(1)

        until(lambda: link.snapshot().etag, lambda etag: etag == f"e1-{last}")
