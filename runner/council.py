"""Asks the strategies; one that fails harms neither the engine nor the others."""

import heapq
import logging
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Final, get_args

from core.ledger import Portfolio
from core.market import Bar
from core.orders import OrderRole
from runner.record import Record
from strategy.base import AccountView, Action, Decision, Intent, Lean, Outlook, Strategy

log: Final = logging.getLogger(__name__)

FARTHEST: Final = 10  # times the price: no stop or target lies beyond


class Council:
    """The strategies that are asked about every bar, in their order.

    Promise: a strategy that raises, or decides what makes no sense, is not asked again until the
    next start; that is told by one alert, and its positions keep their stops.
    """

    def __init__(
        self, strategies: Sequence[Strategy], portfolio: Portfolio, record: Record
    ) -> None:
        self._portfolio = portfolio
        self._record = record
        self._asked = tuple(strategies)

    def warm(self, histories: Sequence[Sequence[Bar]]) -> None:
        """Let every strategy take the past in time order; *histories* is that of each symbol."""
        for strategy in self._asked:
            wanted = (bars[max(0, len(bars) - strategy.warmup_bars) :] for bars in histories)
            for bar in heapq.merge(*wanted, key=attrgetter("open_time")):
                try:
                    strategy.warm(bar)
                except Exception as error:  # noqa: BLE001 - a strategy is somebody's own code
                    self._dismiss(strategy, bar, error)
                    break

    def decide(self, bar: Bar) -> Iterator[tuple[Strategy, Decision]]:
        """Yield what each strategy has to say about *bar*."""
        for strategy in self._asked:
            view = AccountView(position=self._portfolio.position(strategy.name, bar.symbol))
            try:
                decision = strategy.on_bar(bar, view)
                if decision is not None:
                    _check(decision, bar)
            except Exception as error:  # noqa: BLE001 - a strategy is somebody's own code
                self._dismiss(strategy, bar, error)
                continue
            if decision is not None:
                yield strategy, decision

    def _dismiss(self, strategy: Strategy, bar: Bar, error: Exception) -> None:
        self._asked = tuple(other for other in self._asked if other is not strategy)
        log.error("Strategy %s failed at %s", strategy.name, bar, exc_info=error)
        detail = (
            f"{bar.symbol}: {type(error).__name__}: {error}. "
            f"It is not asked again until the next start; stops still stand."
        )
        title = f"Strategy {strategy.name} failed"
        self._record.alert(bar.close_time, "error", "strategy_failed", title, detail)


def _check(decision: Decision, bar: Bar) -> None:
    """Make sure that *decision* makes sense.

    Raises:
        ValueError: naming what does not.
    """
    for part in (decision.outlook, decision.intent):
        if part is None:
            continue
        if part.symbol != bar.symbol:
            raise ValueError(f"it was asked about {bar.symbol} and spoke of {part.symbol}")
        if not 0 <= part.confidence <= 1:
            raise ValueError(f"confidence must be from 0 to 1, was {part.confidence}")
    if decision.outlook is not None:
        _check_outlook(decision.outlook)
    if decision.intent is not None:
        _check_intent(decision.intent, bar.close)


def _check_outlook(outlook: Outlook) -> None:
    if outlook.action not in get_args(Lean):
        raise ValueError(f"an outlook must be one of {get_args(Lean)}, was {outlook.action!r}")
    if not outlook.price.is_finite():
        raise ValueError(f"the price of an outlook must be a number, was {outlook.price}")


def _check_intent(intent: Intent, price: Decimal) -> None:
    if intent.action not in get_args(Action):
        raise ValueError(f"an intent must be one of {get_args(Action)}, was {intent.action!r}")
    if intent.role not in {OrderRole.SIGNAL, OrderRole.TIMEOUT}:
        raise ValueError(f"an intent's role must be signal or timeout, was {intent.role!r}")
    if not all(isinstance(reason, str) for reason in intent.reasons):
        raise ValueError(f"reasons must be words, were {intent.reasons!r}")
    levels: Iterable[tuple[str, Decimal | None]] = (
        ("stop_price", intent.stop_price), ("target_price", intent.target_price),
    )  # fmt: skip
    for name, level in levels:
        if level is not None and not (level.is_finite() and 0 < level < FARTHEST * price):
            raise ValueError(f"{name} must be above 0 and near the price {price}, was {level}")
