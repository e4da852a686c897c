"""Which entries were applied lately, so that one that comes twice counts once."""

from collections import defaultdict, deque
from typing import Final

Identity = tuple[str, str]

KEPT_POSITIONS: Final = 256


class Applied:
    """The (source, source id) of every entry of the open positions and of the last closed ones.

    Promise: it does not grow with the journal. What it has forgotten belongs to a position that
    was closed `KEPT_POSITIONS` positions ago: no source tells that late, and the store would
    still refuse to keep it twice.
    """

    def __init__(self) -> None:
        self._known: set[Identity] = set()
        self._open: defaultdict[str, list[Identity]] = defaultdict(list)
        self._closed: deque[list[Identity]] = deque()

    def __contains__(self, identity: Identity) -> bool:
        return identity in self._known

    def __len__(self) -> int:
        return len(self._known)

    def add(self, identity: Identity, position_id: str) -> None:
        """Remember an entry; *position_id* is empty for one that belongs to no position."""
        self._known.add(identity)
        self._open[position_id].append(identity)

    def close(self, position_id: str) -> None:
        """Take note that a position is closed, and forget the oldest of the closed ones."""
        self._closed.append(self._open.pop(position_id, []))
        if len(self._closed) > KEPT_POSITIONS:
            self._known.difference_update(self._closed.popleft())
