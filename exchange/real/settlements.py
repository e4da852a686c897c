"""Funding of one symbol: settled when its time has come, by the rate that applied then.

The stream of mark prices says what the next settlement will be, and when; the last it said before
that time is what applies. When it was silent then, or we were away, the exchange's history tells.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from core.market import MINUTE_MS, Funding, MarkPrice

# A rate that was told longer before its settlement may have changed since.
RATE_LIFE_MS: Final = 10_000
# After a settlement, for the stream to show it before history is asked.
GRACE_MS: Final = 5_000
# History needs a moment to know a settlement.
CHECK_MS: Final = 60_000
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
        self._unsure = False
        self._unchecked: Funding | None = None

    def resume(self, last: int) -> None:
        """Go on after the settlement of *last* (ms): history tells what has come since."""
        self.last, self._unsure = last, True

    def on_mark(self, mark: MarkPrice) -> None:
        """Take a newer mark price; one that names another time shows that the last has come."""
        old, self._mark = self._mark, mark
        if old is None or not old.next_funding_at or mark.next_funding_at <= old.next_funding_at:
            return
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
            self.doubt()
            return
        self._due[at] = Funding(self._symbol, at, mark.funding_rate, mark.mark_price)

    def doubt(self) -> None:
        """Have history asked: a settlement may have been missed."""
        self._unsure = True

    def asks_since(self, now: int) -> int | None:
        """Return the time (ms) since which history is to be asked, None when all is known."""
        if self._unchecked is not None and now >= self._unchecked.at + CHECK_MS:
            return self._unchecked.at
        if not self._unsure:
            return None
        return self.last + 1 if self.last is not None else now - MINUTE_MS

    def on_answer(self, told: Iterable[Funding], now: int) -> str:
        """Take what history told; return what it says otherwise than we did, empty if nothing."""
        self._unsure, differs = False, ""
        for funding in told:
            charged = self._unchecked
            if charged is not None and funding.at == charged.at:
                self._unchecked = None
                if abs(funding.rate - charged.rate) > TOLERANCE:
                    differs = (
                        f"{self._symbol}: the exchange settled at {funding.rate:f}, "
                        f"charged was {charged.rate:f}"
                    )
            if self.last is None or funding.at > self.last:
                self._due[funding.at] = funding
        if self._unchecked is not None and now > self._unchecked.at + 30 * CHECK_MS:
            self._unchecked = None  # it will not be told any more
        return differs

    def take(self, now: int) -> list[Funding]:
        """Return what is due by engine time *now* (ms), oldest first, each once."""
        found = [self._due.pop(at) for at in sorted(self._due) if at <= now]
        found = [one for one in found if self.last is None or one.at > self.last]
        if found:
            self.last = found[-1].at
            self._unchecked = found[-1]
        return found
