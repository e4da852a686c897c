import asyncio
import io
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from infra.notes import BOT, write_note
from infra.settings import ROOT, Settings
from runner.address import PublicAddress
from runner.announce import Announcer, Manner, qr_code
from runner.lookout import Lookout, Sight
from runner.supervisor import ChildSpec, Supervisor
from tests.browser import Exchange, PageServer
from tests.runner.test_supervisor import QUICK, WAIT_FOR_EVER, Notes, until
from tests.services import PATIENCE_S
from utils.clock import SystemClock

PUBLIC = "https://deck.example/"
asked: list[Exchange] = []
STATE = b'{"state": {"engine": {"status": "running"}}}'


class Scripted(Lookout):
    """Sees what a test lets it see."""

    def __init__(self) -> None:
        self.sight = Sight("is refused: nothing listens there")
        self.looks = 0

    @override
    async def look(self, url: str) -> Sight:
        self.looks += 1
        return self.sight


@pytest.fixture
def page() -> Iterator[PageServer]:
    """A page that answers how it is."""
    server = PageServer()
    asked.clear()

    def health(exchange: Exchange) -> None:
        asked.append(exchange)
        exchange.head(200, {"Content-Type": "application/json"})
        exchange.body(b'{"engine": "up"}')

    server.routes["/api/health"] = health
    yield server
    server.close()


Scenario = Callable[[Notes, io.StringIO, Scripted, PublicAddress], Coroutine[Any, Any, None]]


def announce(data: Path, page: PageServer, scenario: Scenario, **more: Any) -> None:
    port = int(page.url.rstrip("/").rpartition(":")[2])
    settings = Settings(data_dir=data, dashboard_port=port, **more)
    settings.run_dir.mkdir(parents=True)

    async def run() -> None:
        clock, notes, out, lookout = SystemClock(), Notes(), io.StringIO(), Scripted()
        child = ChildSpec("engine", [sys.executable, "-c", WAIT_FOR_EVER], ROOT, {})
        supervisor = Supervisor([child], notes, clock, QUICK)
        address = PublicAddress(settings, clock)
        manner = Manner(out, browser=False, qr=True)
        announcer = Announcer(settings, clock, address, supervisor, notes, manner)
        running = asyncio.create_task(supervisor.run())
        announcing = asyncio.create_task(announcer.run(lookout))
        await until(lambda: bool(asked))
        settings.state_path.write_bytes(STATE)
        try:
            await scenario(notes, out, lookout, address)
        finally:
            supervisor.stop()
            await asyncio.wait_for(asyncio.gather(running, announcing), PATIENCE_S)

    asyncio.run(run())


def test_links_are_printed_for_here_and_for_outside_once_that_is_right(
    tmp_path: Path, page: PageServer
) -> None:
    async def scenario(
        notes: Notes, out: io.StringIO, lookout: Scripted, address: PublicAddress
    ) -> None:
        await until(lambda: lookout.looks >= 2)
        assert f"{page.url}#code=" in out.getvalue()
        assert f"{PUBLIC}#code=" not in out.getvalue()
        wrong = [line for line in notes.told if "nothing listens there" in line]
        assert len(wrong) == 1  # seen twice, told once

        lookout.sight = Sight(remarks=("All visitors look like the proxy",))
        await until(lambda: f"{PUBLIC}#code=" in out.getvalue())
        looks = lookout.looks
        assert "All visitors look like the proxy" in notes.told
        assert f"{PUBLIC} is this page, seen from outside" in notes.told[-1]
        link = next(word for word in out.getvalue().split() if word.startswith(PUBLIC))
        assert qr_code(link) in out.getvalue()

        address.url = "https://other.example/"
        await until(lambda: "https://other.example/#code=" in out.getvalue())
        assert lookout.looks == looks + 1

    announce(tmp_path, page, scenario, public_url=PUBLIC)


def test_without_a_public_url_nobody_looks(tmp_path: Path, page: PageServer) -> None:
    async def scenario(
        notes: Notes, out: io.StringIO, lookout: Scripted, address: PublicAddress
    ) -> None:
        await until(lambda: "#code=" in out.getvalue())
        assert lookout.looks == 0
        assert not address.url
        assert len(notes.told) == 1

    announce(tmp_path, page, scenario)


def test_the_bot_is_told_by_its_name(tmp_path: Path, page: PageServer) -> None:
    async def scenario(notes: Notes, *_: object) -> None:
        write_note(tmp_path / "run", BOT, name="my_deck_bot")
        await until(lambda: any("https://t.me/my_deck_bot" in line for line in notes.told))

    announce(tmp_path, page, scenario)


def test_a_code_to_scan_is_white_on_black_in_any_terminal() -> None:
    lines = qr_code("https://deck.example/bot1/#code=" + "x" * 43).splitlines()

    assert 15 < len(lines) < 30
    assert all(line.startswith("    \x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)
