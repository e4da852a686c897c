"""Waiting for the database: long for work, a moment for silence, and not at all once it is away."""

from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from gevent import get_hub
from gevent.event import AsyncResult
from gevent.lock import BoundedSemaphore

from core.errors import StoreError
from store.hasty import HastyDatabase
from telegram_webapp.offload import begin, in_thread
from utils.clock import Clock

Given = ParamSpec("Given")
Result = TypeVar("Result")

SILENCE_S: Final = 0.9  # with what follows, under the two seconds that an answer may take
PROBE_S: Final = 0.9
BACK_S: Final = 1.5
PAUSE_S: Final = 1.0
WORK_S: Final = 20.0
AT_ONCE: Final = 6  # of the ten threads: the others stay free for who signs in
AWAY: Final = "the database does not answer"


class Patience:
    """Asks a database on native threads.

    Promise: whoever asks is answered or refused within two seconds of a server's falling silent,
    and at once while it is known to be away; it is looked for again every `PAUSE_S`. Work that
    takes longer while the server answers others is waited for.
    """

    def __init__(self, database: HastyDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._places = BoundedSemaphore(AT_ONCE)
        self._away_at: float | None = None
        self._probe: AsyncResult[bool] | None = None

    def ask(
        self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
    ) -> Result:
        """Return what *call* returns, or raise what it raises.

        Raises:
            StoreError: the database is away.
        """
        if not self._database.is_server:
            return in_thread(call, *args, **kwargs)
        if self._away_at is not None and not self._is_back(self._away_at):
            raise StoreError(AWAY)
        began_s = self._clock.monotonic()
        if not self._places.acquire(timeout=SILENCE_S):
            self._doubt()
            if not self._places.acquire(timeout=WORK_S):
                raise StoreError("the database has too much to do")
        task = begin(call, *args, **kwargs)
        task.rawlink(lambda _: self._places.release())
        task.wait(max(0.0, began_s + SILENCE_S - self._clock.monotonic()))
        if not task.ready():
            self._doubt()
            task.wait(WORK_S)
        if not task.ready():
            raise StoreError("the database takes too long")
        outcome: Callable[[], Result] = task.get()
        return outcome()

    def _doubt(self) -> None:
        """Find out whether the database is silent for others, too.

        Raises:
            StoreError: it is; whoever waits for it is set free.
        """
        if self._answers(PROBE_S):
            return
        self._away_at = self._clock.monotonic()
        self._database.hang_up()
        raise StoreError(AWAY)

    def _is_back(self, away_at: float) -> bool:
        if self._clock.monotonic() - away_at < PAUSE_S:
            return False
        if self._answers(BACK_S):
            return True
        self._away_at = self._clock.monotonic()
        self._database.hang_up()
        return False

    def _answers(self, patience_s: float) -> bool:
        """Return whether a new connection is answered; many who ask at once share one."""
        probe: Any = self._probe
        if probe is None or probe.ready():
            probe = self._probe = get_hub().threadpool.spawn(self._database.answers)
            probe.rawlink(self._found)
        probe.wait(patience_s)
        return bool(probe.ready() and probe.value)

    def _found(self, probe: "AsyncResult[bool]") -> None:
        """Take note of an answer, though it came after everybody had given up."""
        if probe.value:
            self._away_at = None
