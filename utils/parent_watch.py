"""Makes a child process end when its parent does, even when the parent was killed.

The parent keeps the writing end of a pipe and hands the reading end down. Nobody writes: the
reader wakes only when the last writing end closes, which the kernel does however the parent
died. Unlike ``PR_SET_PDEATHSIG`` this works on macOS too.
"""

import os
import signal
from _thread import start_new_thread
from time import sleep

VARIABLE = "PARENT_FD"
GRACE_S = 2.5
_watched: list[int] = []


def exit_with_parent() -> None:
    """End this process when its launcher does: SIGTERM, then SIGKILL after ``GRACE_S``.

    The launcher names the pipe in the environment; without one this does nothing. Call it before
    gevent patches anything: it needs a real thread, for a greenlet that reads stops all others.
    """
    descriptor = os.environ.pop(VARIABLE, None)
    if descriptor is not None:
        _watched.append(int(descriptor))
        start_new_thread(_end_with_parent, (int(descriptor),))


def has_launcher() -> bool:
    """Return whether a launcher of ours started this process, which also hears what it says."""
    return bool(_watched)


def _end_with_parent(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(GRACE_S)
    os.kill(os.getpid(), signal.SIGKILL)
