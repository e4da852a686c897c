"""What is counted of the answers of this process: questions to the database, and answers kept."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from utils.spread import Spread


class Meter:
    """Counts since the start, and how long questions to the database took lately.

    Attributes:
        hits: answers that were there already: kept by us, or by whoever asked (304).
        misses: answers that had to be made.
        queries: questions to the database, with their wait for a thread.
    """

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self.queries = 0
        self.spread = Spread()

    @contextmanager
    def query(self) -> Iterator[None]:
        """Count a question to the database, and measure it."""
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self.queries += 1
            self.spread.add((time.perf_counter() - began_s) * 1000)

    def cache(self) -> dict[str, Any]:
        """Return how often an answer was there already."""
        asked = self.hits + self.misses
        hit_pct = round(100 * self.hits / asked, 2) if asked else None
        return {"hits": self.hits, "misses": self.misses, "hit_pct": hit_pct}
