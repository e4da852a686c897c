"""What a chat is answered with, and what it can be asked; knows nothing of Telegram's library."""

from typing import Final, Literal

import msgspec

from store.access import Role

MAX_DATA: Final = 64  # bytes of a button's data, by Telegram
Group = Literal["state", "results", "control", "alerts", "people"]


class Button(msgspec.Struct, frozen=True):
    """A button under a message; one of ``data``, ``url`` and ``web_app`` says what a tap does.

    Attributes:
        data: ``<prefix>:<words>``, at most `MAX_DATA` bytes; ``r:<words>`` runs that command
            again and shows its answer in place of the message.
        url: opened in the browser.
        web_app: https address that is opened inside Telegram, signed in.
    """

    label: str
    data: str = ""
    url: str = ""
    web_app: str = ""


def open_button(page_url: str, link: str) -> list[Button]:
    """Return the button that opens the page at *link*; none while it has no address."""
    url = f"{page_url}?to={link}" if link else page_url
    return [Button("Open", web_app=url)] if page_url else []


class Later(msgspec.Struct, frozen=True):
    """After *seconds* a message shows *text* and no buttons; without a text it is deleted."""

    seconds: int
    text: str = ""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer.

    A tap's answer takes the place of the message that was tapped. Without text, photo and
    document the message stays as it is, and only ``alert`` is shown.

    Attributes:
        text: Telegram's HTML; a long one is sent in pieces. The caption of a photo or document.
        buttons: rows from the top.
        photo: PNG.
        document: its name and bytes.
        alert: shown over the chat for a moment, if this answers a tap.
        is_new: whether a tap's answer is a message of its own.
        is_loud: whether ``alert`` stays until it is closed.
        later: what becomes of the message after a while, unless it changed before.
    """

    text: str = ""
    buttons: list[list[Button]] = []
    photo: bytes | None = None
    document: tuple[str, bytes] | None = None
    alert: str = ""
    is_new: bool = False
    is_loud: bool = False
    later: Later | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something to type, as lists of commands show it.

    Attributes:
        name: without the slash.
        hint: a few words for Telegram's list of commands.
        usage: what may follow the name, such as ``[days]``; empty when nothing may.
        role: the least that may ask.
    """

    name: str
    hint: str
    usage: str = ""
    group: Group
    role: Role
