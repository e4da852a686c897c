"""Recording what the exchange sends, when that is wished: begun, minded and ended."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

from exchange.real.client import BINANCE, ExchangeClient
from exchange.real.errors import ExchangeError
from exchange.real.recorder import Recorder
from infra.settings import Settings
from runner.engine import Engine
from utils.clock import Clock

log: Final = logging.getLogger(__name__)

FOLDER: Final = "recordings"
BEAT_S: Final = 1.0
WITH_KEYS: Final = (
    "Only of Binance are the streams of an account told apart from everybody's with certainty. "
    "With keys to another exchange nothing is recorded: do it with BROKER=paper and no keys"
)


class Recording:
    """One recorder a start, or none.

    Promise: trading goes on whatever becomes of it; when it stops, that is told once.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._recorder: Recorder | None = None
        self._trouble = ""
        self._told = False

    async def begin(self, client: ExchangeClient, symbols: Iterable[str]) -> None:
        """Record *client* from now on, if that is wished; the list of markets comes first.

        Raises:
            ExchangeError: the exchange does not tell its markets now; nothing is recorded yet.
        """
        if not self._settings.record or self._recorder is not None or self._trouble:
            return
        if client.api.apiKey and client.venue.id not in BINANCE:
            self._trouble = WITH_KEYS
            return
        folder = self._settings.data_dir / FOLDER
        recorder = Recorder(folder, client, days=self._settings.record_days)
        recorder.follow(symbols)
        try:
            await client.call("fetch_markets")
        except ExchangeError:
            recorder.close()
            raise
        self._recorder = recorder
        log.info("Recording to %s", folder)

    async def mind(self, engine: Engine, symbols: Callable[[], Iterable[str]]) -> None:
        """Follow the *symbols* as they change, and tell why it stops."""
        while not self._told:
            if self._recorder is not None:
                self._recorder.follow(symbols())
                self._trouble = self._recorder.stopped
            if self._trouble:
                self._told = True
                self.close()
                await engine.alert(
                    "warn", "recording_stopped", "Nothing is recorded any more",
                    f"{self._trouble}. Trading goes on; a restart tries again.",
                )  # fmt: skip
            await self._clock.sleep(BEAT_S)

    def close(self) -> None:
        """Bring what was recorded to the disk, and listen no more."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
