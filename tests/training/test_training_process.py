"""``python -m training`` on a real account: its model, its one line, its sentences."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import DataError
from core.market import MINUTE_MS, Bar
from infra.settings import ROOT, Settings, child_environment
from store.accounts import Account, find_or_create_account
from store.database import Database
from store.writer import Batch, Writer
from strategy.predictors.candles import Rows
from strategy.predictors.model import Course
from tests.strategy.predictors.markets import market
from training.lesson import learn, read_candles
from training.shelf import newest

SYMBOL = "BTC/USDT"
COURSE = Course(market="sim:7", symbols=[SYMBOL], bar_minutes=1, horizon_bars=1)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, gru={"bar_minutes": 1, "horizon_bars": 1})  # type: ignore[arg-type]


@pytest.fixture
def ledger(home: Settings) -> Iterator[tuple[Database, Account]]:
    database = Database(home.database)
    database.migrate()
    yield database, find_or_create_account(database, COURSE.market, Decimal(1000), now=1)
    database.close()


def keep(ledger: tuple[Database, Account], rows: Rows, symbol: str = SYMBOL) -> None:
    bars = []
    for at, *values in rows.tolist():
        opened, high, low, close, volume = (Decimal(f"{value:.10f}") for value in values)
        bars.append(Bar(symbol, int(at), opened, high, low, close, volume))
    Writer(ledger[0], ledger[1].id).commit(Batch(candles=bars))


def train(home: Settings, *argv: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", "-m", "training", *argv]
    return subprocess.run(
        command, cwd=ROOT, env=child_environment(home) | environment, text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def told(child: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert child.returncode == 0, child.stderr
    (line,) = child.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_it_learns_what_goes_on_and_leaves_a_model(
    home: Settings, ledger: tuple[Database, Account]
) -> None:
    rows = market(1, 1200, edge=0.8, interval_ms=MINUTE_MS)
    keep(ledger, rows)

    said = told(train(home, "--account", str(ledger[1].id), SYMBOL))

    model, refused = newest(home.data_dir / "models", COURSE)
    assert refused == []
    assert model is not None
    assert said == {
        "model": model.card.name, "passes": True, "failing": "", "samples": model.card.samples,
        "trained_until": int(rows[-1, 0]) + MINUTE_MS, "skill": model.card.score.skill,
    }  # fmt: skip
    assert model.card.course == COURSE
    assert model.card.made_with.startswith("torch ")
    assert (home.data_dir / "models").stat().st_mode & 0o77 == 0


def test_what_is_too_little_is_said_in_one_sentence(ledger: tuple[Database, Account]) -> None:
    keep(ledger, market(2, 150, interval_ms=MINUTE_MS))
    database, account = ledger

    with pytest.raises(DataError, match=r"^71 moments to learn from, at least 122 are needed$"):
        learn(database, account.id, COURSE, 30, made_at=1)
    other = Course(market="sim:7", symbols=["ETH/USDT"], bar_minutes=1, horizon_bars=1)
    with pytest.raises(DataError, match=r"^there are no candles of ETH/USDT to learn from$"):
        learn(database, account.id, other, 30, made_at=1)


@pytest.mark.usefixtures("ledger")
def test_an_account_that_is_not_there_is_said_so(home: Settings) -> None:
    child = train(home, "--account", "99", SYMBOL)

    assert (child.returncode, child.stdout) == (2, "")
    assert child.stderr == "there is no such account yet: run the engine first\n"
    assert not (home.data_dir / "models").exists()


@pytest.mark.usefixtures("ledger")
def test_without_pytorch_it_says_how_to_get_it(home: Settings, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere"
    path.mkdir()
    lacking = "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')\n"
    (path / "torch.py").write_text(lacking, encoding="utf-8")

    child = train(home, SYMBOL, PYTHONPATH=os.pathsep.join([str(path), str(ROOT)]))

    assert (child.returncode, child.stderr) == (2, "torch is not installed: make ml\n")


def test_only_the_newest_days_are_read(ledger: tuple[Database, Account]) -> None:
    rows = market(3, 3 * 1440, interval_ms=MINUTE_MS)
    keep(ledger, rows)
    keep(ledger, rows[:-2000], "ETH/USDT")
    both = Course(market="sim:7", symbols=[SYMBOL, "ETH/USDT"], bar_minutes=1, horizon_bars=1)

    found = read_candles(ledger[0], ledger[1].id, both, train_days=1)

    assert found[SYMBOL][:, 0].tolist() == rows[-1441:, 0].tolist()
    np.testing.assert_allclose(found[SYMBOL], rows[-1441:], rtol=1e-9, atol=1e-9)
    assert len(found["ETH/USDT"]) == 0


def test_the_engine_finds_models_without_pytorch() -> None:
    code = "import sys, runner.process, strategy.gru, training.shelf; print('torch' in sys.modules)"
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert child.stdout == "False\n"
