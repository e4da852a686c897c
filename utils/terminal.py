"""A hang-up: whether it says that the terminal is gone, or asks to read settings again."""

import os
import signal
from typing import Final

TERMINAL: Final = "/dev/tty"


class Terminal:
    """The terminal that this process was started at, if it was at one.

    ``nohup`` says by ignoring hang-ups that the end of the terminal is none of the process.
    """

    def __init__(self) -> None:
        """Look at it now."""
        cares = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        self._had = cares and _is_there()

    @property
    def is_gone(self) -> bool:
        """Whether it was there and is no more."""
        return self._had and not _is_there()


def _is_there() -> bool:
    try:
        os.close(os.open(TERMINAL, os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def hold_hangups() -> None:
    """Let a hang-up end nothing while it is not known yet what to do about it."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup wants it
        signal.signal(signal.SIGHUP, lambda *_: None)
