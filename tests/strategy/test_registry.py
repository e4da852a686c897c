"""A strategy is found by its name."""

from pathlib import Path

import pytest

import strategy
from core.errors import ConfigError
from infra.setting_groups import FullMathSettings
from strategy.registry import known_strategies, make_strategy
from strategy.theories.history import WINDOW
from strategy.trend import Trend

MINE = """
class Mine:
    name = "mine"
    warmup_bars = 0

STRATEGY = Mine
"""


def test_a_name_gives_a_new_strategy_each_time() -> None:
    first, second = make_strategy("trend"), make_strategy("trend")

    assert isinstance(first, Trend)
    assert first is not second


def test_every_known_strategy_keeps_the_contract_and_its_file_is_its_name() -> None:
    for name in known_strategies():
        made = make_strategy(name)

        assert made.name == name
        assert made.warmup_bars >= 0


def test_its_options_are_the_settings_of_its_name() -> None:
    assert make_strategy("full_math", {"bar_minutes": 5}).warmup_bars == (WINDOW + 3) * 5
    assert make_strategy("full_math", dict(FullMathSettings())).name == "full_math"


def test_a_wrong_name_is_refused_with_the_right_ones() -> None:
    with pytest.raises(ConfigError, match=r"strategies must be of .*trend.*, was 'tren'"):
        make_strategy("tren")


@pytest.mark.parametrize("name", ["base", "registry", "theories", "os", "../trend", ""])
def test_only_strategies_can_be_named(name: str) -> None:
    with pytest.raises(ConfigError):
        make_strategy(name)


def test_a_new_strategy_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "unfinished.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(strategy, "__path__", [*strategy.__path__, str(tmp_path)])

    assert make_strategy("mine").name == "mine"
    with pytest.raises(ConfigError, match=r"strategy/unfinished\.py must set STRATEGY"):
        make_strategy("unfinished")
