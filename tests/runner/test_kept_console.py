"""What the launcher hears is shown as before, and kept for the page."""

import io
from pathlib import Path

from infra.log_files import log_paths
from infra.log_reading import LogReader, WantedLines
from infra.settings import Settings
from runner.console import TerminalConsole
from runner.kept_console import KeptConsole
from utils.clock import SetClock

AT = 1_795_271_528_042
HEAD = "2026-11-21T14:32:08.042Z"


def test_what_children_say_is_kept_each_record_with_its_head(tmp_path: Path) -> None:
    settings, out = Settings(data_dir=tmp_path), io.StringIO()
    console = KeptConsole(TerminalConsole(out), settings, SetClock(AT))
    console.child_said("engine", f"{HEAD} WARNING engine store: Bearer abc.de")
    console.child_said("engine", "f\n  below\nPlaying the last 7 days: 40 %")
    console.child_said("engine", "\n\n")
    console.child_said("web", "Fatal Python error: no\nThread 1\n  at")
    console.child_ended("web")
    console.tell("The bot is @name")
    console.warn("web ended (exit code 1); starting it again in 0.5 s")

    def kept(process: str) -> list[str]:
        return log_paths(settings.log_dir, process)[0].read_text().splitlines()

    assert kept("engine") == [
        f"{HEAD} WARNING engine store: Bearer ***",
        "  below",
        f"{HEAD} INFO engine console: Playing the last 7 days: 40 %",
    ]
    assert kept("web") == [f"{HEAD} INFO web console: Fatal Python error: no", "Thread 1", "  at"]
    assert kept("launcher")[1].startswith(f"{HEAD} WARNING launcher console: web ended")
    assert "   web │ Thread 1\n" in out.getvalue()
    assert "       │ web ended" in out.getvalue()
    warned = LogReader(settings).newest(WantedLines(level="WARNING")).lines
    assert {line.process for line in warned} == {"launcher", "engine"}


def test_a_line_that_never_ends_does_not_fill_the_memory(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    console = KeptConsole(TerminalConsole(io.StringIO()), settings, SetClock(AT))
    for _ in range(3):
        console.child_said("engine", "x" * 50_000)
    assert len(console._open["engine"]) <= 65_536
    assert log_paths(settings.log_dir, "engine")[0].stat().st_size > 65_536
