"""What a strategy is: bars in, signals out; no clock, no I/O, no orders of its own."""

from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from core.ledger import Position
from core.market import Bar
from core.risk import Refusal
from core.trades import Trade

Lean = Literal["buy", "sell", "hold"]
Wish = Literal["none", "enter", "close"]


class AccountView(msgspec.Struct, frozen=True):
    """What a strategy may know of its sub-account: its open position in the bar's symbol."""

    position: Position | None = None


class Part(msgspec.Struct, frozen=True):
    """What one voice of a signal says.

    ``score`` is from -1 (sell) to 1 (buy), ``weight`` from 0 to 1; score · weight is what the
    voice contributes. ``text`` says in words what it saw.
    """

    name: str
    score: float
    weight: float
    text: str

    @property
    def contribution(self) -> float:
        """Return score · weight."""
        return self.score * self.weight


class Prediction(msgspec.Struct, frozen=True):
    """A bet that can be checked: the chance that the close ``horizon_ms`` later is higher.

    ``model`` names what made it, with its version, such as ``gru-20261121T0800``.
    """

    horizon_ms: int
    up_probability: float
    model: str


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy thinks of a symbol, and what it wants done about it.

    ``action`` is the side it leans to, ``confidence`` 0 to 1, ``price`` the close it saw,
    ``reasons`` plain words, most important first, at least one. ``expected_pct`` is the P&L it
    expects of an entry after costs, in % of its notional. ``wish`` ``enter`` asks for an entry on
    the side of ``action`` with protective levels (rounded to the tick by the engine), ``close``
    for the end of its position, which ``role`` gives a reason for. With ``none`` nothing is
    done; ``veto`` then names the strategy's own gate that an entry failed at, if there was one.
    """

    symbol: str
    action: Lean
    confidence: float
    price: Decimal
    reasons: tuple[str, ...]
    wish: Wish = "none"
    role: Literal["signal", "timeout"] = "signal"
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    expected_pct: float | None = None
    parts: tuple[Part, ...] = ()
    veto: Refusal | None = None
    prediction: Prediction | None = None


class Strategy(Protocol):
    """Looks at closed 1-minute bars of every symbol, in time order.

    Attributes:
        name: of its sub-account, and of its file.
        warmup_bars: how many minutes of each symbol `warm` is to be given after a restart.

    Promise: the same bars, views and trades give the same signals, and `warm` leaves it as
    `on_bar` with the same bar would have.

    A strategy may have more, which the engine looks for by name:

    - ``off_reason: str``: not empty when it cannot trade now; it is then not asked, and the page
      says why.
    - ``on_trade(trade: Trade, signal: Signal | None) -> None``: one of its trades closed;
      ``signal`` is what opened it. After a restart it is told of the stored ones again.
    - the methods of `Advised`.
    """

    name: str
    warmup_bars: int

    def on_bar(self, bar: Bar, view: AccountView) -> Signal | None:
        """Look at a closed 1-minute bar; None when there is nothing new to say."""
        ...

    def warm(self, bar: Bar) -> None:
        """Take a bar of the past without deciding."""
        ...


class Learner(Strategy, Protocol):
    """A strategy that learns from its own record."""

    def on_trade(self, trade: Trade, signal: Signal | None) -> None:
        """Take one of its closed trades with the signal that opened it, if that is known."""
        ...


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What an `Advised` strategy wants to ask a language model; ``schema`` is a JSON Schema."""

    symbol: str
    at: int
    price: Decimal
    system: str
    user: str
    schema: dict[str, object]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: ``text`` of the model, or the sentence why there is none in ``failure``.

    ``gate`` is a short stable word for a failure: timeout, unreachable, budget, protocol, refused,
    late; ``value`` is what met its ``limit`` where that is a number. ``note`` is a sentence about
    the answer that a person should read.
    """

    text: str = ""
    failure: str = ""
    gate: str = ""
    value: Decimal | None = None
    limit: Decimal | None = None
    note: str = ""
    model: str = ""
    cost_usd: Decimal = Decimal(0)
    took_s: float = 0.0


class Advised(Strategy, Protocol):
    """A strategy that asks a language model; the engine asks for it, off the trading loop.

    Questions are only raised on live bars: history played flat out asks nobody.
    """

    def question(self, bar: Bar, view: AccountView) -> Question | None:
        """Return what to ask after *bar*, which `on_bar` has seen, if anything."""
        ...

    def on_answer(self, question: Question, answer: Answer, view: AccountView) -> Signal:
        """Return what the answer comes to; nonsense comes to a hold that says so."""
        ...
