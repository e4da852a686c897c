"""A deck by hand: a real database of users, a set clock, an engine's state as a test says."""

import asyncio
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, cast

from pydantic import SecretStr
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from core.dashboard import State, empty_state
from infra.bus.unix_async_client import AsyncUnixCommands
from infra.settings import Settings
from store.access import AccessStore, Role
from store.database import CheckedDatabase
from telegram_bot.command import Ask
from telegram_bot.deck import Deck
from telegram_bot.follower import Follower, Snapshot
from telegram_bot.live.asking import live, summary
from telegram_bot.live.periodic import Summaries
from telegram_bot.live.pinned import LiveMessages
from tests.telegram_bot.bot_api.people import Person
from tests.telegram_bot.bot_api.server import TOKEN, BotApi
from utils.clock import SetClock

START = 1_795_262_400_000  # 2026-11-21 12:00 UTC
ANNA, BEN = 1, 2


def account(equity: float) -> dict[str, Any]:
    return {
        "equity": equity, "pnl_today": equity - 10_000, "pnl_today_pct": equity / 100 - 100,
        "unrealized_pnl": 1.5, "realized_pnl": 0.0, "margin_used_pct": 12.0,
        "max_drawdown_pct": 2.0, "closed_trades": 3,
    }  # fmt: skip


class Followed:
    """What was heard of an engine, set by hand."""

    def __init__(self) -> None:
        engine = {"status": "running", "badge": "SIMULATED"}
        self.state: State = empty_state() | {"engine": engine, "account": account(10_000)}
        self.is_up = True
        self.age_ms: int | None = 100
        self.at = START

    def snapshot(self) -> Snapshot:
        return Snapshot(self.state, self.at, self.is_up, self.age_ms)


@cache
def template() -> Path:
    path = Path(mkdtemp(prefix="qd-live-")) / "access.db"
    store = AccessStore(path)
    store.migrate()
    store.close()
    return path


class Desk:
    """A deck, and what keeps its messages; `restart` leaves only the database."""

    def __init__(self, folder: Path, api: BotApi) -> None:
        shutil.copy(template(), folder / "access.db")
        self.api = api
        self.clock = SetClock(START)
        self.engine = Followed()
        self.access = AccessStore(folder / "access.db")
        settings = Settings(data_dir=folder, telegram_bot_token=SecretStr(TOKEN))
        self.deck = Deck(
            settings=settings, clock=self.clock, access=self.access,
            follower=cast("Follower", self.engine),  # the part that is read
            database=CheckedDatabase(settings.database),
            commands=AsyncUnixCommands(settings.socket_path),
        )  # fmt: skip
        request = HTTPXRequest(connection_pool_size=4, read_timeout=0.5)
        self.bot: ExtBot[Any] = ExtBot(TOKEN, base_url=f"{api.url}/bot", request=request)
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.bot.initialize())
        self.restart()

    def restart(self) -> None:
        self.live = LiveMessages(self.deck, self.bot)
        self.summaries = Summaries(self.deck, self.bot)

    def close(self) -> None:
        self.loop.run_until_complete(self.bot.shutdown())
        self.loop.close()
        self.access.close()

    def allow(self, number: int) -> Person:
        person = self.api.person(number, f"P{number}")
        person.says("/start")
        self.access.users.allow(number, Role.VIEWER, "test", self.clock.now())
        self.access.users.seen(number, f"P{number}", "", self.clock.now())
        return person

    def asks(self, person: Person, words: str = "", command: Any = live) -> str:
        user = self.access.users.find(person.id)
        assert user is not None
        ask = Ask(
            identity=self.access.identity_of(user), chat_id=person.id, update_id=1,
            words=words.split(), now=self.clock.now(),
        )  # fmt: skip
        return str(self.loop.run_until_complete(command(self.deck, ask)).text)

    def asks_summary(self, person: Person, words: str = "") -> str:
        return self.asks(person, words, summary)

    def look(self, after_s: float = 0.0) -> None:
        self.clock.at += int(after_s * 1000)
        self.loop.run_until_complete(self.live.look())

    def look_at_summaries(self, after_s: float = 0.0) -> None:
        self.clock.at += int(after_s * 1000)
        self.loop.run_until_complete(self.summaries.look())

    def earn(self, equity: float) -> None:
        self.engine.state = {**self.engine.state, "account": account(equity)}
