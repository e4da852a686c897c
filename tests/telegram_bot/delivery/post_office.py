"""Delivery by hand: real databases, a set clock, the real library, and a Bot API on loopback."""

import asyncio
import itertools
import shutil
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

import msgspec
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from store.access import AccessStore, Role
from store.accounts import find_or_create_account
from store.alert_settings import AlertSettings, change_settings
from store.database import Database
from store.deliveries import list_deliveries
from store.delivery import Delivery
from store.outbox import OutboxRow
from store.writer import Batch, Writer
from telegram_bot.changes import Changes
from telegram_bot.delivery.desk import Desk
from telegram_bot.delivery.expander import Expander
from telegram_bot.delivery.sender import Sender
from tests.telegram_bot.bot_api.server import TOKEN, BotApi
from utils.clock import SetClock

START = 1_795_262_400_000  # 2026-11-21 12:00 UTC
MINUTE, HOUR = 60_000, 3_600_000
PAGE = "https://deck.example/"
ANNA, BEN, CARL = 1, 2, 3
T = TypeVar("T")


@cache
def template() -> Path:
    """Databases that are migrated once: migrating takes longer than most tests."""
    folder = Path(mkdtemp(prefix="qd-post-"))
    access, trading = AccessStore(folder / "access.db"), trading_of(folder)
    access.migrate()
    trading.migrate()
    find_or_create_account(trading, "test", Decimal(10000), now=1)
    access.close()
    trading.close()
    return folder


def trading_of(folder: Path) -> Database:
    return Database(f"sqlite:///{folder}/quarterdeck.db")


class PostOffice:  # noqa: PLR0904 - the one door for tests
    """One bot's delivery; `restart` is what a kill leaves of it: the databases."""

    def __init__(self, folder: Path, api: BotApi, clock: SetClock) -> None:
        for name in ("access.db", "quarterdeck.db"):
            shutil.copy(template() / name, folder / name)
        self.folder, self.api, self.clock = folder, api, clock
        self.numbers = itertools.count(1)
        self.open()

    def open(self) -> None:
        self.access = AccessStore(self.folder / "access.db")
        self.trading = trading_of(self.folder)
        self.writer = Writer(self.trading, 1)
        self.expander = Expander(self.access, lambda: self.trading, self.clock)
        self.desk = Desk(self.access, self.clock.now)

    def close(self) -> None:
        self.access.close()
        self.trading.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def allow(self, *people: int, role: Role = Role.OWNER) -> None:
        for number in people:
            self.api.person(number, f"P{number}").says("/start")
            self.access.users.allow(number, role, "test", self.clock.now(), name=f"P{number}")
            self.access.users.seen(number, f"P{number}", "", self.clock.now())
        self.expander.step()

    def happen(self, count: int = 1, **changes: Any) -> list[str]:
        """Let the engine write *count* facts to be told; return their titles."""
        rows = [self._told(next(self.numbers), **changes) for _ in range(count)]
        self.writer.commit(Batch(outbox=rows))
        return [row.title for row in rows]

    def expand(self) -> int:
        return self.expander.step()

    def wish(self, owner: int, **changes: Any) -> None:
        def change(settings: AlertSettings) -> AlertSettings:
            return msgspec.structs.replace(settings, **changes)

        change_settings(self.access.database, f"telegram:{owner}", change, self.clock.now())

    def receipts(self, owner: int = ANNA) -> list[Delivery]:
        rows = list_deliveries(self.access.database, f"telegram:{owner}", 10_000)
        return list(reversed(rows))

    def texts(self, owner: int = ANNA) -> list[str]:
        return self.api.person(owner).chat.texts

    def drain(self, chat_id: int = ANNA, steps: int = 1000) -> float:
        """Send for as long as there is something to send; return how long it took (s)."""
        return self.sending(lambda sender: self.drained(sender, chat_id, steps))

    async def drained(self, sender: Sender, chat_id: int = ANNA, steps: int = 1000) -> float:
        began = self.clock.monotonic()
        for _ in range(steps):
            wait_s = await sender.chat(chat_id).step()
            if wait_s is None:
                break
            await self.clock.sleep(wait_s)
        return self.clock.monotonic() - began

    def sending(self, work: Callable[[Sender], Awaitable[T]]) -> T:
        """Do *work* with a sender of a bot that is connected as long."""

        async def run() -> T:
            plain = {"verify": False}  # loading certificates takes longer than most tests
            request = HTTPXRequest(connection_pool_size=4, read_timeout=0.5, httpx_kwargs=plain)
            url = f"{self.api.url}/bot"
            bot: ExtBot[Any] = ExtBot(TOKEN, base_url=url, request=request)
            await request.initialize()  # all of the bot that works while Telegram is away
            try:
                return await work(Sender(self.desk, bot, self.clock, lambda: PAGE, Changes()))
            finally:
                await request.shutdown()

        return asyncio.run(run())

    def _told(self, number: int, **changes: Any) -> OutboxRow:
        values: dict[str, Any] = {
            "fact_id": f"f{number}", "at": self.clock.now(), "type": "trade_closed",
            "level": "info", "symbol": "BTC/USDT", "strategy": "trend",
            "title": f"Trade {number} closed", "detail": "trend, held 2h 05m",
            "amount": Decimal("1.5"), "link": f"trade_{number}",
            "data": {"badge": "SIMULATED", "currency": "USDT"},
        }  # fmt: skip
        return OutboxRow(**values | changes)
