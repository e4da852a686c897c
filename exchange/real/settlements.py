"""Funding of one symbol: settled when its time has come, by the rate that applied then.

The stream of mark prices says what the next settlement will be, and when; the last it said before
that time is what applies. When it was silent then, or we were away, the exchange's history tells.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from core.market import MINUTE_MS, Funding, MarkPrice

# A rate that was told longer before its settlement may have changed since.
RATE_LIFE_MS: Final = 10_000
# After a settlement, for the stream to show it before history is asked.
GRACE_MS: Final = 5_000
# History needs a moment to know a settlement.
CHECK_MS: Final = 60_000
PATIENCE_MS: Final = 30 * MINUTE_MS
AGAIN_MS: Final = 20_000
TOLERANCE: Final = Decimal("0.0000005")


class Settlements:
    """Says which settlements are due.

    Attributes:
        last: the time (ms) of the last settlement handed out; later ones are new.
    """

    def __init__(self, symbol: str) -> None:
        self.last: int | None = None
        self._symbol = symbol
        self._mark: MarkPrice | None = None
        self._due: dict[int, Funding] = {}
        self._missed: int | None = None  # history is asked until it tells of this time
        self._unchecked: Funding | None = None
        self._ask_at = 0
        self._sure_at = 0

    def resume(self, last: int, now: int) -> None:
        """Go on at engine time *now* (ms) after the settlement of *last*.

        History tells what has come since; for a while, as it learns of the newest late.
        """
        self.last = self._missed = last
        self._sure_at = now + 2 * CHECK_MS

    def on_mark(self, mark: MarkPrice) -> None:
        """Take a newer mark price; one that names another time shows that the last has come."""
        old, self._mark = self._mark, mark
        if old is not None and old.next_funding_at and mark.next_funding_at > old.next_funding_at:
            self._settle(old)

    def on_time(self, now: int) -> None:
        """Look whether a settlement has come without the stream saying so."""
        mark = self._mark
        if mark is not None and mark.next_funding_at and now >= mark.next_funding_at + GRACE_MS:
            self._mark = None
            self._settle(mark)

    def _settle(self, mark: MarkPrice) -> None:
        at = mark.next_funding_at
        if self.last is not None and at <= self.last:
            return
        if at - mark.at > RATE_LIFE_MS:
            self._missed = at
            return
        self._due[at] = self._unchecked = Funding(
            self._symbol, at, mark.funding_rate, mark.mark_price
        )

    def asks_since(self, now: int) -> int | None:
        """Return the time (ms) since which history is to be asked, None when all is known."""
        if now < self._ask_at:
            return None
        if self._missed is not None:
            return self._missed if self.last is None else min(self._missed, self.last + 1)
        charged = self._unchecked
        return charged.at if charged is not None and now >= charged.at + CHECK_MS else None

    def on_answer(self, told: Iterable[Funding], now: int) -> str:
        """Take what history told; return what it says otherwise than we did, empty if nothing."""
        by_time = {one.at: one for one in told}
        differs = self._compare(by_time)
        for at, funding in by_time.items():
            if self.last is None or at > self.last:
                self._due.setdefault(at, funding)
        missed = self._missed
        if missed is not None and now >= self._sure_at:
            known = missed == self.last or missed <= max(by_time, default=0)
            self._missed = None if known or _is_old(missed, now) else missed
        if self._unchecked is not None and _is_old(self._unchecked.at, now):
            self._unchecked = None
        self._ask_at = now + AGAIN_MS
        return differs

    def _compare(self, told: Mapping[int, Funding]) -> str:
        charged = self._unchecked
        if charged is None or charged.at not in told:
            return ""
        self._unchecked, rate = None, told[charged.at].rate
        if abs(rate - charged.rate) <= TOLERANCE:
            return ""
        return f"{self._symbol}: the exchange settled at {rate:f}, charged was {charged.rate:f}"

    def take(self, now: int) -> list[Funding]:
        """Return what is due by engine time *now* (ms), oldest first, each once."""
        if not self._due:
            return []
        found = [self._due.pop(at) for at in sorted(self._due) if at <= now]
        found = [one for one in found if self.last is None or one.at > self.last]
        if found:
            self.last = found[-1].at
        return found


def _is_old(at: int, now: int) -> bool:
    """Return whether history, which has not told of *at* (ms), will not do so any more."""
    return now > at + PATIENCE_MS
