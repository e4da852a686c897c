"""What may be spent on a language model in a UTC day, over all its questions."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from core.market import DAY_MS
from infra.llm.base import Usage
from utils.clock import Clock

ZERO: Final = Decimal(0)
NEAR: Final = Decimal("0.8")  # of the limit: time to say so


@dataclass(slots=True)
class ModelBudget:
    """Counts a day's spending; *clock* is the machine's, since money is spent in real days.

    Promise: what is held and what was spent never come to more than the limit together, unless
    a server bills more than it was asked for.
    """

    limit_usd: Decimal
    clock: Clock
    _spent_usd: Decimal = ZERO
    _held_usd: Decimal = ZERO
    _day: int = 0
    _said: set[str] = field(default_factory=set)

    @classmethod
    def of_today(cls, limit_usd: Decimal, clock: Clock, spent_usd: Decimal) -> "ModelBudget":
        """Return one of which *spent_usd* is gone; what that should have told is told."""
        budget = cls(limit_usd, clock, spent_usd, _day=clock.now() // DAY_MS)
        budget.is_near()
        return budget

    @property
    def spent_usd(self) -> Decimal:
        """Return what was spent since 00:00 UTC."""
        today = self.clock.now() // DAY_MS
        if today != self._day:
            self._day, self._spent_usd = today, ZERO
            self._said.clear()
        return self._spent_usd

    def hold(self, usd: Decimal) -> bool:
        """Set *usd* aside; False when so much is not left."""
        if self.spent_usd + self._held_usd + usd > self.limit_usd:
            return False
        self._held_usd += usd
        return True

    def settle(self, held_usd: Decimal, spent_usd: Decimal) -> None:
        """Spend *spent_usd* of what was held."""
        self._held_usd -= held_usd
        self._spent_usd = self.spent_usd + spent_usd

    def is_near(self) -> bool:
        """Return True the first time that little of a day's limit is left."""
        return self.spent_usd >= NEAR * self.limit_usd and self.first_today("near")

    def first_today(self, word: str) -> bool:
        """Return whether *word* is asked about for the first time this day."""
        new = word not in self._said
        self._said.add(word)
        return new


@dataclass(slots=True)
class QuestionPurse:
    """Pays for one question from the budget, and knows what it came to."""

    budget: ModelBudget
    used: Usage = field(default_factory=Usage)

    def hold(self, worst: Usage) -> bool:
        """Set *worst* aside for an attempt; False when so much is not left."""
        return self.budget.hold(worst.cost_usd)

    def settle(self, worst: Usage, used: Usage) -> None:
        """Give *worst* back, which was set aside, and pay for what was used."""
        self.budget.settle(worst.cost_usd, used.cost_usd)
        self.used = self.used.plus(used)
