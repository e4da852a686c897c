"""What ``python -m runner`` says to who tries it."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.settings import ROOT


@pytest.mark.parametrize(("word", "code"), [("--help", 0), ("--port", 2)])
def test_a_word_it_does_not_know_starts_no_engine(tmp_path: Path, word: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runner", word], capture_output=True, text=True, check=False,
        cwd=ROOT, env={"DATA_DIR": str(tmp_path / "data")},
    )  # fmt: skip

    assert done.returncode == code
    assert "usage: python -m runner" in (done.stderr if code else done.stdout)
    assert not (tmp_path / "data").exists()
