import tomllib
from pathlib import Path

from utils.version import VERSION


def test_the_version_is_the_projects() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")

    assert tomllib.loads(text)["project"]["version"] == VERSION
