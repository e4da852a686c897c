"""What the figures are worked out from: closed trades and a curve of equity."""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import Final

import msgspec

from core.market import DAY_MS
from core.metrics.drawdown import Fall, deepest, peaks_before
from core.trades import Trade

ZERO: Final = Decimal(0)

Point = tuple[int, Decimal]


class Sample:
    """Trades by their close, equity by its time, and what was transferred in meanwhile.

    Attributes:
        trades: closed in [since, until), oldest first.
        points: (at, equity) in the same span, oldest first; may be empty.
        initial: equity at ``since``, before the first point, in quote.
        transfers: (at, amount) after ``since``: they are no gain.
        since: where the span begins, ms.
        until: where it ends, ms.
        open_since: when the positions that are open still were opened, ms.
        deepest_pct: the deepest fall the engine saw between the points, in %; 0 if not known.
    """

    def __init__(  # noqa: PLR0913 - what is known of an account, each by its name
        self,
        trades: Sequence[Trade],
        points: Sequence[Point],
        *,
        initial: Decimal,
        span: tuple[int, int],
        transfers: Sequence[Point] = (),
        open_since: Sequence[int] = (),
        deepest_pct: Decimal = ZERO,
    ) -> None:
        self.trades = trades
        self.points = points
        self.initial = initial
        self.since, self.until = span
        self.transfers = [(at, amount) for at, amount in transfers if self.since < at < self.until]
        self.open_since = open_since
        self.deepest_pct = deepest_pct

    @cached_property
    def nets(self) -> list[Decimal]:
        """Return the net P&L of each trade: gross - fees + funding."""
        return [trade.net_pnl for trade in self.trades]

    @cached_property
    def won(self) -> list[Decimal]:
        """Return the results above zero."""
        return [net for net in self.nets if net > 0]

    @cached_property
    def lost(self) -> list[Decimal]:
        """Return the results below zero."""
        return [net for net in self.nets if net < 0]

    @cached_property
    def total(self) -> Decimal:
        """Return the sum of the results."""
        return sum(self.nets, ZERO)

    @property
    def transferred(self) -> Decimal:
        """Return what was put in: the initial equity and all transfers since."""
        return self.initial + sum((amount for _, amount in self.transfers), ZERO)

    @property
    def equity(self) -> Decimal:
        """Return equity at the end."""
        return self.points[-1][1] if self.points else self.initial + self.total

    @cached_property
    def levels(self) -> list[Decimal]:
        """Return equity at the start and at each 00:00 UTC since: the last point until then."""
        found = [self.initial]
        if self.points:
            first = self.since - self.since % DAY_MS
            for end in range(first + DAY_MS, self.points[-1][0] + 1, DAY_MS):
                place = bisect_right(self.points, end, key=itemgetter(0))
                found.append(self.points[place - 1][1] if place else self.initial)
        return found

    @cached_property
    def days(self) -> list[tuple[int, Decimal | None, Decimal]]:
        """Return (00:00 UTC it began, return or None, P&L) of each UTC day that is over.

        A transfer is taken out of the equity at its day's end. A day that opens with nothing has
        no return.
        """
        first = self.since - self.since % DAY_MS
        found: list[tuple[int, Decimal | None, Decimal]] = []
        for number, (before, after) in enumerate(pairwise(self.levels)):
            begun = first + number * DAY_MS
            flow = self._transferred_between(begun, begun + DAY_MS)
            pnl = after - flow - before
            found.append((begun, pnl / before if before > 0 else None, pnl))
        return found

    @cached_property
    def returns(self) -> list[Decimal]:
        """Return the simple return of each day that has one."""
        return [value for _, value, _ in self.days if value is not None]

    @cached_property
    def peaks(self) -> list[Decimal]:
        """Return the highest equity before each point, moved by transfers."""
        return peaks_before(self.initial, self.points, self.transfers)

    @cached_property
    def fall(self) -> Fall:
        """Return the deepest falls of equity from its highest peak so far."""
        fall = deepest(self.since, self.points, self.peaks)
        if self.deepest_pct > fall.pct:
            return msgspec.structs.replace(fall, pct=self.deepest_pct, is_dated=False)
        return fall

    def _transferred_between(self, since: int, until: int) -> Decimal:
        return sum((amount for at, amount in self.transfers if since < at <= until), ZERO)
