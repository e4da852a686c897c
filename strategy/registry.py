"""Strategies by the name that settings give them: a file of that name beside this one.

A strategy's file sets ``STRATEGY`` to its class; nothing else needs to know of it.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, Final

import strategy
from core.errors import ConfigError
from strategy.base import Strategy

_NOT_STRATEGIES: Final = {"base", "indicators", "registry"}  # nor is a folder one


def known_strategies() -> list[str]:
    """Return the names that `make_strategy` takes."""
    files = {m.name for m in pkgutil.iter_modules(strategy.__path__) if not m.ispkg}
    return sorted(files - _NOT_STRATEGIES)


def make_strategy(name: str, options: Mapping[str, Any] | None = None) -> Strategy:
    """Return a new strategy, made with *options* by name: the settings' group of its name.

    Raises:
        ConfigError: there is none of that name, or its file does not say which class it is.
    """
    known = known_strategies()
    if name not in known:
        raise ConfigError(f"strategies must be of {', '.join(known)}, was {name!r}")
    module = importlib.import_module(f"strategy.{name}")
    if not hasattr(module, "STRATEGY"):
        raise ConfigError(f"strategy/{name}.py must set STRATEGY to its class")
    made: Strategy = module.STRATEGY(**options or {})
    return made
