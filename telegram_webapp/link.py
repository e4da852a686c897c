"""The web process's line to the engine: follows its events, carries wishes to it."""

import logging
import threading
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

from core.errors import BusError
from core.stream import Frame
from infra.bus.base import (
    BusSubscriber,
    CommandReply,
    CommandRequest,
    CommandSender,
    Delivery,
    Pulse,
    Welcome,
    Whole,
)
from infra.state_file import read_state_file
from telegram_webapp.hub import Hub
from telegram_webapp.mirror import Mirror, Snapshot

COMMAND_S: Final = 10.0
_FIRST_WAIT_S: Final = 0.5

log = logging.getLogger(__name__)


class Delays(Protocol):
    """How long to wait before each further try."""

    def next(self) -> float:
        """Return seconds."""
        ...

    def reset(self) -> None:
        """Begin again with short ones."""
        ...


class EngineLink:
    """Keeps the mirror and the hub in step with the engine, whenever there is one.

    Promise: it reconnects by itself for ever; while the engine is away the last state is
    served, from memory or else from the state file, and everybody is told so.
    """

    def __init__(
        self,
        mirror: Mirror,
        hub: Hub,
        subscriber: BusSubscriber,
        commands: CommandSender,
        *,
        state_file: Path,
        delays: Delays,
    ) -> None:
        self.hub = hub
        self._mirror = mirror
        self._subscriber = subscriber
        self._commands = commands
        self._state_file = state_file
        self._delays = delays
        self._welcome: Welcome | None = None
        self._followed = False
        self._settled = threading.Event()
        self._stopping = threading.Event()

    @property
    def is_up(self) -> bool:
        """Return whether the engine is connected."""
        return self._mirror.is_up

    def snapshot(self) -> Snapshot:
        """Return the newest whole state, with its age."""
        return self._mirror.snapshot()

    def command(self, request: CommandRequest, wait_s: float = COMMAND_S) -> CommandReply:
        """Carry a wish to the engine and wait for the answer, for *wait_s* at most.

        Raises:
            BusError: the engine is away, or no answer came.
        """
        if not self.is_up:
            raise BusError("the engine is away")
        return self._commands.send(request, wait_s)

    def start(self) -> None:
        """Begin to follow; return when it is known whether the engine is there, or hangs."""
        threading.Thread(target=self._run, name="engine-link", daemon=True).start()
        if not self._settled.wait(_FIRST_WAIT_S):
            self._recall()

    def stop(self) -> None:
        """End the subscription."""
        self._stopping.set()
        self._subscriber.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
            except BusError as error:
                self._lose(str(error))
            except Exception:
                log.exception("Following the engine failed")
                self._lose("an unexpected error")
            self._stopping.wait(self._delays.next())

    def _follow(self) -> None:
        resume = self._mirror.place if self._followed else None
        with closing(self._subscriber.deliveries(resume)) as batches:
            for batch in batches:
                with self._mirror.lock:
                    self._take_batch(batch)

    def _take_batch(self, batch: list[Delivery]) -> None:
        live: list[Frame] = []
        try:
            for delivery in batch:
                self._take(delivery, live)
            self._mirror.heard(None)
        except BusError:
            self._followed = False  # whatever broke, only a fresh start mends it
            raise
        finally:
            if live:
                self.hub.broadcast(live)

    def _take(self, delivery: Delivery, live: list[Frame]) -> None:
        """Take one delivery; frames that streams must get are added to *live*.

        Raises:
            BusError: it cannot be folded, or does not fit here.
        """
        match delivery:
            case Frame():
                if self._mirror.take(delivery):
                    live.append(delivery)
            case Welcome():
                self._welcome = delivery
                if delivery.resumed:
                    self._gain("resumed")
            case Whole() if self._welcome is not None:
                self._mirror.begin(self._welcome, delivery.data)
                self._followed = True
                self._gain("began")
                self.hub.broadcast(self._mirror.missed(None))
            case Pulse():
                self._mirror.heard(delivery.at)
            case _:
                raise BusError("a subscription must begin with a welcome")

    def _gain(self, how: str) -> None:
        self._mirror.up()
        self._mirror.heard(None)
        self._delays.reset()
        self._settled.set()
        log.info("Following the engine: %s at %s", how, self._mirror.place)
        self.hub.announce()

    def _lose(self, why: str) -> None:
        if self._stopping.is_set():
            return
        if not self._mirror.is_up and self._settled.is_set():
            return  # everybody was told the first time
        log.warning("The engine is away: %s", why)
        self._mirror.away()
        self._recall()
        self._settled.set()
        self.hub.announce()

    def _recall(self) -> None:
        """Take the state on disk, unless one is known."""
        with self._mirror.lock:
            found = read_state_file(self._state_file) if self._mirror.place is None else None
            if found is not None:
                self._mirror.recall(*found)
                self.hub.broadcast(self._mirror.missed(None))
