"""What a strategy is: bars in, decisions out; no clock, no I/O, no orders of its own."""

from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from core.ledger import Position
from core.market import Bar

Action = Literal["buy", "sell", "close"]
Lean = Literal["buy", "sell", "hold"]


class AccountView(msgspec.Struct, frozen=True):
    """What a strategy may know of its sub-account: its open position in the bar's symbol."""

    position: Position | None = None


class Outlook(msgspec.Struct, frozen=True):
    """What a strategy thinks of a symbol, also when it does nothing about it.

    ``confidence`` is 0 to 1; ``reason`` one line in plain words; ``price`` the close it saw.
    """

    symbol: str
    action: Lean
    confidence: float
    reason: str
    price: Decimal


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy wants done; the engine sizes it and risk checks it.

    ``stop_price`` and ``target_price`` are protective levels of an entry, rounded to the tick
    by the engine. ``role`` says why a close is wanted: ``signal`` or ``timeout``.
    """

    action: Action
    symbol: str
    confidence: float
    reasons: tuple[str, ...]
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    role: Literal["signal", "timeout"] = "signal"


class Decision(msgspec.Struct, frozen=True):
    """The result of looking at one bar."""

    outlook: Outlook | None = None
    intent: Intent | None = None


class Strategy(Protocol):
    """Looks at closed 1-minute bars of every symbol, in time order.

    Attributes:
        name: of its sub-account, and of its file.
        warmup_bars: how many minutes of each symbol `warm` is to be given after a restart.

    Promise: the same bars and views give the same decisions, and `warm` leaves it as `on_bar`
    with the same bar would have.
    """

    name: str
    warmup_bars: int

    def on_bar(self, bar: Bar, view: AccountView) -> Decision | None:
        """Look at a closed 1-minute bar; None when there is nothing new to say."""
        ...

    def warm(self, bar: Bar) -> None:
        """Take a bar of the past without deciding."""
        ...
