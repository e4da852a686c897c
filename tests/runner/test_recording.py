"""Engines that record an exchange, and engines that play it again."""

from pathlib import Path

import pytest

from exchange.replay.raw import RawReplayFeed
from tests.exchange.venue_thread import VenueThread
from tests.runner.engine_process import EngineProcess
from tests.services import wait_until


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let an engine record a market for a while; return the folder."""
    folder = tmp_path_factory.mktemp("recorder")
    with (
        VenueThread(rate_hz=20) as venue,
        EngineProcess(
            folder, MARKET="exchange", EXCHANGE_URL=venue.venue.url, RECORD="true",
            SYMBOLS="BTC/USDT,ETH/USDT",
        ) as engine,
    ):  # fmt: skip
        engine.wait_until(lambda: engine.heard.status == "running", "it trades")
        books = "its books are recorded"
        engine.wait_until(lambda: len(engine.heard.of("price")) > 20, books)
        engine.stop()
    return folder / "recordings"


@pytest.mark.parametrize("speed", ["max", "60"])
def test_what_an_engine_recorded_is_played_by_another(
    recordings: Path, tmp_path: Path, speed: str
) -> None:
    with EngineProcess(
        tmp_path / "again", MARKET="auto", REPLAY=str(recordings), SPEED=speed
    ) as engine:
        engine.wait_until(lambda: engine.heard.status == "ended", "the tape is over")
        market = engine.heard.state["engine"]["market"]
        prices = engine.heard.state["prices"]
        engine.stop()

    assert market == "replay"
    assert set(prices) == {"BTC/USDT", "ETH/USDT"}
    assert "Traceback" not in engine.log


def test_what_was_recorded_is_whole(recordings: Path) -> None:
    feed = RawReplayFeed([recordings])
    steps = list(feed.past(None))

    assert len(steps) > 10
    assert not feed.notes
    assert not feed.tally.refused
    assert set(feed.instruments) == {"BTC/USDT", "ETH/USDT"}


def test_a_recording_that_cannot_be_written_is_told_by_one_alert(tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "recordings").write_text("in the way", encoding="utf-8")
    with (
        VenueThread(rate_hz=20) as venue,
        EngineProcess(
            folder, MARKET="exchange", EXCHANGE_URL=venue.venue.url, RECORD="true",
            SYMBOLS="BTC/USDT",
        ) as engine,
    ):  # fmt: skip

        def told() -> list[str]:
            alerts = engine.heard.state["alerts"]
            return [alert["detail"] for alert in alerts if alert["code"] == "recording_stopped"]

        engine.wait_until(told, "it is told")
        before = len(engine.heard.of("price"))
        wait_until(lambda: len(engine.heard.of("price")) > before + 3, "trading goes on")
        engine.stop()
        (detail,) = told()

    assert "cannot be written" in detail
