"""A message to one chat, as it waits, as it was sent, or as what another message told of."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

from core.alerts import Level

DIGEST: Final = "digest"  # the type of a row that tells of others


class State(StrEnum):
    """How far a message came."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DIGESTED = "digested"
    FOLDED = "folded"


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a message says.

    Attributes:
        title: one line.
        detail: the rest, in words.
        amount: in ``currency``, None where it is about no money.
        badge: says what kind of money it is, such as SIMULATED.
        strategy: whose sub-account; empty for none.
        link: the word that opens its place on the page.
        market_at: when it was by the market's clock (ms), where that isn't the machine's.
        buttons: label and data of each, in rows.
    """

    title: str
    detail: str = ""
    amount: Decimal | None = None
    currency: str = ""
    badge: str = ""
    strategy: str = ""
    link: str = ""
    market_at: int | None = None
    buttons: list[list[tuple[str, str]]] = []


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message to one chat. Times are wall clock, ms.

    Attributes:
        source: what it tells of: ``outbox:<id>``, ``notice:<id>``, ``watch:<uuid>``,
            ``digest:<uuid>``; with the chat it is unique.
        times: how often the same came.
        shown_times: how often the message that was sent says it came.
        is_silent: whether it makes no sound.
        is_held: whether it waited for the end of quiet hours or of a mute.
        is_doubtful: whether an attempt may have got through without our knowing.
        told_by: the row whose message tells it, None when it is told by its own.
        error: why it did not get through last.
        happened_at: when what it tells of happened.
    """

    id: int = 0
    source: str
    chat_id: int
    owner: str
    type: str
    level: Level
    symbol: str = ""
    content: Content
    fold_key: str = ""
    times: int = 1
    shown_times: int = 0
    is_silent: bool = False
    is_held: bool = False
    is_doubtful: bool = False
    state: State = State.WAITING
    told_by: int | None = None
    attempts: int = 0
    message_id: int | None = None
    error: str = ""
    happened_at: int
    created_at: int = 0
    tried_at: int | None = None
    sent_at: int | None = None


def values_of(row: Delivery) -> dict[str, Any]:
    """Return *row* as its columns; the database gives it its id."""
    values = msgspec.to_builtins(row)
    del values["id"]
    return dict(values)
