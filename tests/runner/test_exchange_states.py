import asyncio
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from core.catalogue import payload_schema
from core.dashboard import State
from infra.bus.base import CommandRequest
from runner.exchange_states import (
    ExchangeStates,
    Place,
    markets,
    two_digits,
)
from runner.publisher import Publisher
from tests.runner.engines import open_engine, settings
from tests.runner.test_publisher import Reader
from utils.clock import SetClock

NOW = 1_790_000_000_000


class Stream(msgspec.Struct):
    name: str = "trades BTC/USDT"
    kind: str = "trades"
    symbol: str = "BTC/USDT"
    state: str = "live"
    last_at: int | None = NOW - 250
    messages: int = 10
    rate_per_s: float = 12.34
    reconnects: int = 0
    gaps: int = 0
    duplicates: int = 0
    error: str = ""


class Venue(msgspec.Struct):
    reachable: bool = True
    skew_ms: int | None = 1270
    round_trip_ms: int | None = 84
    used_weight: int = 45
    weight_limit: int | None = 2400
    banned_until: int | None = None
    note: str = ""
    connections: int = 6
    garbled: int = 0


class Scene:
    """An exchange whose word is asked once a second, and a reader."""

    def __init__(self) -> None:
        self.clock = SetClock(NOW)
        self.reader = Reader()
        self.streams = [Stream()]
        self.venue: Venue | None = Venue()
        self.states = ExchangeStates(
            Publisher("e", self.clock, self.reader.take),
            Place("binanceusdm", "paper"),
            lambda: self.streams,
            lambda: self.venue,
        )

    def second(self, seconds: int = 1) -> list[str]:
        """Let seconds pass; return the types of what was told."""
        self.reader.seen.clear()
        for _ in range(seconds):
            self.states.tell()
            self.states.publisher.flush()
            self.clock.at += 1000
        return [kind for _, kind in self.reader.seen]

    @property
    def state(self) -> State:
        return self.reader.state


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_streams_and_the_exchange_are_told_as_the_catalogue_says(scene: Scene) -> None:
    assert scene.second() == ["stream", "venue"]

    told = scene.state["streams"]["trades BTC/USDT"]
    jsonschema.validate(told, payload_schema("stream"))
    jsonschema.validate(scene.state["venue"], payload_schema("venue"))
    assert (told["last_at"], told["rate_per_s"]) == (NOW // 1000 * 1000 - 1000, 12.0)
    assert scene.state["venue"]["skew_ms"] == 1270


def test_a_stream_that_works_is_told_once_a_minute_whatever_its_messages(scene: Scene) -> None:
    def work() -> list[str]:
        for stream in scene.streams:
            stream.messages += 100
            stream.last_at = scene.clock.now()
            stream.rate_per_s *= 1.01
        if scene.venue:
            scene.venue.used_weight += 1
        return scene.second()

    work()
    assert [work() for _ in range(58)] == [[]] * 58
    assert [kind for _ in range(3) for kind in work()].count("stream") == 1


def test_another_state_is_told_at_once_and_another_rate_soon(scene: Scene) -> None:
    scene.second()
    scene.streams[0].state, scene.streams[0].error = "waiting", "connection lost"
    assert scene.second() == ["stream"]
    assert scene.state["streams"]["trades BTC/USDT"]["error"] == "connection lost"

    scene.streams[0].state = "live"
    scene.second()
    scene.streams[0].rate_per_s, scene.streams[0].gaps = 500.0, 1
    assert scene.second(2) == []
    assert scene.second() == ["stream"]


def test_a_stream_that_is_gone_is_told_stopped_once(scene: Scene) -> None:
    scene.second()
    scene.streams.clear()
    assert scene.second(70).count("stream") == 1
    assert scene.state["streams"]["trades BTC/USDT"]["state"] == "stopped"

    scene.streams.append(Stream())
    assert scene.second() == ["stream"]


@pytest.mark.parametrize(
    "change",
    [{"reachable": False}, {"banned_until": NOW + 60_000}, {"note": "The exchange is down."}],
)
def test_trouble_with_the_exchange_is_told_at_once(scene: Scene, change: dict[str, Any]) -> None:
    scene.second()
    assert scene.venue is not None
    scene.venue = msgspec.structs.replace(scene.venue, **change)
    assert scene.second() == ["venue"]


def test_a_clock_that_drifts_is_told_in_steps(scene: Scene) -> None:
    scene.second(5)
    assert scene.venue is not None
    scene.venue.skew_ms = 1290
    assert scene.second() == []
    scene.venue.skew_ms = 1330
    assert scene.second() == ["venue"]


def test_without_an_exchange_what_may_be_tried_again_is_told(scene: Scene) -> None:
    scene.venue, scene.streams = None, []
    scene.states.place = Place("binanceusdm", "simulated", "binanceusdm")
    scene.states.note = "It did not answer within 5 s."
    scene.second()

    told = scene.state["venue"]
    jsonschema.validate(told, payload_schema("venue"))
    assert (told["retry"], told["reachable"]) == ("binanceusdm", False)
    assert told["note"] == "It did not answer within 5 s."


def test_who_asks_is_told_the_moment(scene: Scene) -> None:
    scene.second()
    scene.streams[0].messages, scene.streams[0].last_at = 999, NOW + 777

    now = scene.states.now()

    assert (now["streams"][0]["messages"], now["streams"][0]["last_at"]) == (999, NOW + 777)
    assert now["venue"]["round_trip_ms"] == 84


@pytest.mark.parametrize(
    ("rate", "shown"), [(0.0, 0.0), (0.26, 0.3), (3.14, 3.1), (12.34, 12.0), (1999.0, 2000.0)]
)
def test_rates_have_two_digits(rate: float, shown: float) -> None:
    assert two_digits(rate) == shown


def test_any_role_may_ask_and_without_an_exchange_there_is_nothing_to_say(
    tmp_path: Path, scene: Scene
) -> None:
    wired = open_engine(settings(tmp_path))
    question = CommandRequest("1", "connection", {}, "somebody", "viewer")

    nothing = asyncio.run(wired.engine.answer(question))
    wired.engine.questions["connection"] = scene.states.now
    something = asyncio.run(wired.engine.answer(question))
    wired.close()

    assert (nothing.ok, nothing.result) == (True, {})
    assert something.result is not None
    assert something.result["streams"][0]["name"] == "trades BTC/USDT"


def test_markets_are_found_by_a_part_of_their_name() -> None:
    symbols = ["WBTC/USDT", "BTC/USDC", "BTC/USDT", "ETH/USDT", "1000BTC/USDT"]

    found = markets(symbols, {"search": "btc", "limit": 3})["symbols"]

    assert found == ["BTC/USDC", "BTC/USDT", "WBTC/USDT"]
    assert markets(symbols, {"search": "BTCUSDT"})["symbols"][0] == "BTC/USDT"
    assert len(markets([f"C{n}/USDT" for n in range(90)], {})["symbols"]) == 50
