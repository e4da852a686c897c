"""A figure, the reason why there is none, and what the figure means."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Literal

import msgspec

from core.metrics.sample import Sample

Unit = Literal["money", "pct", "ratio", "count", "duration_ms", "time_ms"]


class Measure(msgspec.Struct, frozen=True):
    """A figure, or the reason why there is none.

    ``low`` and ``high`` bound a 95 % interval, ``at`` (ms) is when it happened, ``basis`` says in
    a few words what it rests on.
    """

    value: Decimal | None
    reason: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    at: int | None = None
    basis: str = ""


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure means: the words that page, API, bot and report show for it."""

    label: str
    formula: str
    unit: Unit
    minimum: str = "1 closed trade"
    source: str = ""


Metric = Callable[[Sample], Measure]

METRICS: Final[dict[str, Metric]] = {}
DEFINITIONS: Final[dict[str, Definition]] = {}


def defined(definition: Definition) -> Callable[[Metric], Metric]:
    """Register a metric under its function's name; its docstring tells the *definition* too."""

    def register(metric: Metric) -> Metric:
        told = (
            f"Formula: {definition.formula}.",
            f"Unit: {definition.unit}.",
            f"Needs: {definition.minimum}.",
            f"Source: {definition.source or 'its definition'}.",
        )
        metric.__doc__ = "\n".join((f"{metric.__doc__}\n", *told))
        METRICS[metric.__name__] = metric
        DEFINITIONS[metric.__name__] = definition
        return metric

    return register


def none(reason: str) -> Measure:
    """Return that there is no figure, and why."""
    return Measure(None, reason)
