"""Falls of equity from its highest peak so far, the start being the first peak.

Every point counts, not only days' ends. The deepest fall in money and the deepest in % may be
different falls: each is maximised for itself.
Source: Magdon-Ismail & Atiya, "Maximum drawdown", Risk 17 (2004).
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)

Point = tuple[int, Decimal]


class Drawdown:
    """The deepest fall so far, update by update."""

    def __init__(self, initial: Decimal) -> None:
        self.peak = initial
        self.max_absolute = ZERO
        self.max_pct = ZERO

    def update(self, equity: Decimal) -> None:
        """Take the newest equity, in quote."""
        if equity >= self.peak:
            self.peak = equity
            return
        fall = self.peak - equity
        if fall > self.max_absolute:  # noqa: PLR1730 - cheaper than max(), at every equity
            self.max_absolute = fall
        # Compared before dividing: this runs at every equity. Of no peak there is no share.
        if self.peak > ZERO and HUNDRED * fall > self.max_pct * self.peak:
            self.max_pct = HUNDRED * fall / self.peak

    def shift(self, amount: Decimal) -> None:
        """Take a transfer into the account: the peak moves with it, no fall begins or ends."""
        self.peak += amount

    def save(self) -> dict[str, str]:
        """Return what `load` needs, JSON-able and exact."""
        return {
            "peak": str(self.peak),
            "max_absolute": str(self.max_absolute),
            "max_pct": str(self.max_pct),
        }

    @classmethod
    def load(cls, saved: Mapping[str, str]) -> "Drawdown":
        """Go on from what `save` returned."""
        drawdown = cls(Decimal(saved["peak"]))
        drawdown.max_absolute = Decimal(saved["max_absolute"])
        drawdown.max_pct = Decimal(saved["max_pct"])
        return drawdown


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """The deepest fall in money, the deepest in %, and the longest time under a peak (ms).

    ``absolute_at`` and ``pct_at`` are when they were deepest; ``is_over`` is whether equity came
    back to the peak it was longest under; ``is_dated`` is whether the deepest in % is known as a
    point of the curve, so that ``pct_at`` is its own time.
    """

    absolute: Decimal = ZERO
    absolute_at: int | None = None
    pct: Decimal = ZERO
    pct_at: int | None = None
    longest_ms: int = 0
    is_over: bool = True
    is_dated: bool = True


def peaks_before(
    initial: Decimal, points: Sequence[Point], transfers: Sequence[Point]
) -> list[Decimal]:
    """Return the highest equity before each of *points* (at, equity), oldest first.

    Args:
        initial: the first peak.
        points: what equity was.
        transfers: (at, amount), by which the peak is moved too.
    """
    peak, peaks = initial, []
    flows = iter(transfers)
    coming = next(flows, None)
    for at, equity in points:
        while coming is not None and coming[0] <= at:
            peak += coming[1]
            coming = next(flows, None)
        peaks.append(peak)
        if equity > peak:  # noqa: PLR1730 - half the time of max(), over a year of points
            peak = equity
    return peaks


def deepest(since: int, points: Sequence[Point], peaks: Sequence[Decimal]) -> Fall:
    """Return the deepest falls of *points* (at, equity) from the *peaks* before them.

    A time under a peak begins with the peak, the first of all at *since* (ms), and ends with the
    point that is back at it.
    """
    absolute = pct = ZERO
    absolute_at: int | None = None
    pct_at: int | None = None
    longest, is_over, is_under, peak_at = 0, True, False, since
    of_peak, reached = ZERO, ZERO  # the deepest share of that peak: divided once for each
    for (at, equity), peak in zip(points, peaks, strict=True):
        is_back = equity >= peak
        if (is_under or not is_back) and at - peak_at >= longest:
            longest, is_over = at - peak_at, is_back
        is_under = not is_back
        if is_back:
            peak_at = at
            continue
        fall = peak - equity
        if fall > absolute:
            absolute, absolute_at = fall, at
        if peak != of_peak:
            of_peak, reached = peak, pct * peak / HUNDRED
        if fall > reached and peak > 0:
            pct, pct_at, reached = HUNDRED * fall / peak, at, fall
    return Fall(
        absolute=absolute, absolute_at=absolute_at, pct=pct, pct_at=pct_at, longest_ms=longest,
        is_over=is_over,
    )  # fmt: skip


def underwater(
    points: Sequence[Point], peaks: Sequence[Decimal], shown: Collection[int | None]
) -> list[Point]:
    """Return (at, fall from the peak before it in %, zero or below) of each point *shown*.

    Args:
        points: (at, equity), oldest first.
        peaks: the highest before each of them, as `peaks_before` gives it.
        shown: the times (ms) that are wanted.
    """
    return [
        (at, HUNDRED * (equity - peak) / peak if equity < peak > 0 else ZERO)
        for (at, equity), peak in zip(points, peaks, strict=True)
        if at in shown
    ]
