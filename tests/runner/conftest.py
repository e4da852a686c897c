"""Fixtures of the engine's tests."""

import pytest

import strategy
from tests.runner.engine_process import OWN_STRATEGIES


@pytest.fixture
def own_strategies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let settings name the strategies that these tests bring."""
    monkeypatch.setattr(strategy, "__path__", [*strategy.__path__, str(OWN_STRATEGIES)])
