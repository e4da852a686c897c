import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from infra.notes import TUNNEL, read_note
from infra.settings import ROOT, Settings
from runner.ngrok import TunnelError
from runner.tunnel import TunnelKeeper
from tests.runner.ngrok import TOKEN, FakeNgrok, fake_ngrok
from tests.runner.test_launch_for_real import gone
from tests.services import PATIENCE_S
from tests.telegram_webapp.rig import free_port, until
from utils.backoff import Backoff

URL = "https://deck.ngrok-free.app/"
NETWORK = TunnelError("there is no network")
GONE = TunnelError("the agent ended")


class Enough(Exception):  # noqa: N818 - not an error: the test has seen what it wants
    pass


class Scripted:
    """A tunnel that does what a list says: URLs to have, errors to raise."""

    must_download = False

    def __init__(self, *acts: str | list[str] | TunnelError) -> None:
        self.acts = list(acts)
        self.closed = 0

    def open(self) -> str:
        found = self._next()
        assert isinstance(found, str)
        return found

    def urls(self) -> list[str]:
        found = self._next()
        assert isinstance(found, list)
        return found

    def close(self) -> None:
        self.closed += 1

    def _next(self) -> str | list[str]:
        act = self.acts.pop(0)
        if isinstance(act, TunnelError):
            raise act
        return act


def keep(data: Path, tunnel: Scripted) -> tuple[list[str], list[str | None], list[float]]:
    """Keep *tunnel* until its script ends; return what was said, noted and waited."""
    said: list[str] = []
    noted: list[str | None] = []
    waits: list[float] = []
    settings = Settings(data_dir=data)
    settings.run_dir.mkdir(parents=True)
    keeper = TunnelKeeper(tunnel, settings, said.append, Backoff(2, 120, Random(1)))

    def wait(seconds: float) -> None:
        waits.append(seconds)
        found = read_note(settings.run_dir, TUNNEL)
        noted.append(found["url"] if found else None)
        if not tunnel.acts:
            raise Enough

    with pytest.raises(Enough):
        keeper.keep(wait)
    keeper.close()
    assert read_note(settings.run_dir, TUNNEL) is None
    return said, noted, waits


def test_a_tunnel_that_opens_is_noted_and_told_with_its_limits(tmp_path: Path) -> None:
    said, noted, _ = keep(tmp_path, Scripted(URL, [URL], [], [URL]))

    assert said[0] == f"The tunnel is open: {URL}"
    assert "1 GB and 20000 requests a month" in said[1]
    assert len(said) == 2
    assert noted == [URL] * 4


def test_each_trouble_is_told_once_and_tried_again_less_and_less_often(tmp_path: Path) -> None:
    said, noted, waits = keep(tmp_path, Scripted(*[NETWORK] * 12, "https://own.example/"))

    assert len(said) == 2
    assert said[0].startswith("No tunnel: there is no network.")
    assert noted == [""] * 12 + ["https://own.example/"]
    assert all(1 <= wait <= 121 for wait in waits)
    assert max(waits) > 20


def test_one_that_is_gone_is_opened_again_under_the_name_it_gets(tmp_path: Path) -> None:
    other = "https://other.example/"
    tunnel = Scripted("https://one.example/", GONE, other, [other])

    said, noted, _ = keep(tmp_path, tunnel)

    assert said == [
        "The tunnel is open: https://one.example/",
        "The tunnel is gone, the agent ended; opening it again",
        f"The tunnel is open: {other}",
    ]
    assert noted == ["https://one.example/", None, other, other]
    assert tunnel.closed == 2


def test_one_that_comes_back_under_another_name_by_itself_is_followed(tmp_path: Path) -> None:
    other = "https://other.example/"

    said, noted, _ = keep(tmp_path, Scripted("https://one.example/", [other], [other]))

    assert said[-1] == f"The tunnel is open: {other}"
    assert noted[1:] == [other, other]


@pytest.fixture
def fake(tmp_path: Path) -> FakeNgrok:
    return fake_ngrok(tmp_path / "fake")


SUPERVISE = """
import asyncio, sys
from infra.settings import ROOT, child_environment, load_settings
from runner.console import TerminalConsole
from runner.supervisor import ChildSpec, Supervisor
from utils.clock import SystemClock
argv = [sys.executable, "-m", "runner.tunnel"]
tunnel = ChildSpec("tunnel", argv, ROOT, child_environment(load_settings()))
asyncio.run(Supervisor([tunnel], TerminalConsole(sys.stderr), SystemClock()).run())
"""


@pytest.fixture
def supervise(tmp_path: Path, fake: FakeNgrok) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """Start a supervisor with a tunnel; what it says is in the file ``said``."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ, **fake.variables, "DATA_DIR": str(tmp_path / "data"),
            "DASHBOARD_PORT": str(free_port()), "XDG_CONFIG_HOME": str(tmp_path),
        }  # fmt: skip
        with (tmp_path / "said").open("wb") as said:
            argv = [sys.executable, "-c", SUPERVISE]
            started.append(subprocess.Popen(argv, cwd=ROOT, env=environment, stderr=said))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def noted_url(tmp_path: Path) -> str:
    found = read_note(tmp_path / "data" / "run", TUNNEL)
    return str(found["url"]) if found else ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_agent_does_not_outlive_the_launcher_however_it_ends(
    tmp_path: Path, fake: FakeNgrok, supervise: Callable[[], "subprocess.Popen[bytes]"],
    number: signal.Signals,
) -> None:  # fmt: skip
    process = supervise()
    assert until(lambda: noted_url(tmp_path), bool).startswith("http://localhost:")
    (agent,) = fake.starts

    process.send_signal(number)
    process.wait(PATIENCE_S)

    until(gone([agent["pid"]]), bool)
    until(lambda: noted_url(tmp_path), lambda url: not url)
    assert TOKEN not in (tmp_path / "said").read_text("utf-8")


def test_an_agent_that_dies_is_started_again(
    tmp_path: Path, fake: FakeNgrok, supervise: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    supervise()
    first = until(lambda: noted_url(tmp_path), bool)
    os.kill(fake.starts[0]["pid"], signal.SIGKILL)

    until(lambda: noted_url(tmp_path), lambda url: url not in {"", first})

    said = (tmp_path / "said").read_text("utf-8")
    assert "The tunnel is gone, the ngrok agent ended" in said
    assert TOKEN not in said


def test_a_token_that_is_refused_is_never_shown(
    tmp_path: Path, fake: FakeNgrok, supervise: Callable[[], "subprocess.Popen[bytes]"]
) -> None:
    """The agent itself prints it on standard error."""
    fake.will("refuses", "bad token ERR_NGROK_105")
    supervise()

    said = until(lambda: (tmp_path / "said").read_text("utf-8"), lambda text: "No tunnel" in text)

    assert "ngrok does not know this authtoken" in said
    assert TOKEN not in said
