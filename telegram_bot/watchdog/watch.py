"""When something that is watched counts as lost, and when as back: not at every blink."""

from enum import Enum, auto

import msgspec


class Patience(msgspec.Struct, frozen=True):
    """How long to wait before anything is told (ms).

    Attributes:
        lost_ms: how long it must be unwell.
        back_ms: how long it must be well again.
        restless_ms: how long it must be well if it was lost less than `restless_within_ms` ago.
        start_ms: how long it may take to be well for the first time.
    """

    lost_ms: int
    back_ms: int = 3_000
    restless_ms: int = 60_000
    restless_within_ms: int = 600_000
    start_ms: int = 120_000


class Turn(Enum):
    """What there is to tell."""

    LOST = auto()
    BACK = auto()


class Watch:
    """One thing that is watched. Times are wall clock, ms."""

    def __init__(self, patience: Patience, now: int, lost_since: int | None = None) -> None:
        """Begin at *now*; *lost_since* is what was told before this process began."""
        self._patience = patience
        self._began_at = now
        self._was_well = lost_since is not None
        self._bad_since: int | None = lost_since
        self._good_since: int | None = None
        self._back_at: int | None = None
        self.lost_since = lost_since

    def knows_it_was_well(self) -> None:
        """Wait no longer than usual, for it was well before."""
        self._was_well = True

    @property
    def is_lost(self) -> bool:
        """Return whether it was told that it is lost, and not yet that it is back."""
        return self.lost_since is not None

    def look(self, *, is_well: bool, now: int, last_well_at: int | None = None) -> Turn | None:
        """Take in how it is at *now*; return what is to be told.

        Args:
            is_well: whether it is.
            now: wall clock, ms.
            last_well_at: when it was well last, if that is known better than by looking.
        """
        if is_well:
            return self._well(now)
        self._good_since = None
        if self._bad_since is None:
            self._bad_since = now if last_well_at is None else min(now, last_well_at)
        if not self._was_well and now - self._began_at < self._patience.start_ms:
            return None
        if self.is_lost or now - self._bad_since < self._patience.lost_ms:
            return None
        self.lost_since = self._bad_since
        return Turn.LOST

    def _well(self, now: int) -> Turn | None:
        self._was_well = True
        if self._good_since is None:
            self._good_since = now
        if not self.is_lost:
            self._bad_since = None
            return None
        if now - self._good_since < self._needed_ms(now):
            return None
        self._bad_since = self.lost_since = None
        self._back_at = now
        return Turn.BACK

    @property
    def well_since(self) -> int | None:
        """Return since when it is well without a break, None while it is not."""
        return self._good_since

    def _needed_ms(self, now: int) -> int:
        is_restless = (
            self._back_at is not None and now - self._back_at < self._patience.restless_within_ms
        )
        return self._patience.restless_ms if is_restless else self._patience.back_ms
