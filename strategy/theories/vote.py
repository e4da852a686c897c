"""What theories come to together, and what may be expected of it."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from strategy.base import Part

SKILL: Final = 0.1  # assumed correlation of the score with what comes: that of a good forecast
USUAL_SCORE: Final = 0.23  # root mean square of the score on a random walk
LARGEST: Final = 2.5  # usual scores: beyond that a score says no more
LOUDEST: Final = 3  # parts whose words are reasons


class Vote(msgspec.Struct, frozen=True):
    """Parts with their weighted mean: ``score`` from -1 to 1."""

    parts: tuple[Part, ...]
    score: float

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "Vote":
        """Count *parts*: Σ score·weight ÷ Σ weight."""
        weight = sum(part.weight for part in parts)
        score = sum(part.score * part.weight for part in parts) / weight if weight > 0 else 0.0
        return cls(tuple(parts), score)

    def joined_by(self, part: Part) -> "Vote":
        """Count once more, with *part*."""
        return Vote.of((*self.parts, part))

    @property
    def side(self) -> int:
        """Return 1 for up, -1 for down."""
        return 1 if self.score >= 0 else -1

    @property
    def confidence(self) -> float:
        """Return the size of the score, 0 to 1."""
        return min(1.0, abs(self.score))

    @property
    def forecast(self) -> float:
        """Return the move to expect over any horizon, in its standard deviations.

        Source: Grinold, "Alpha is volatility times IC times score", J. Portfolio Management 20
        (1994), with `SKILL` for IC and the score in units of `USUAL_SCORE`.
        """
        return SKILL * max(-LARGEST, min(LARGEST, self.score / USUAL_SCORE))

    @property
    def up_probability(self) -> float:
        """Return the chance of a rise: of a normal move with the forecast as its mean."""
        return 0.5 * math.erfc(-self.forecast / math.sqrt(2))

    @property
    def lean(self) -> str:
        """Return confidence and side in words."""
        return f"confidence {self.confidence:.2f} {'up' if self.side > 0 else 'down'}"

    def reasons(self, first: str) -> tuple[str, ...]:
        """Return *first*, then what the loudest parts say."""
        loud = sorted(self.parts, key=_loudness)[-1 : -1 - LOUDEST : -1]
        return (first, *(f"{part.name}: {part.text}" for part in loud))


def _loudness(part: Part) -> float:
    return abs(part.score * part.weight)
