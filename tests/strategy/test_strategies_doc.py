"""What docs/strategies.md shows works as it stands there."""

import asyncio
import re
from pathlib import Path

import pytest

import strategy
from infra.settings import ROOT, YAML_FILE, load_settings
from runner.backtest import parser
from strategy.full_math import THEORIES
from strategy.registry import known_strategies, make_strategy
from tests.runner.engines import Listener, open_engine, settings, warm

TEXT = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")


def fence(language: str) -> str:
    """Return the one block of code of a *language*."""
    [block] = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return str(block)


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the example, which lies among the strategies."""
    [name] = re.findall(r"The file is `strategy/(\w+)\.py`", TEXT)
    folder = tmp_path / "strategies"
    folder.mkdir()
    (folder / f"{name}.py").write_text(fence("python"), encoding="utf-8")
    monkeypatch.setattr(strategy, "__path__", [*strategy.__path__, str(folder)])
    return str(name)


def test_the_example_is_one_short_file() -> None:
    lines = [line for line in fence("python").splitlines() if line.strip()]

    assert len(lines) <= 32


def test_the_example_trades(example: str, tmp_path: Path) -> None:
    wanted = settings(tmp_path / "data", strategies=[example], warmup_days=2)
    listener = Listener()
    wired = open_engine(wanted, listener)
    engine = asyncio.run(warm(wired))
    state = engine.publisher.state

    assert state["strategies"][example]["status"] == "trading"
    assert {trade["strategy"] for trade in state["trades"]} == {example}
    raised = state["signals"]
    assert {body["strategy"] for body in raised} == {example}
    assert {body["decision"] for body in raised} >= {"held"}
    wired.close()


def test_the_line_of_settings_names_it(example: str, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / YAML_FILE).write_text(fence("yaml"), encoding="utf-8")

    names = load_settings(root=tmp_path).strategies
    assert example in names
    assert [make_strategy(name).name for name in names] == names


def test_the_command_is_one_that_the_backtest_takes(example: str) -> None:
    _, module, word, *rest = fence("sh").split()[1:]

    assert (module, word) == ("runner", "backtest")
    assert parser().parse_args(rest).strategies == example


def test_every_strategy_theory_and_gate_is_told() -> None:
    for name in known_strategies():
        assert f"### {name}\n" in TEXT
    for look in THEORIES:
        assert f"| `{look.__module__.rpartition('.')[2]}` |" in TEXT
    gates = re.findall(r'Refusal\(\s*"(\w+)"', (ROOT / "strategy/theories/gates.py").read_text())
    assert len(set(gates)) == 8
    for gate in gates:
        assert f"| `{gate}` |" in TEXT
