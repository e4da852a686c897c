import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ConfigError
from runner.instance import only_instance, running_instance

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from runner.instance import only_instance
with only_instance(Path(sys.argv[1]), "127.0.0.1", 8123):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_instance_on_the_same_folder_is_refused_by_name(tmp_path: Path) -> None:
    with (
        only_instance(tmp_path / "run", "127.0.0.1", 8123),
        pytest.raises(ConfigError) as refusal,
        only_instance(tmp_path / "run", "127.0.0.1", 8124),
    ):
        pass

    assert f"data folder {tmp_path} is in use" in str(refusal.value)
    assert f"as process {os.getpid()} on port 8123" in str(refusal.value)


def test_a_folder_is_free_again_after_its_holder_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        running = running_instance(tmp_path)
        assert running == {"pid": holder.pid, "host": "127.0.0.1", "port": 8123}
        holder.kill()
        holder.wait()

    assert running_instance(tmp_path) is None
    with only_instance(tmp_path, "127.0.0.1", 8123) as was_killed:
        assert was_killed
    with only_instance(tmp_path, "127.0.0.1", 8123) as was_killed:
        assert not was_killed


def test_two_folders_have_an_instance_each(tmp_path: Path) -> None:
    with (
        only_instance(tmp_path / "a", "127.0.0.1", 8123),
        only_instance(tmp_path / "b", "127.0.0.1", 8124),
    ):
        assert running_instance(tmp_path / "b") is not None


def test_an_unfit_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")

    with (
        pytest.raises(ConfigError, match=r"data folder .*data cannot be used"),
        only_instance(tmp_path / "data" / "run", "127.0.0.1", 8123),
    ):
        pass
