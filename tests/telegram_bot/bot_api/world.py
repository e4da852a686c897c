"""What a Bot API server knows: chats, what stands in them, and updates nobody fetched yet."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
FIRST_UPDATE = 700_000


@dataclass
class Shown:
    """A message as the person sees it now.

    Attributes:
        text: what is read; of a photo or document its caption.
        html: the text as the bot wrote it.
        buttons: rows of the Bot API's own objects.
        edits: how often the bot changed it.
    """

    id: int
    chat_id: int
    at: int
    sender: Json
    text: str = ""
    html: str = ""
    buttons: list[list[Json]] = field(default_factory=list)
    photo: bytes | None = None
    document: tuple[str, bytes] | None = None
    reply_markup: Json = field(default_factory=dict)
    is_silent: bool = False
    is_pinned: bool = False
    edits: int = 0

    @property
    def from_bot(self) -> bool:
        return bool(self.sender["is_bot"])

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]

    def button(self, label: str) -> Json:
        """Return the button whose label has *label* in it."""
        found = [b for row in self.buttons for b in row if label in b["text"]]
        assert found, f"no button {label!r} among {self.labels} under {self.text!r}"
        return found[0]


@dataclass
class Chat:
    """A chat with the bot; a person's private one has the person's id."""

    id: int
    kind: str = "private"
    title: str = ""
    first_name: str = ""
    username: str = ""
    has_blocked: bool = False
    messages: list[Shown] = field(default_factory=list)
    deleted: list[Shown] = field(default_factory=list)

    @property
    def json(self) -> Json:
        own = {"id": self.id, "type": self.kind}
        names = {"title": self.title, "first_name": self.first_name, "username": self.username}
        return {**own, **{name: value for name, value in names.items() if value}}

    @property
    def from_bot(self) -> list[Shown]:
        """What the bot said and still stands there, oldest first."""
        return [message for message in self.messages if message.from_bot]

    @property
    def last(self) -> Shown:
        """The newest message of the bot's."""
        assert self.from_bot, f"the bot said nothing in chat {self.id}"
        return self.from_bot[-1]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.from_bot]

    @property
    def pinned(self) -> Shown | None:
        return next((m for m in reversed(self.messages) if m.is_pinned), None)


@dataclass(frozen=True)
class Call:
    """A call of the bot's, as it arrived."""

    method: str
    params: Json
    at: int


class World:
    """Everything that survives a restart of the server. Hold `lock` to read or change it."""

    def __init__(self, token: str, now: Callable[[], int]) -> None:
        self.lock = threading.RLock()
        self.token = token
        self.now = now
        self.me: Json = {
            "id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Quarterdeck",
            "username": "quarterdeck_test_bot", "can_join_groups": True,
            "can_read_all_group_messages": False, "supports_inline_queries": False,
        }  # fmt: skip
        self.chats: dict[int, Chat] = {}
        self.updates: list[Json] = []
        self.calls: list[Call] = []
        self.commands: dict[str, list[Json]] = {}
        self.menu_buttons: dict[int, Json] = {}
        self.taps: dict[str, Json | None] = {}
        self.files: dict[str, bytes] = {}
        self.on_update: Callable[[], None] = lambda: None
        self._update_ids = itertools.count(FIRST_UPDATE)
        self._message_ids = itertools.count(1)

    def add_update(self, kind: str, body: Json, update_id: int | None = None) -> int:
        with self.lock:
            number = next(self._update_ids) if update_id is None else update_id
            self.updates.append({"update_id": number, kind: body})
        self.on_update()
        return number

    def new_message(self, chat: Chat, sender: Json, at: int | None = None) -> Shown:
        number = next(self._message_ids)
        message = Shown(number, chat.id, self.now() if at is None else at, sender)
        chat.messages.append(message)
        return message

    def json_of(self, message: Shown) -> Json:
        """Return a message as the API tells it."""
        body: Json = {
            "message_id": message.id, "date": message.at, "from": message.sender,
            "chat": self.chats[message.chat_id].json,
        }  # fmt: skip
        if message.edits:
            body["edit_date"] = self.now()
        body |= self._content(message)
        if message.buttons:
            body["reply_markup"] = {"inline_keyboard": message.buttons}
        return body

    def _content(self, message: Shown) -> Json:
        has_file = message.photo is not None or message.document is not None
        body: Json = {"caption" if has_file else "text": message.text} if message.text else {}
        if message.photo is not None:
            name = self.keep(message.photo)
            size = {"file_id": name, "file_unique_id": name, "width": 8, "height": 8}
            body["photo"] = [size]
        if message.document is not None:
            name = self.keep(message.document[1])
            body["document"] = {
                "file_id": name, "file_unique_id": name, "file_name": message.document[0],
            }  # fmt: skip
        if not message.from_bot and message.text.startswith("/"):
            length = len(message.text.split()[0])
            body["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return body

    def keep(self, data: bytes) -> str:
        """Return the id under which a file can be sent again."""
        known = next((name for name, held in self.files.items() if held is data), None)
        name = known or f"file-{len(self.files) + 1}"
        self.files[name] = data
        return name
