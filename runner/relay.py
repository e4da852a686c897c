"""A hang-up at the launcher: it reads the settings itself, and passes it on if they are good."""

from dataclasses import dataclass
from typing import Final

from core.errors import ConfigError
from infra.reload import Reload, refusal
from runner.supervisor import Console, Supervisor
from utils.terminal import Terminal

# those of our processes that read settings again
READERS: Final = ("engine", "web", "bot")


@dataclass(slots=True)
class Relay:
    """Has all our processes read their settings again, or none; a closed terminal ends them."""

    supervisor: Supervisor
    console: Console
    reload: Reload
    terminal: Terminal

    def hung_up(self) -> None:
        """Do what a hang-up asks for."""
        if self.terminal.is_gone:
            self.supervisor.stop()
            return
        try:
            change = self.reload.read()
        except ConfigError as error:
            self.console.warn(f"Settings were not taken over. {refusal(error)}")
            return
        self.reload.take(change)
        self.console.tell(f"Settings were read again. {change.text}")
        self.supervisor.hang_up(READERS)
