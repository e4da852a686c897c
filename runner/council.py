"""Asks the strategies; one that fails or hangs harms neither the engine nor the others."""

import heapq
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from math import isfinite
from operator import attrgetter
from typing import Final, TypeVar, get_args

import msgspec

from core.ledger import Portfolio
from core.market import Bar
from core.orders import OrderRole
from core.trades import Trade
from runner.patience import OutOfTimeError, Patience
from runner.record import Record
from runner.roster import FAILED, Roster
from strategy.base import AccountView, Lean, Part, Signal, Strategy, Wish

log: Final = logging.getLogger(__name__)

Result = TypeVar("Result")

FARTHEST: Final = 10  # times the price: no stop or target lies beyond
LONGEST_TEXT: Final = 500
LONGEST_SIGNAL: Final = 16_384
_SIGNALS: Final = msgspec.json.Decoder(Signal)


class Council:
    """The strategies that are asked about every bar, in their order.

    Promise: a strategy that raises, takes too long, or says what makes no sense, is not asked
    again until the next start; that is told by one alert, and its positions keep their stops.
    """

    def __init__(
        self, roster: Roster, portfolio: Portfolio, record: Record, patience: Patience
    ) -> None:
        self.roster = roster
        self._portfolio = portfolio
        self._record = record
        self.patience = patience
        self._asked = tuple(roster.trading())

    @property
    def asked(self) -> tuple[Strategy, ...]:
        """Return the strategies that are asked now."""
        return self._asked

    def look_again(self) -> list[str]:
        """Let strategies come and go by their own word; return the names of those that did."""
        turned = self.roster.look_again()
        if turned:
            self._asked = tuple(self.roster.trading())
        return turned

    def warm(self, histories: Sequence[Sequence[Bar]]) -> None:
        """Let every strategy take the past in time order; *histories* is that of each symbol."""
        running = [m.strategy for m in self.roster.members.values() if m.strategy is not None]
        for strategy in running:
            wanted = (bars[max(0, len(bars) - strategy.warmup_bars) :] for bars in histories)
            for bar in heapq.merge(*wanted, key=attrgetter("open_time")):
                self._call(strategy, bar.symbol, bar.close_time, strategy.warm, bar)
                if self.roster.members[strategy.name].status == FAILED:
                    break

    def take_in(self, bar: Bar) -> None:
        """Let the strategies know *bar* without deciding on it."""
        for strategy in self._asked:
            self._call(strategy, bar.symbol, bar.close_time, strategy.warm, bar)

    def view(self, strategy: Strategy, symbol: str) -> AccountView:
        """Return what *strategy* may know of its sub-account."""
        return AccountView(position=self._portfolio.position(strategy.name, symbol))

    def decide(self, bar: Bar) -> Iterator[tuple[Strategy, Signal]]:
        """Yield what each strategy has to say about *bar*."""
        symbol, at, positions = bar.symbol, bar.close_time, self._portfolio.positions
        for strategy in self._asked:
            view = AccountView(positions.get((strategy.name, symbol)))
            signal = self._call(strategy, symbol, at, strategy.on_bar, bar, view)
            if signal is not None and self._is_sound(strategy, symbol, at, signal):
                yield strategy, signal

    def ask(
        self,
        strategy: Strategy,
        symbol: str,
        at: int,
        method: Callable[..., Signal | None],
        about: object,
        *more: object,
    ) -> Signal | None:
        """Return what *method* of *strategy* says with its view of *symbol*, checked.

        None when it has nothing to say or failed.
        """
        view = self.view(strategy, symbol)
        signal = self._call(strategy, symbol, at, method, about, *more, view)
        if signal is None or not self._is_sound(strategy, symbol, at, signal):
            return None
        return signal

    def _is_sound(self, strategy: Strategy, symbol: str, at: int, signal: Signal) -> bool:
        """Tell whether *signal* makes sense; one that does not ends its strategy."""
        try:
            check_signal(signal, symbol)
        except Exception as error:  # noqa: BLE001 - what it holds is somebody's own code too
            self._dismiss(strategy, symbol, at, error)
            return False
        return True

    def tell(self, strategy: Strategy, trade: Trade, signal: Signal | None) -> None:
        """Let a strategy that learns from its record hear of a closed trade."""
        listen = getattr(strategy, "on_trade", None)
        if listen is not None:
            self._call(strategy, trade.symbol, trade.closed_at, listen, trade, signal)

    def _call(
        self,
        strategy: Strategy,
        symbol: str,
        at: int,
        method: Callable[..., Result],
        *args: object,
    ) -> Result | None:
        """Return what *method* returns, None when it failed, which ends its strategy.

        Raises:
            KeyboardInterrupt: a person wants the process to end.
        """
        try:
            return self.patience.call(method, *args)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - it is somebody's own code, sys.exit and all
            self._dismiss(strategy, symbol, at, error)
            return None

    def _dismiss(self, strategy: Strategy, symbol: str, at: int, error: BaseException) -> None:
        self._asked = tuple(other for other in self._asked if other is not strategy)
        log.error("Strategy %s failed at %s", strategy.name, symbol, exc_info=error)
        why = f"{symbol}: {_words(error)}"[:LONGEST_TEXT]
        self.roster.fail(strategy.name, f"{why}. It is asked again at the next start.")
        detail = f"{why}. It is not asked again until the next start; stops still stand."
        self._record.alert(
            at, "error", "strategy_failed", f"Strategy {strategy.name} failed", detail
        )


def _words(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - even the error is somebody's own code
        text = "it cannot say what"
    return text if isinstance(error, OutOfTimeError) else f"{type(error).__name__}: {text}"


def check_signal(signal: Signal, symbol: str) -> None:
    """Make sure that *signal* makes sense.

    Raises:
        ValueError: naming what does not.
    """
    _check_types(signal)
    if signal.symbol != symbol:
        raise ValueError(f"it was asked about {symbol} and spoke of {signal.symbol}")
    for name, word, known in (
        ("action", signal.action, get_args(Lean)),
        ("wish", signal.wish, get_args(Wish)),
        ("role", signal.role, (OrderRole.SIGNAL, OrderRole.TIMEOUT)),
    ):
        if word not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, was {word!r}")
    if signal.wish == "enter" and signal.action == "hold":
        raise ValueError("an entry must be a buy or a sell, was hold")
    if not (signal.price.is_finite() and signal.price > 0):
        raise ValueError(f"price must be above 0, was {signal.price}")
    if not signal.reasons or not all(isinstance(r, str) for r in signal.reasons):
        raise ValueError(f"reasons must be at least one, in words, were {signal.reasons!r}")
    _check_numbers(signal)
    _check_levels(signal)


def _check_types(signal: Signal) -> None:
    """Make sure that every field is of its type, else it could not be stored.

    Raises:
        ValueError: naming what is not.
    """
    if type(signal) is not Signal:
        raise ValueError(f"it must say a Signal or None, said {type(signal).__name__}")
    said = msgspec.json.encode(signal)
    if len(said) > LONGEST_SIGNAL:
        raise ValueError(f"a signal may be {LONGEST_SIGNAL} bytes long, was {len(said)}")
    _SIGNALS.decode(said)


def _check_numbers(signal: Signal) -> None:
    if not 0 <= signal.confidence <= 1:
        raise ValueError(f"confidence must be from 0 to 1, was {signal.confidence}")
    if signal.expected_pct is not None and not isfinite(signal.expected_pct):
        raise ValueError(f"expected_pct must be a number, was {signal.expected_pct}")
    if signal.prediction is not None and not 0 <= signal.prediction.up_probability <= 1:
        chance = signal.prediction.up_probability
        raise ValueError(f"a probability must be from 0 to 1, was {chance}")
    for part in signal.parts:
        _check_part(part)


def _check_part(part: Part) -> None:
    if not -1 <= part.score <= 1:
        raise ValueError(f"the score of {part.name} must be from -1 to 1, was {part.score}")
    if not 0 <= part.weight <= 1:
        raise ValueError(f"the weight of {part.name} must be from 0 to 1, was {part.weight}")


def _check_levels(signal: Signal) -> None:
    levels: Iterable[tuple[str, Decimal | None]] = (
        ("stop_price", signal.stop_price), ("target_price", signal.target_price),
    )  # fmt: skip
    for name, level in levels:
        if level is not None and not (level.is_finite() and 0 < level < FARTHEST * signal.price):
            price = signal.price
            raise ValueError(f"{name} must be above 0 and near the price {price}, was {level}")
