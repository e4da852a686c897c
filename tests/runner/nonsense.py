"""What a strategy can do wrong: raise, hang, leave, and talk nonsense of every kind."""

import asyncio
import math
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from typing_extensions import override

from core.market import MINUTE_MS, Bar
from core.risk import Refusal
from strategy.base import Part, Prediction, Signal

NOBODY_CAME_S = 20.0


def raise_it(*_: object) -> Any:
    raise ZeroDivisionError("no volatility")


def spin(*_: object) -> Any:
    until = time.monotonic() + NOBODY_CAME_S
    while time.monotonic() < until:
        pass
    raise AssertionError("nobody interrupted it")


def swallow(*_: object) -> Any:
    while True:
        try:
            spin()
        except Exception as error:
            if isinstance(error, AssertionError):
                raise


class MuteError(Exception):
    @override
    def __str__(self) -> str:
        raise RuntimeError("speechless")


def raise_mute(*_: object) -> Any:
    raise MuteError


def leave(*_: object) -> Any:
    sys.exit(3)


def cancel(*_: object) -> Any:
    raise asyncio.CancelledError


def recurse(bar: Bar) -> Any:
    return recurse(bar)


def signal(bar: Bar, **changes: Any) -> Signal:
    """Return an entry."""
    fields: dict[str, Any] = {
        "action": "buy", "symbol": bar.symbol, "confidence": 0.5, "reasons": ("so",),
        "price": bar.close, "wish": "enter", "stop_price": bar.close * Decimal("0.95"),
    }  # fmt: skip
    return Signal(**fields | changes)


def part(**changes: Any) -> tuple[Part, ...]:
    fields: dict[str, Any] = {"name": "hurst", "score": 0.5, "weight": 1.0, "text": "it trends"}
    return (Part(**fields | changes),)


def look_alike(bar: Bar) -> Any:
    whole = signal(bar)
    return SimpleNamespace(**{name: getattr(whole, name) for name in whole.__struct_fields__})


WRONG: dict[str, tuple[Callable[[Bar], Any], str]] = {
    "raises": (raise_it, "ZeroDivisionError: no volatility"),
    "raises what cannot be said": (raise_mute, "MuteError: it cannot say what"),
    "leaves": (leave, "SystemExit"),
    "cancels": (cancel, "CancelledError"),
    "recurses": (recurse, "RecursionError"),
    "no signal": (lambda _: "buy", "it must say a Signal or None, said str"),
    "looks like one": (look_alike, "said SimpleNamespace"),
    "price is no number": (lambda b: signal(b, price=Decimal("NaN")), "price must be above 0"),
    "price is zero": (lambda b: signal(b, price=Decimal(0)), "price must be above 0, was 0"),
    "stop is no number": (lambda b: signal(b, stop_price=Decimal("NaN")), "stop_price must be"),
    "stop is endless": (lambda b: signal(b, stop_price=Decimal("Infinity")), "stop_price must be"),
    "stop is below zero": (lambda b: signal(b, stop_price=Decimal(-1)), "stop_price must be"),
    "stop is a float": (lambda b: signal(b, stop_price=1.5), "Error"),
    "target is a world away": (lambda b: signal(b, target_price=Decimal("1e40")), "near the price"),
    "confidence is no number": (lambda b: signal(b, confidence=math.nan), "confidence"),
    "confidence is above one": (lambda b: signal(b, confidence=1.1), "from 0 to 1, was 1.1"),
    "confidence is a word": (lambda b: signal(b, confidence="high"), "confidence"),
    "confidence is a decimal": (lambda b: signal(b, confidence=Decimal("0.5")), "confidence"),
    "expectation is endless": (lambda b: signal(b, expected_pct=math.inf), "expected_pct"),
    "action is unknown": (lambda b: signal(b, action="panic"), "panic"),
    "wish is unknown": (lambda b: signal(b, wish="hope"), "hope"),
    "an entry to hold": (lambda b: signal(b, action="hold"), "buy or a sell"),
    "reason of a close is unknown": (lambda b: signal(b, wish="close", role="whim"), "whim"),
    "no reasons": (lambda b: signal(b, reasons=()), "at least one, in words"),
    "reasons are no words": (lambda b: signal(b, reasons=(object(),)), "object"),
    "reasons without end": (lambda b: signal(b, reasons=("so ",) * 9_000), "bytes long"),
    "another symbol": (lambda b: signal(b, symbol="XRP/USDT"), "spoke of XRP/USDT"),
    "a score out of range": (lambda b: signal(b, parts=part(score=-1.5)), "score of hurst"),
    "a score of nothing": (lambda b: signal(b, parts=part(score=math.nan)), "score"),
    "a weight out of range": (lambda b: signal(b, parts=part(weight=2)), "weight of hurst"),
    "a part without a name": (lambda b: signal(b, parts=part(name=None)), "name"),
    "parts that are none": (lambda b: signal(b, parts=("hurst",)), "parts"),
    "a chance above one": (
        lambda b: signal(b, prediction=Prediction(MINUTE_MS, 1.5, "gru")), "from 0 to 1, was 1.5",
    ),
    "a veto of words": (lambda b: signal(b, wish="none", veto="no"), "veto"),
    "a veto with a float": (
        lambda b: signal(b, wish="none", veto=Refusal("g", object(), None, "no")), "object",  # type: ignore[arg-type]
    ),
}  # fmt: skip
