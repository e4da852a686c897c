"""A deck with a real history and state, made by the engine over a simulated past."""

import asyncio
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
from typing_extensions import override

from infra.settings import Settings
from runner.demo import make_demo
from store.access import AccessStore, Identity, Role
from store.database import CheckedDatabase
from telegram_bot.changes import Changes
from telegram_bot.command import Ask, Reply
from telegram_bot.deck import Deck
from telegram_bot.follower import Snapshot
from telegram_bot.registry import COMMANDS, Registry
from tests.runner.engines import settings
from utils.clock import SetClock

PAGE = "https://deck.example.org/"
TAGS = {"b", "i", "pre", "code", "s"}


class StillFollower:
    """Stands where a test put it."""

    def __init__(self, state: dict[str, Any] | None, at: int | None) -> None:
        self.changed = Changes()
        self.shown = Snapshot(state, at, state is not None, 100)

    def snapshot(self) -> Snapshot:
        return self.shown


class Chat:
    """Asks commands as somebody of a role, and reads what they answer."""

    def __init__(self, folder: Path, days: int = 3, **more: Any) -> None:
        wanted = settings(folder, strategies=["trend", "full_math"])
        make_demo(wanted, days)
        self.settings = Settings(**{**wanted.model_dump(), "public_url": PAGE, **more})
        whole = json.loads(self.settings.state_path.read_bytes())
        self.state: dict[str, Any] = whole["state"]
        self.follower = StillFollower(self.state, whole["at"])
        self.database = CheckedDatabase(self.settings.database)
        access = AccessStore(self.settings.access_path)
        access.migrate()
        self.deck = Deck(
            self.settings, SetClock(whole["at"]), access, self.follower,  # type: ignore[arg-type]
            self.database, None, "deck_bot",  # type: ignore[arg-type]
        )  # fmt: skip
        self.deck.entries = COMMANDS

    def ask(self, line: str, role: Role = Role.OWNER) -> Reply:
        """Return the answer to a command; errors are raised."""
        name, *words = line.split()
        identity = Identity(
            subject="Ada (11)", role=role, via="telegram", credential_id="user-11", user_id=11
        )
        ask = Ask(
            identity=identity, chat_id=11, update_id=1, words=words, now=self.deck.clock.now()
        )
        command = Registry().commands[name]
        return asyncio.run(command.answer(self.deck, ask))  # type: ignore[arg-type]

    def text(self, line: str) -> str:
        """Return the words of an answer, without tags, every run of blanks as one."""
        return plain(self.ask(line).text)

    def see(self, **sections: Any) -> None:
        """Show another state."""
        shown = {**self.follower.shown.state, **sections}  # type: ignore[dict-item]
        self.follower.shown = msgspec.structs.replace(self.follower.shown, state=shown)

    def close(self) -> None:
        self.database.close()
        self.deck.access.close()


class _Reader(HTMLParser):
    """Telegram's HTML, read strictly: known tags, closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.unclosed: list[str] = []
        self.said: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        assert not attrs
        self.unclosed.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.said.append(data)


def plain(html: str) -> str:
    """Return what a chat shows of *html*, which must be what Telegram takes."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.unclosed
    return re.sub(r"[ \xa0]+", " ", "".join(reader.said))
