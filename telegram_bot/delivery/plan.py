"""What to send next of what waits for a chat: the oldest alone, or many as one digest."""

from collections.abc import Sequence
from typing import Final

from store.delivery import DIGEST, Delivery

LATE_MS: Final = 3 * 60_000
MOST_LATE: Final = 5  # messages of some minutes ago that still come one by one
MOST: Final = 20  # that come one by one however new they are


def to_put_together(rows: Sequence[Delivery], now: int) -> list[Delivery]:
    """Return those of *rows*, oldest first, that one message is to tell of; none if each is sent.

    So it is after an outage, at the end of quiet hours, and when too much happens at once. What
    has buttons is to be acted upon, and stays a message of its own.
    """
    plain = [row for row in rows if not row.content.buttons]
    return plain if _is_too_much(plain, now) else []


def _is_too_much(rows: Sequence[Delivery], now: int) -> bool:
    if len(rows) < 2:  # noqa: PLR2004 - one is told as it is
        return False
    if any(row.type == DIGEST for row in rows):
        return True
    if sum(row.is_held for row in rows) > 1 or len(rows) > MOST:
        return True
    return len(rows) > MOST_LATE and now - min(row.happened_at for row in rows) > LATE_MS
