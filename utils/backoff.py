"""How long to wait before trying again."""

from random import Random


class Backoff:
    """Yields rising waits with full jitter: uniform between 0 and min(cap, base · 2ⁿ).

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    def __init__(self, base_s: float, cap_s: float, rng: Random) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._rng = rng
        self._ceiling_s = min(base_s, cap_s)

    def next(self) -> float:
        """Return the seconds to wait now; the next call may wait twice as long."""
        wait_s = self._rng.uniform(0, self._ceiling_s)
        self._ceiling_s = min(self._cap_s, self._ceiling_s * 2)
        return wait_s

    def reset(self) -> None:
        """Begin anew, after what was tried has worked for a while."""
        self._ceiling_s = min(self._base_s, self._cap_s)
