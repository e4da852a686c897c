"""The terminal: each process's lines behind its name, and a progress bar that stays in place."""

import re
from typing import Final, TextIO

PROGRESS: Final = re.compile(r"(?P<what>.+): (?P<percent>\d{1,3}) %$")
BAR_WIDTH: Final = 28
DONE: Final = 100
NAME_WIDTH: Final = 6
# a child that never ends its line must not fill our memory
LONGEST_LINE: Final = 65_536


class TerminalConsole:
    """Writes what children say to *out*, line by line, as ``engine │ text``.

    A line like ``Playing the last 7 days: 42 %`` becomes a bar, redrawn in place when *out* is
    a terminal.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._open: dict[str, str] = {}
        self._bar = ""

    def child_said(self, name: str, text: str) -> None:
        """Take a piece of what child *name* wrote; whole lines of it are shown."""
        *lines, rest = re.split(r"\r\n|\n|\r", self._open.pop(name, "") + text)
        for line in lines:
            self._show(name, line)
        if len(rest) > LONGEST_LINE:
            self._show(name, rest)
        elif rest:
            self._open[name] = rest

    def child_ended(self, name: str) -> None:
        """Show the line that *name* left open."""
        if rest := self._open.pop(name, ""):
            self._show(name, rest)

    def tell(self, text: str) -> None:
        """Say a line of the launcher's own."""
        self._show("", text)

    def warn(self, text: str) -> None:
        """Say a line of the launcher's own that a person should see."""
        self._show("", text)

    def _show(self, name: str, line: str) -> None:
        if not line.strip():
            return
        progress = PROGRESS.fullmatch(line)
        if progress is not None and self._is_terminal:
            self._draw(name, progress["what"], min(DONE, int(progress["percent"])))
            return
        below = self._bar
        self._write(f"{self._wipe()}{_prefixed(name, line)}\n{below}")

    def _draw(self, name: str, what: str, percent: int) -> None:
        done = BAR_WIDTH * percent // DONE
        drawn = _prefixed(name, f"{what} {'█' * done}{'░' * (BAR_WIDTH - done)} {percent:3d} %")
        wipe = self._wipe()
        self._bar = "" if percent == DONE else drawn
        self._write(wipe + drawn + ("\n" if percent == DONE else ""))

    def _wipe(self) -> str:
        return "\r\x1b[K" if self._bar else ""

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _prefixed(name: str, line: str) -> str:
    return f"{name:>{NAME_WIDTH}} │ {line}"
