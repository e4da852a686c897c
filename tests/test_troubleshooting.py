"""Every command of docs/TROUBLESHOOTING.md does what it says, on an instance that runs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runner.test_launch_for_real import Instance
from tests.services import free_port

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "TROUBLESHOOTING.md"
PATIENCE_S = 60


def blocks() -> list[str]:
    """Return the shell blocks of the page, in order."""
    return re.findall(
        r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    running = Instance(tmp_path_factory.mktemp("trouble") / "data", free_port())
    with running.process:
        running.link()
        yield running
        running.interrupt()


def in_a_shell(instance: Instance, block: str) -> str:
    """Run *block* as a person would in the project's folder; return what it printed.

    The page speaks of port 8080 and of data/, the test of its own; ``python`` is this one.
    """
    words = block.replace("127.0.0.1:8080", f"127.0.0.1:{instance.port}")
    words = re.sub(r"\bdata/", f"{instance.folder}/", words)
    words = re.sub(r"\bdf -h data\b", f"df -h {instance.folder}", words)
    words = re.sub(r"(?m)^python\b", sys.executable, words)
    done = subprocess.run(
        ["sh", "-e", "-c", words], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S,
        env={
            "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"),
            "DATA_DIR": str(instance.folder), "DASHBOARD_PORT": str(instance.port),
        }, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_command_of_the_page_works(instance: Instance) -> None:
    told = {block: in_a_shell(instance, block) for block in blocks()}

    assert len(told) >= 10
    said = "\n".join(told.values())
    assert '"engine":"up"' in said
    assert "#code=" in said
    assert "The ledger adds up" in said
    assert "ETH" in said
    assert "'status': 'live'" in said
    assert "daily_usd" in said
    assert "quarterdeck_engine_up 1.0" in said
    trades = (instance.folder / "trades.csv").read_text(encoding="utf-8")
    assert trades.startswith("id,symbol,strategy")
    assert (instance.folder / "learning_reports" / "enhanced_dashboard.html").exists()
    assert list((instance.folder / "backups").iterdir())


def test_the_page_has_every_trouble_it_should() -> None:
    text = PAGE.read_text(encoding="utf-8").lower()

    for trouble in (
        "page is blank", "port is in use", "database is locked", "no signals", "win rate",
        "language model costs", "prices are stale", "refuses this region",
    ):  # fmt: skip
        assert trouble in text
