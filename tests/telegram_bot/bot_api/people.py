"""People of the tests: they write, tap, block the bot, and see what stands in their chats."""

import itertools
from typing import Any

from tests.telegram_bot.bot_api.world import Chat, Shown, World

taps = itertools.count(1)


class Person:
    """A Telegram user with a private chat."""

    def __init__(self, world: World, number: int, name: str, username: str) -> None:
        self.id = number
        self._world = world
        self.user = {"id": number, "is_bot": False, "first_name": name, "language_code": "en"}
        if username:
            self.user["username"] = username
        with world.lock:
            self.chat = world.chats.setdefault(
                number, Chat(number, first_name=name, username=username)
            )

    def says(
        self, text: str, *, at: int | None = None, group: Chat | None = None,
        update_id: int | None = None, **more: Any,
    ) -> int:  # fmt: skip
        """Write *text*; return the update's id.

        Args:
            at: when it was written, in seconds; by default now.
            group: where, if not in the private chat.
            update_id: to send the same update twice.
            more: other members of the message.
        """
        with self._world.lock:
            message = self._world.new_message(group or self.chat, self.user, at)
            message.text = text
            body = {**self._world.json_of(message), **more}
        return self._world.add_update("message", body, update_id)

    def taps(self, label: str, message: Shown | None = None) -> str:
        """Tap the newest button whose label has *label* in it; return the tap's id."""
        if message is None:
            with self._world.lock:
                fitting = [m for m in self.chat.from_bot if any(label in text for text in m.labels)]
            assert fitting, f"no button {label!r} under {[m.labels for m in self.chat.from_bot]}"
            message = fitting[-1]
        return self.sends_tap(message.button(label)["callback_data"], message)

    def sends_tap(
        self, data: str, message: Shown | None = None, *, chat: Chat | None = None
    ) -> str:
        """Send any *data* as if a button of *message* had it; return the tap's id."""
        tap = f"tap-{next(taps)}"
        with self._world.lock:
            where = chat or self.chat
            under = (
                message or (where.from_bot or [self._world.new_message(where, self._world.me)])[-1]
            )
            body: dict[str, Any] = {
                "id": tap, "from": self.user, "chat_instance": str(where.id), "data": data,
                "message": self._world.json_of(under),
            }  # fmt: skip
            self._world.taps[tap] = None
        self._world.add_update("callback_query", body)
        return tap

    def toast(self, tap: str) -> str | None:
        """Return what was shown at *tap*, None while it is not answered."""
        answer = self._world.taps[tap]
        return None if answer is None else str(answer.get("text", ""))

    def blocks_bot(self, *, blocked: bool = True) -> None:
        self.chat.has_blocked = blocked
