"""Something to tell, before it is known whom; and whom it is told, how."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from core.alerts import Level, Mode
from store.access import Role
from store.alert_settings import AlertSettings
from store.delivery import Content, Delivery

AHEAD_MS: Final = 5_000
WEEK_MS: Final = 7 * 24 * 3600 * 1000


class Person(msgspec.Struct, frozen=True):
    """Somebody who may be told things, since when (ms), and how they wish it."""

    chat_id: int
    owner: str
    role: Role
    since: int
    settings: AlertSettings


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell.

    Attributes:
        source: what it is, such as ``outbox:17``; nobody is told the same twice.
        at: when it happened, by the clock of whoever saw it.
        type: of `core.alerts.AlertType`, on which people's wishes depend.
        owner: whom alone it concerns, empty for everybody.
        role: the least that is told.
        is_folded: whether the same again within minutes only counts.
    """

    source: str
    at: int
    type: str
    level: Level
    title: str
    owner: str = ""
    role: Role = Role.VIEWER
    symbol: str = ""
    strategy: str = ""
    detail: str = ""
    amount: Decimal | None = None
    currency: str = ""
    badge: str = ""
    link: str = ""
    buttons: list[list[tuple[str, str]]] = []
    is_folded: bool = True


def rows_for(told: Told, people: Iterable[Person], now: int) -> list[Delivery]:
    """Return a row for each of *people* who is to be told, as they wish to be."""
    return [_row(told, person, now) for person in people if _concerns(told, person)]


def _concerns(told: Told, person: Person) -> bool:
    if told.owner and told.owner != person.owner:
        return False
    if not person.role.includes(told.role):
        return False
    return person.settings.mode_of(told.type) is not Mode.OFF


def _row(told: Told, person: Person, now: int) -> Delivery:
    # A market that is replayed or runs fast has a clock of its own: its times say nothing of ours.
    is_ours = now - WEEK_MS <= told.at <= now + AHEAD_MS
    content = Content(
        title=told.title, detail=told.detail, amount=told.amount, currency=told.currency,
        badge=told.badge, strategy=told.strategy, link=told.link, buttons=told.buttons,
        market_at=None if is_ours else told.at,
    )  # fmt: skip
    return Delivery(
        source=told.source, chat_id=person.chat_id, owner=person.owner, type=told.type,
        level=told.level, symbol=told.symbol, content=content, fold_key=_fold_key(told),
        is_silent=person.settings.mode_of(told.type) is Mode.SILENT,
        happened_at=min(told.at, now) if is_ours else now, created_at=now,
    )  # fmt: skip


def _fold_key(told: Told) -> str:
    """Return the same for what says the same; empty for what is never folded."""
    if not told.is_folded or told.buttons:
        return ""
    says = (told.type, told.level, told.symbol, told.strategy, told.title, told.detail, told.amount)
    return hashlib.sha256(repr(says).encode()).hexdigest()[:24]
