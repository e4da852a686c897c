"""Figures that a child works out, kept while they hold."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from telegram_webapp.errands import LongHistory, Pair, compare_apart, figures_apart
from utils.clock import Clock

KEPT: Final = 32
GOOD_FOR: Final = 20.0  # times what it took: a child is busy for a twentieth of the time at most


@dataclass(frozen=True, slots=True)
class _Kept:
    body: bytes
    until: float  # of the monotonic clock


class Apart:
    """Has figures worked out by one child at a time.

    Promise: a comparison is worked out once for the same trades; what a long history came to may
    be late by twenty times what it takes to work it out.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._busy = threading.Lock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()

    def compare(self, names: tuple[str, str], returns: tuple[list[float], list[float]]) -> bytes:
        """Return the JSON of the comparison of two strategies by what each trade made, in %.

        Raises:
            StoreError: it could not be worked out.
        """
        pair = Pair(names=names, returns=returns)
        key = ("compare", names, tuple(map(tuple, returns)))
        return self._made(key, lambda: compare_apart(pair), for_ever=True)

    def figures(self, wanted: LongHistory) -> bytes:
        """Return the JSON of the figures of a long history.

        Raises:
            StoreError: it is too long for anybody, or the database refused.
        """
        key = ("figures", wanted.account_id, wanted.asked)
        return self._made(key, lambda: figures_apart(wanted), for_ever=False)

    def _made(self, key: Hashable, make: Callable[[], bytes], *, for_ever: bool) -> bytes:
        with self._busy:
            kept = self._kept.get(key)
            if kept is None or self._clock.monotonic() >= kept.until:
                begun = self._clock.monotonic()
                body = make()
                now = self._clock.monotonic()
                kept = _Kept(body, float("inf") if for_ever else now + GOOD_FOR * (now - begun))
                self._keep(key, kept)
            return kept.body

    def _keep(self, key: Hashable, kept: _Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
