"""What the watchdog tells, with a set clock, real databases and a web process on loopback."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr
from typing_extensions import override

from core.dashboard import State
from infra.settings import Settings
from store.access import AccessStore, Role
from store.deliveries import list_deliveries
from telegram_bot.deck import Deck
from telegram_bot.follower import Snapshot
from telegram_bot.sending import OurBot
from telegram_bot.watchdog.watch import Patience, Turn, Watch
from telegram_bot.watchdog.watchdog import Watchdog
from tests.services import free_port
from tests.telegram_bot.delivery.post_office import START, template
from utils.clock import SetClock

SECRET = "b7a1-secret"


@dataclass
class Scene:
    """An engine as the bot last heard it, a web process that may be gone, and who is told."""

    access: AccessStore
    clock: SetClock
    settings: Settings
    state: State
    is_up: bool = True
    heard_at: int = START
    dogs: list[Watchdog] = field(default_factory=list)

    def snapshot(self) -> Snapshot:
        return Snapshot(self.state, self.clock.at, self.is_up, self.clock.at - self.heard_at)

    def begin(self) -> None:
        dog = Watchdog(cast("Deck", self), cast("OurBot", None))
        asyncio.run(dog.begin())
        self.dogs.append(dog)

    def go_on(self, seconds: int, *, is_heard: bool = True) -> None:
        """Let *seconds* pass, with a look each second."""

        async def run() -> None:
            await self.dogs[-1].ask()
            for _ in range(seconds):
                self.clock.at += 1000
                if is_heard:
                    self.heard_at = self.clock.at
                await self.dogs[-1].look()

        asyncio.run(run())

    @property
    def told(self) -> list[tuple[str, str]]:
        rows = list_deliveries(self.access.database, "telegram:1")
        return [(row.content.title, row.content.detail) for row in reversed(rows)]


class Page(ThreadingHTTPServer):
    """Answers everything with 200, and remembers what was asked for."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        self.status = 200
        super().__init__(("127.0.0.1", port), Answer)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = cast("Page", self.server)
        page.asked.append(self.path)
        self.send_response(page.status)
        self.end_headers()

    @override
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[Page]:
    page = Page(free_port())
    yield page
    page.shutdown()
    page.server_close()


@pytest.fixture
def scene(tmp_path: Path, page: Page) -> Iterator[Scene]:
    shutil.copy(template() / "access.db", tmp_path / "access.db")
    access = AccessStore(tmp_path / "access.db")
    access.users.allow(1, Role.OWNER, "test", START)
    state: State = {"engine": {"badge": "SIMULATED"}, "feed": {"status": "live"}}
    url = SecretStr(f"http://127.0.0.1:{page.server_port}/{SECRET}")
    settings = Settings(dashboard_port=page.server_port, heartbeat_url=url)
    scene = Scene(access, SetClock(START), settings, state)
    scene.begin()
    yield scene
    access.close()


def test_a_silent_engine_is_told_within_15_s_once_and_again_when_it_is_back(scene: Scene) -> None:
    scene.go_on(20)
    scene.go_on(14, is_heard=False)
    assert [title for title, _ in scene.told] == ["The engine does not answer"]
    assert "Since 12:00:20 UTC" in scene.told[0][1]

    scene.go_on(100, is_heard=False)
    assert len(scene.told) == 1

    scene.go_on(10)
    title, detail = scene.told[1]
    assert title == "The engine is back"
    assert "115s" in detail


def test_an_engine_that_is_restarted_at_once_is_no_news(scene: Scene) -> None:
    scene.go_on(20)
    scene.is_up = False
    scene.go_on(6, is_heard=False)
    scene.is_up = True
    scene.go_on(20)

    assert scene.told == []


def test_an_engine_that_takes_long_to_start_is_no_news_but_one_that_never_does_is(
    scene: Scene,
) -> None:
    scene.is_up = False
    scene.go_on(100, is_heard=False)
    assert scene.told == []

    scene.go_on(30, is_heard=False)
    assert [title for title, _ in scene.told] == ["The engine does not answer"]


def test_what_was_told_is_not_told_again_after_a_restart_of_the_bot(scene: Scene) -> None:
    scene.go_on(5)
    scene.go_on(15, is_heard=False)
    scene.begin()
    scene.go_on(60, is_heard=False)
    assert len(scene.told) == 1

    scene.begin()
    scene.go_on(5)
    assert [title for title, _ in scene.told][1:] == ["The engine is back"]


def test_flapping_is_told_once_in_a_while(scene: Scene) -> None:
    scene.go_on(5)
    for _ in range(8):
        scene.go_on(12, is_heard=False)
        scene.go_on(12)

    assert len(scene.told) <= 3


def test_a_dead_page_is_told_and_when_it_is_back(scene: Scene, page: Page) -> None:
    scene.go_on(5)
    page.status = 502
    scene.go_on(12)
    page.status = 200
    scene.go_on(5)

    assert [title for title, _ in scene.told] == ["The page does not answer", "The page is back"]


def test_a_stale_feed_is_told_unless_the_engine_told_it(scene: Scene) -> None:
    scene.go_on(5)
    scene.state["feed"]["status"] = "stale"
    scene.go_on(30)
    assert scene.told == []
    scene.go_on(40)
    assert [title for title, _ in scene.told] == ["Market data is stale"]
    scene.state["feed"]["status"] = "live"
    scene.go_on(10)
    assert [title for title, _ in scene.told][1:] == ["Market data flows again"]


def test_the_heartbeat_says_how_it_is_and_its_url_stays_secret(
    scene: Scene, page: Page, caplog: pytest.LogCaptureFixture
) -> None:
    scene.go_on(3)
    asyncio.run(scene.dogs[-1].beat())
    scene.is_up = False
    asyncio.run(scene.dogs[-1].beat())
    page.status = 500
    asyncio.run(scene.dogs[-1].beat())
    asyncio.run(scene.dogs[-1].beat())

    beats = [path for path in page.asked if SECRET in path]
    assert beats[:2] == [f"/{SECRET}", f"/{SECRET}/fail"]
    ours = [record for record in caplog.records if record.name.startswith("telegram_bot")]
    assert len(ours) == 1
    assert SECRET not in ours[0].getMessage()
    assert SECRET not in repr(scene.settings)


@pytest.mark.parametrize(
    ("blinks", "expected"),
    [([9], []), ([10], [Turn.LOST]), ([30], [Turn.LOST])],
)
def test_a_blink_is_not_a_loss(blinks: list[int], expected: list[Turn]) -> None:
    watch = Watch(Patience(lost_ms=10_000), 0)
    watch.look(is_well=True, now=0)
    turns: Callable[[int], Turn | None] = lambda second: watch.look(  # noqa: E731
        is_well=False, now=1000 + second * 1000
    )
    found = [turn for second in range(blinks[0] + 1) if (turn := turns(second))]
    assert found == expected
