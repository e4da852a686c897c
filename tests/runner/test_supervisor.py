"""Real processes: small Python programs stand in for engine and web."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runner.supervisor import EXIT_CONFIG, ChildSpec, Pace, Supervisor
from tests.services import PATIENCE_S, wait_until
from utils.clock import SystemClock

ROOT = Path(__file__).parents[2]
QUICK = Pace(base_s=0.01, cap_s=0.02, stable_s=PATIENCE_S, grace_s=PATIENCE_S)
WAIT_FOR_EVER = "import signal\nprint('ready', flush=True)\nwhile True: signal.pause()"
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{WAIT_FOR_EVER}"


class Notes:
    """A console that remembers."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.told: list[str] = []

    def child_said(self, name: str, text: str) -> None:
        self.said[name] = self.said.get(name, "") + text

    def child_ended(self, name: str) -> None:
        self.said[name] = self.said.get(name, "") + "<end>"

    def tell(self, text: str) -> None:
        self.told.append(text)

    def warn(self, text: str) -> None:
        self.told.append(text)


def child(name: str, program: str, **once: str) -> ChildSpec:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-c", textwrap.dedent(program)]
    return ChildSpec(name, argv, ROOT, environment, once, finishes=name == "engine")


@contextlib.asynccontextmanager
async def supervised(
    *children: ChildSpec, pace: Pace = QUICK
) -> AsyncIterator[tuple[Supervisor, Notes, "asyncio.Task[int]"]]:
    notes = Notes()
    supervisor = Supervisor(children, notes, SystemClock(), pace)
    running = asyncio.create_task(supervisor.run())
    try:
        yield supervisor, notes, running
    finally:
        supervisor.stop()
        await asyncio.wait_for(running, PATIENCE_S)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Tell whether *pid* runs; a zombie that nobody has reaped yet does not."""
    with contextlib.suppress(OSError):
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
        return bool(state) and not state.startswith("Z")
    return False


def test_a_child_that_is_killed_comes_back() -> None:
    async def scenario() -> None:
        async with supervised(child("web", WAIT_FOR_EVER)) as (supervisor, notes, _):
            await until(lambda: notes.said.get("web", "").count("ready") == 1)
            first = supervisor.pids["web"]
            os.kill(first, signal.SIGKILL)
            await until(lambda: notes.said["web"].count("ready") == 2)

            assert supervisor.pids["web"] != first
            assert notes.told[0].startswith("web ended (killed by SIGKILL); starting it again in")

    asyncio.run(scenario())


def test_one_child_dying_leaves_the_others_alone() -> None:
    async def scenario() -> None:
        children = (child("engine", WAIT_FOR_EVER), child("web", "raise SystemExit(3)"))
        async with supervised(*children) as (supervisor, notes, _):
            await until(lambda: "ready" in notes.said.get("engine", ""))
            engine = supervisor.pids["engine"]
            await until(lambda: len(notes.told) >= 3)

            assert supervisor.pids["engine"] == engine
            assert "web ended (exit code 3)" in notes.told[0]

    asyncio.run(scenario())


def test_what_a_dead_child_left_running_is_killed_before_it_starts_again() -> None:
    program = f"""
        import subprocess, sys
        worker = subprocess.Popen([sys.executable, "-c", {DEAF!r}])
        print("worker", worker.pid, flush=True)
        worker.wait()
    """

    async def scenario() -> None:
        async with supervised(child("web", program)) as (supervisor, notes, _):
            await until(lambda: {"ready", "worker"} <= set(notes.said.get("web", "").split()))
            await until(lambda: bool(re.search(r"worker \d+\n", notes.said["web"])))
            worker = int(notes.said["web"].split("worker ")[1].split()[0])
            os.kill(supervisor.pids["web"], signal.SIGKILL)
            await until(lambda: bool(notes.told))

            await until(lambda: not is_alive(worker))

    asyncio.run(scenario())


def test_a_configuration_error_of_one_child_ends_everything() -> None:
    async def scenario() -> int:
        children = (child("engine", "raise SystemExit(2)"), child("web", WAIT_FOR_EVER))
        async with supervised(*children) as (_, _, running):
            return await asyncio.wait_for(running, PATIENCE_S)

    assert asyncio.run(scenario()) == EXIT_CONFIG


def test_a_configuration_error_of_a_child_that_is_not_needed_ends_only_that_one() -> None:
    async def scenario() -> None:
        bot = replace(child("bot", "raise SystemExit(2)"), needed=False)
        async with supervised(child("web", WAIT_FOR_EVER), bot) as (supervisor, notes, _):
            await until(lambda: "ready" in notes.said.get("web", "") and bool(notes.told))

            assert notes.told == ["bot cannot run until that is mended; everything else goes on"]
            assert set(supervisor.pids) == {"web"}

    asyncio.run(scenario())


def test_a_child_that_finished_well_is_not_started_again() -> None:
    async def scenario() -> None:
        children = (child("engine", "print('done')"), child("web", WAIT_FOR_EVER))
        async with supervised(*children) as (supervisor, notes, running):
            await until(lambda: bool(notes.told))
            await until(lambda: "ready" in notes.said.get("web", ""))

            assert notes.told == ["engine has finished"]
            assert list(supervisor.pids) == ["web"]
            assert not running.done()
            assert notes.said["engine"] == "done\n<end>"

    asyncio.run(scenario())


def test_a_page_that_was_told_to_end_by_others_comes_back() -> None:
    async def scenario() -> None:
        async with supervised(child("web", "print('ready', flush=True)")) as (_, notes, _):
            await until(lambda: notes.said.get("web", "").count("ready") == 2)

            assert notes.told[0].startswith("web ended (exit code 0); starting it again in")

    asyncio.run(scenario())


def test_variables_for_the_first_start_are_gone_at_the_second() -> None:
    program = (
        "import os, signal; print(os.environ.get('RESET', 'none'), flush=True); signal.pause()"
    )

    async def scenario() -> None:
        async with supervised(child("engine", program, RESET="yes")) as (supervisor, notes, _):
            await until(lambda: notes.said.get("engine") == "yes\n")
            os.kill(supervisor.pids["engine"], signal.SIGKILL)
            await until(lambda: notes.said["engine"] == "yes\n<end>none\n")

    asyncio.run(scenario())


def test_a_child_that_is_told_to_start_again_does_so_at_once_with_what_it_is_given_now() -> None:
    program = f"import os\nprint(os.environ['URL'], flush=True)\n{WAIT_FOR_EVER}"
    spec = child("web", program)
    environment = {**spec.environment, "URL": "one"}

    async def scenario() -> None:
        children = [replace(spec, environment=environment), child("engine", WAIT_FOR_EVER)]
        async with supervised(*children) as (supervisor, notes, _):
            await until(lambda: "ready" in notes.said.get("web", ""))
            await until(lambda: "ready" in notes.said.get("engine", ""))
            engine = supervisor.pids["engine"]

            environment["URL"] = "two"
            await supervisor.restart("web")
            await supervisor.restart("nobody")
            await until(lambda: notes.said["web"].count("ready\n") == 2)

            assert notes.said["web"] == "one\nready\n<end>two\nready\n"
            assert notes.told == []
            assert supervisor.pids["engine"] == engine

    asyncio.run(scenario())


def test_a_child_that_waits_for_something_starts_after_it() -> None:
    async def scenario() -> None:
        happened = asyncio.Event()
        late = replace(child("web", WAIT_FOR_EVER), waits_for=happened)
        async with supervised(late, child("engine", WAIT_FOR_EVER)) as (_, notes, _):
            await until(lambda: "ready" in notes.said.get("engine", ""))
            assert "web" not in notes.said

            happened.set()
            await until(lambda: "ready" in notes.said.get("web", ""))

    asyncio.run(scenario())


def test_a_child_that_still_waits_does_not_hold_up_the_end() -> None:
    async def scenario() -> None:
        late = replace(child("web", WAIT_FOR_EVER), waits_for=asyncio.Event())
        async with supervised(late, child("engine", WAIT_FOR_EVER)) as (_, notes, _):
            await until(lambda: "ready" in notes.said.get("engine", ""))
        assert "web" not in notes.said

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("program", "grace_s"),
    [(WAIT_FOR_EVER, PATIENCE_S), (DEAF, 0.2)],
    ids=["polite", "deaf to SIGTERM"],
)
def test_stopping_leaves_nobody(program: str, grace_s: float) -> None:
    async def scenario() -> int:
        pace = replace(QUICK, grace_s=grace_s)
        async with supervised(child("engine", program), pace=pace) as (supervisor, notes, running):
            await until(lambda: "ready" in notes.said.get("engine", ""))
            pid = supervisor.pids["engine"]
            supervisor.stop()
            assert await asyncio.wait_for(running, PATIENCE_S) == 0
            return pid

    assert not is_alive(asyncio.run(scenario()))


def test_who_stops_waits_less_than_three_seconds_for_a_child_that_does_not() -> None:
    assert Pace().grace_s < 3


def test_a_second_stop_does_not_wait() -> None:
    async def scenario() -> None:
        patient = Pace(grace_s=3600)
        async with supervised(child("engine", DEAF), pace=patient) as (supervisor, notes, running):
            await until(lambda: "ready" in notes.said.get("engine", ""))
            supervisor.stop()
            supervisor.stop()
            assert await asyncio.wait_for(running, PATIENCE_S) == 0

    asyncio.run(scenario())


def test_stopping_while_a_child_is_being_started_again_ends_too() -> None:
    async def scenario() -> None:
        slow = Pace(base_s=3600, cap_s=3600)
        async with supervised(child("web", "raise SystemExit(1)"), pace=slow) as (_, notes, _):
            await until(lambda: bool(notes.told))

    asyncio.run(scenario())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_it(number: signal.Signals) -> None:
    async def scenario() -> int:
        async with supervised(child("engine", WAIT_FOR_EVER)) as (_, notes, running):
            await until(lambda: "ready" in notes.said.get("engine", ""))
            os.kill(os.getpid(), number)
            return await asyncio.wait_for(running, PATIENCE_S)

    assert asyncio.run(scenario()) == 0


@pytest.mark.parametrize("program", [WAIT_FOR_EVER, DEAF], ids=["polite", "deaf to SIGTERM"])
def test_no_child_outlives_a_killed_launcher(program: str, tmp_path: Path) -> None:
    watching = f"from utils.parent_watch import exit_with_parent\nexit_with_parent()\n{program}"
    script = tmp_path / "launcher.py"
    script.write_text(
        textwrap.dedent(f"""
            import asyncio, sys
            from pathlib import Path
            from runner.console import TerminalConsole
            from runner.supervisor import ChildSpec, Supervisor
            from utils.clock import SystemClock
            argv = [sys.executable, "-c", {"import os; print(os.getpid())" + chr(10) + watching!r}]
            child = ChildSpec("engine", argv, Path.cwd(), {{"PYTHONPATH": {str(ROOT)!r}}})
            console = TerminalConsole(sys.stdout)
            asyncio.run(Supervisor([child], console, SystemClock()).run())
        """),
        encoding="utf-8",
    )
    with subprocess.Popen(
        [sys.executable, script], cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, text=True,
    ) as launcher:  # fmt: skip
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline().split("│")[1])
        assert "ready" in launcher.stdout.readline()
        launcher.kill()

        wait_until(lambda: not is_alive(pid), "the child has followed its launcher")
