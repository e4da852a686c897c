"""Watches engine, web process and feed from the bot's process, and tells of each once.

What is told goes through ``access.db`` alone, so that it needs neither the engine nor its
database. The bot ends with the whole instance, so a planned stop tells nothing.
"""

import asyncio
import logging
from typing import Final

import httpx

from core.errors import StoreError
from store.deliveries import was_told
from store.incidents import Incident, close_incident, list_incidents, open_incident
from telegram_bot.deck import Deck
from telegram_bot.delivery.people import read_people, settle_people
from telegram_bot.delivery.told import rows_for
from telegram_bot.rounds import keep_looking
from telegram_bot.sending import OurBot
from telegram_bot.watchdog.heartbeat import EVERY_S, Heartbeat
from telegram_bot.watchdog.watch import Patience, Turn, Watch
from telegram_bot.watchdog.words import WORDS, back, lost
from utils.addresses import local_url

LOOK_S: Final = 1.0
WEB_EVERY_S: Final = 3.0
WEB_TIMEOUT_S: Final = 3.0
SILENT_MS: Final = 5_000  # it gives a sign of life every 2 s
PATIENCE: Final = {
    "engine": Patience(lost_ms=10_000),
    "web": Patience(lost_ms=10_000),
    # The engine tells of it itself, at once: this is for when that did not come through.
    "feed": Patience(lost_ms=60_000),
}

log = logging.getLogger(__name__)


class Watchdog:
    """Looks every second; what it told is remembered with its message, over restarts."""

    def __init__(self, deck: Deck, _bot: OurBot) -> None:
        self._deck = deck
        self._watches: dict[str, Watch] = {}
        self._web_is_well = False
        settings = deck.settings
        page = local_url(settings.dashboard_host, settings.dashboard_port)
        self._health_url = f"{page}api/health"
        self._heartbeat = Heartbeat(settings.heartbeat_url.get_secret_value())

    async def run(self) -> None:
        """Watch until cancelled.

        Raises:
            StoreError: what was told before cannot be read.
        """
        await self.begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_looking())
            group.create_task(self._keep_asking())
            group.create_task(self._keep_beating())

    async def begin(self) -> None:
        """Take up what was told before this process began.

        Raises:
            StoreError: it cannot be read.
        """
        known = await asyncio.to_thread(list_incidents, self._deck.access.database)
        now = self._deck.clock.now()
        for name in WORDS:
            since = known[name].since if name in known else None
            self._watches[name] = Watch(PATIENCE[name], now, since)

    @property
    def is_well(self) -> bool:
        """Return whether engine and web process are there."""
        return self._engine_is_well() and self._web_is_well

    async def look(self) -> None:
        """Look at everything once, and tell what has turned.

        Raises:
            StoreError: it cannot be told; it will be at the next look.
        """
        now, snapshot = self._deck.clock.now(), self._deck.snapshot()
        heard_at = None if snapshot.age_ms is None else now - snapshot.age_ms
        is_there = self._engine_is_well()
        await self._judge("engine", is_well=is_there, last_well_at=heard_at)
        await self._judge("web", is_well=self._web_is_well)
        if is_there:
            await self._judge("feed", is_well=self._feed().get("status") != "stale")

    async def ask(self) -> None:
        """Ask the web process how it is."""
        try:
            async with httpx.AsyncClient(timeout=WEB_TIMEOUT_S, trust_env=False) as client:
                answer = await client.get(self._health_url)
            self._web_is_well = answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR
        except httpx.HTTPError:
            self._web_is_well = False

    async def beat(self) -> None:
        """Tell the heartbeat's service how it is."""
        await self._heartbeat.beat(is_well=self.is_well)

    def _engine_is_well(self) -> bool:
        snapshot = self._deck.snapshot()
        return snapshot.is_up and snapshot.age_ms is not None and snapshot.age_ms < SILENT_MS

    def _feed(self) -> dict[str, object]:
        state = self._deck.snapshot().state or {}
        return dict(state.get("feed") or {})

    async def _judge(self, name: str, *, is_well: bool, last_well_at: int | None = None) -> None:
        watch, now = self._watches[name], self._deck.clock.now()
        since, well_since = watch.lost_since, watch.well_since
        turn = watch.look(is_well=is_well, now=now, last_well_at=last_well_at)
        try:
            if turn is Turn.LOST and watch.lost_since is not None:
                await asyncio.to_thread(self._tell_lost, name, watch.lost_since, now)
            elif turn is Turn.BACK and since is not None:
                await asyncio.to_thread(self._tell_back, name, since, well_since or now, now)
        except StoreError:
            if turn is not None:  # as if it had not been seen, so that it is told at the next look
                self._watches[name] = Watch(PATIENCE[name], now, since)
                self._watches[name].knows_it_was_well()
            raise

    def _tell_lost(self, name: str, since: int, now: int) -> None:
        database = self._deck.access.database
        around = since - PATIENCE[name].lost_ms
        if name == "feed" and was_told(database, WORDS[name].type, around):
            return
        log.warning("%s, since %d s", WORDS[name].lost, (now - since) // 1000)
        settle_people(self._deck.access, now)
        told = lost(name, since, now, self._badge())
        rows = rows_for(told, read_people(self._deck.access), now)
        open_incident(database, Incident(name=name, since=since, told_at=now), rows)

    def _tell_back(self, name: str, since: int, until: int, now: int) -> None:
        told = back(name, since, until, now, self._badge())
        rows = rows_for(told, read_people(self._deck.access), now)
        close_incident(self._deck.access.database, name, rows)

    def _badge(self) -> str:
        return self._deck.snapshot().badge

    async def _keep_looking(self) -> None:
        await keep_looking(self.look, self._deck.clock, LOOK_S, "The watchdog cannot tell")

    async def _keep_asking(self) -> None:
        while True:
            await self.ask()
            await self._deck.clock.sleep(WEB_EVERY_S)

    async def _keep_beating(self) -> None:
        while True:
            await self._deck.clock.sleep(EVERY_S)
            await self.beat()
