"""Strategies by the name that settings give them."""

from collections.abc import Callable, Mapping
from typing import Final

from core.errors import ConfigError
from strategy.base import Strategy
from strategy.trend import Trend

STRATEGIES: Final[Mapping[str, Callable[[], Strategy]]] = {Trend.name: Trend}


def make_strategy(name: str) -> Strategy:
    """Return a new strategy.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in STRATEGIES:
        known = ", ".join(sorted(STRATEGIES))
        raise ConfigError(f"strategies must be of {known}, was {name!r}")
    return STRATEGIES[name]()
