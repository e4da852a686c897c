"""What became of each row of a file."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

SHOWN: Final = 50


@dataclass(slots=True)
class Outcome:
    """The rows of one file: how many were stored, were there already, and were refused, and why."""

    name: str
    stored: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, reason: str) -> None:
        """Set a row aside."""
        self.refused.append((line, reason))

    def lines(self) -> Iterator[str]:
        """Yield what to tell: one line a refused row, at most fifty, and the sum."""
        self.refused.sort()
        for line, reason in self.refused[:SHOWN]:
            yield f"{self.name}:{line}: refused, {reason}"
        if len(self.refused) > SHOWN:
            kinds = Counter(reason.partition(",")[0][:60] for _, reason in self.refused[SHOWN:])
            most = "; ".join(f"{count} × {kind}" for kind, count in kinds.most_common(5))
            yield f"{self.name}: {len(self.refused) - SHOWN} more refused ({most})"
        yield (
            f"{self.name}: {self.stored} rows stored, {self.known} were there already, "
            f"{len(self.refused)} refused"
        )
