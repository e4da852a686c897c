"""What the launcher and its children say, kept in files beside being shown."""

import re
from typing import Final

from infra.log_files import LogFile
from infra.log_lines import stamp, starts_record
from infra.log_masking import LogMask
from infra.settings import Settings
from runner.supervisor import Console
from utils.clock import Clock

LAUNCHER: Final = "launcher"
# a child that never ends its line must not fill our memory
LONGEST_LINE: Final = 65_536


class KeptConsole:
    """Hands everything on to another console, and keeps it line by line for the page.

    Promise: what is kept begins with a time, a level and a process, or belongs to a line above
    that does, and has gone through a `LogMask`.
    """

    def __init__(self, shown: Console, settings: Settings, clock: Clock) -> None:
        self._shown = shown
        self._folder = settings.log_dir
        self._mask = LogMask(settings)
        self._clock = clock
        self._files: dict[str, LogFile] = {}
        self._open: dict[str, str] = {}

    def child_said(self, name: str, text: str) -> None:
        """Take a piece of what child *name* wrote."""
        self._shown.child_said(name, text)
        *lines, rest = re.split(r"\r\n|\n|\r", self._open.pop(name, "") + text)
        if len(rest) > LONGEST_LINE:
            lines.append(rest)
        elif rest:
            self._open[name] = rest
        self._keep(name, [line for line in lines if line.strip()])

    def child_ended(self, name: str) -> None:
        """Finish the line that *name* left open."""
        self._shown.child_ended(name)
        if rest := self._open.pop(name, ""):
            self._keep(name, [rest])

    def tell(self, text: str) -> None:
        """Say a line of the launcher's own."""
        self._shown.tell(text)
        self._own("INFO", text)

    def warn(self, text: str) -> None:
        """Say a line of the launcher's own that a person should see."""
        self._shown.warn(text)
        self._own("WARNING", text)

    def _own(self, level: str, text: str) -> None:
        self._file(LAUNCHER).write(self._mask(self._headed(LAUNCHER, level, text)))

    def _keep(self, name: str, lines: list[str]) -> None:
        """Keep *lines*, which came together: what no log wrote gets a head, once."""
        if not lines:
            return
        if not starts_record(lines[0]) and not lines[0][0].isspace():
            lines = [self._headed(name, "INFO", lines[0]), *lines[1:]]
        self._file(name).write(self._mask("\n".join(lines)))

    def _headed(self, name: str, level: str, text: str) -> str:
        return f"{stamp(self._clock.now())} {level} {name} console: {text}"

    def _file(self, name: str) -> LogFile:
        if name not in self._files:
            self._files[name] = LogFile(self._folder, name)
        return self._files[name]
