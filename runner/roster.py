"""The strategies by name: which trade, which do not, and why."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from core.errors import ConfigError
from strategy.base import Strategy
from strategy.registry import make_strategy

log: Final = logging.getLogger(__name__)

TRADING: Final = "trading"
OFF: Final = "off"
FAILED: Final = "failed"
RETIRED: Final = "retired"
LONGEST_NOTE: Final = 500
UNUSED: Final = "Not among the strategies of the settings."


@dataclass(slots=True)
class Spending:
    """What a strategy's language model cost today and may cost, in USD."""

    today_usd: Decimal
    limit_usd: Decimal


@dataclass(slots=True)
class Member:
    """A strategy that is known, with or without an instance that runs."""

    name: str
    strategy: Strategy | None = None
    status: str = OFF
    note: str = UNUSED
    spending: Spending | None = None

    @property
    def model(self) -> str:
        """Return the name of the model it decides with, empty when it has none."""
        return _own_word(self.strategy, "model_name")


@dataclass(slots=True)
class Roster:
    """Every strategy there is a file or a sub-account of."""

    members: dict[str, Member] = field(default_factory=dict)

    @classmethod
    def of(
        cls, strategies: Sequence[Strategy], known: Sequence[str], held: Sequence[str]
    ) -> "Roster":
        """Build it from those that run, the names that could, and those with a sub-account."""
        members = {name: Member(name) for name in known}
        for name in held:
            members[name] = Member(name, status=RETIRED)
        for strategy in strategies:
            reason = off_reason(strategy)
            status = OFF if reason else TRADING
            members[strategy.name] = Member(strategy.name, strategy, status, reason)
        return cls(members)

    def trading(self) -> Iterator[Strategy]:
        """Yield the strategies that are asked now, in the order of the settings."""
        for member in self.members.values():
            if member.strategy is not None and member.status == TRADING:
                yield member.strategy

    def fail(self, name: str, why: str) -> None:
        """Ask a strategy no more until the next start."""
        self.members[name].status, self.members[name].note = FAILED, why

    def look_again(self) -> list[str]:
        """Return the names of those that went off or on by their own word since the last look."""
        turned = []
        for member in self.members.values():
            if member.strategy is None or member.status not in {TRADING, OFF}:
                continue
            note = off_reason(member.strategy)
            if note != member.note:
                member.status, member.note = OFF if note else TRADING, note
                turned.append(member.name)
        return turned


def recruit(
    names: Sequence[str], options: Callable[[str], Mapping[str, Any]]
) -> tuple[list[Strategy], dict[str, str]]:
    """Make the strategies of these *names*; return them, and why each of the others cannot be.

    Raises:
        ConfigError: there is none of that name, or not one of them can be made.
    """
    made, broken = [], {}
    for name in names:
        try:
            made.append(make_strategy(name, options(name)))
        except ConfigError:
            raise
        except (Exception, SystemExit) as error:  # a strategy is somebody's own code
            log.exception("Strategy %s cannot be made", name)
            broken[name] = f"It cannot be made: {type(error).__name__}: {error}"[:LONGEST_NOTE]
    if not made:
        raise ConfigError(f"no strategy can be made. {'; '.join(broken.values())}")
    return made, broken


def off_reason(strategy: Strategy) -> str:
    """Return why *strategy* cannot trade now, empty when it can."""
    return _own_word(strategy, "off_reason")


def _own_word(strategy: Strategy | None, name: str) -> str:
    """Return what *strategy* says of itself; if it cannot, that."""
    try:
        return str(getattr(strategy, name, ""))
    except Exception as error:  # noqa: BLE001 - a strategy is somebody's own code
        return f"Its {name} raised {type(error).__name__}."
