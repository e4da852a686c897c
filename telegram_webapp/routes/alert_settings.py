"""How each person wishes to be told of alerts, and what reached their chat."""

from functools import partial
from typing import Annotated, Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from core.alerts import AlertType, Mode
from core.quiet_hours import DAY, MAX_OFFSET, QuietHours
from store.access import Role
from store.alert_settings import AlertSettings, change_settings, read_settings
from store.deliveries import count_waiting, list_deliveries
from store.delivery import Delivery
from telegram_webapp import query
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import described
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply, shown
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

RECEIPT: Final = (
    "id", "source", "type", "level", "symbol", "state", "times", "is_silent", "is_held",
    "is_doubtful", "told_by", "attempts", "error", "happened_at", "created_at", "sent_at",
)  # fmt: skip
LONGEST_MUTE_S: Final = 365 * 86_400
MAX_RECEIPTS: Final = 500
RECEIPTS: Final = 100

Minute = Annotated[int, msgspec.Meta(ge=0, lt=DAY)]
Offset = Annotated[int, msgspec.Meta(ge=-MAX_OFFSET, le=MAX_OFFSET)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_MUTE_S)]


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Quiet hours: minutes of the person's own day, which is ahead of UTC by ``utc_offset``."""

    start: Minute
    end: Minute
    utc_offset: Offset = 0


class Wishes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is put: what is not named stays as it is.

    ``modes`` changes the types that it names; ``muted_for_s`` 0 ends a mute; ``quiet`` null ends
    quiet hours.
    """

    modes: dict[AlertType, Mode] = {}
    muted_for_s: Seconds | msgspec.UnsetType = msgspec.UNSET
    quiet: Quiet | msgspec.UnsetType | None = msgspec.UNSET


class ShownWishes(TypedDict):
    """How somebody wishes to be told; ``held_until`` is when what waits will be told."""

    modes: dict[str, Mode]
    muted_until: At | None
    quiet: Quiet | None
    quiet_text: str
    held_until: At | None
    changed_at: At


WORDS: Final = ("title", "detail", "amount", "currency", "badge", "strategy", "link")


class Receipts(TypedDict):
    """Messages, newest first; ``next_before`` is null on the last page."""

    receipts: list[dict[str, Any]]
    waiting: int
    next_before: int | None


BEFORE: Final = query.whole("before", "the next_before of the page before", 0, 2**53 - 1)
LIMIT: Final = query.whole_or("limit", "how many at most", 1, MAX_RECEIPTS, RECEIPTS)


def alert_settings_routes(site: Site) -> Blueprint:
    """Serve the wishes and receipts of who asks."""
    blueprint = Blueprint("alert_settings", __name__)
    access = site.doorman.store.database

    @blueprint.get("/api/alerts/settings")
    @requires(Role.VIEWER)
    @described(answers=ShownWishes)
    def settings() -> Response:
        """Return how who asks wishes to be told."""
        kept = in_thread(read_settings, access, current_identity().owner_id)
        return reply(_shown_settings(kept, site.clock.now()))

    @blueprint.put("/api/alerts/settings")
    @requires(Role.VIEWER)
    @described(body=Wishes, answers=ShownWishes)
    def change() -> Response:
        """Change how who asks wishes to be told.

        Raises:
            Problem: quiet hours begin when they end.
        """
        wishes, now = read_body(Wishes), site.clock.now()
        if isinstance(wishes.quiet, Quiet) and wishes.quiet.start == wishes.quiet.end:
            detail = "quiet hours must begin and end at different times; muted_for_s silences all"
            raise Problem(400, "bad_body", detail)
        made = partial(_changed, wishes=wishes, now=now)
        kept = in_thread(change_settings, access, current_identity().owner_id, made, now)
        return reply(_shown_settings(kept, now))

    @blueprint.get("/api/alerts/receipts")
    @requires(Role.VIEWER)
    @described(takes=(BEFORE, LIMIT), answers=Receipts)
    def receipts() -> Response:
        """Return what was sent to the chat of who asks, newest first, and what waits."""
        owner = current_identity().owner_id
        limit = LIMIT.read()
        before = BEFORE.read()
        rows = in_thread(list_deliveries, access, owner, limit + 1, before)
        page = rows[:limit]
        return reply(
            {
                "receipts": [_receipt(row) for row in page],
                "waiting": in_thread(count_waiting, access, owner),
                "next_before": page[-1].id if len(rows) > limit else None,
            }
        )

    return blueprint


def _changed(before: AlertSettings, wishes: Wishes, now: int) -> AlertSettings:
    after = before
    for kind, mode in wishes.modes.items():
        after = after.with_mode(kind, mode)
    if isinstance(wishes.muted_for_s, int):
        until = now + wishes.muted_for_s * 1000 if wishes.muted_for_s else None
        after = msgspec.structs.replace(after, muted_until=until)
    if isinstance(wishes.quiet, Quiet):
        hours = QuietHours(wishes.quiet.start, wishes.quiet.end, wishes.quiet.utc_offset)
        return after.with_quiet_hours(hours)
    return after.with_quiet_hours(None) if wishes.quiet is None else after


def _shown_settings(kept: AlertSettings, now: int) -> dict[str, Any]:
    hours = kept.quiet_hours
    return {
        "modes": {kind.value: kept.mode_of(kind).value for kind in AlertType},
        "muted_until": kept.muted_until if kept.is_muted(now) else None,
        "quiet": None if hours is None else msgspec.structs.asdict(hours),
        "quiet_text": "" if hours is None else str(hours),
        "held_until": kept.held_until(now),
        "changed_at": kept.changed_at,
    }


def _receipt(row: Delivery) -> dict[str, Any]:
    content = row.content
    words = shown(content, WORDS)
    return {**shown(row, RECEIPT), **words}
