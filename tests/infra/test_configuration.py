"""The page about the settings, and what the program says of them."""

import re

import pytest

from infra.setting_catalogue import catalogue
from infra.setting_words import setting_words
from tools.configuration import words
from tools.make_docs import GENERATED, ROOT

PAGE = ROOT / "docs" / "CONFIGURATION.md"


@pytest.mark.parametrize("name", ["docs/CONFIGURATION.md", "infra/setting_words.json"])
def test_what_is_made_from_the_settings_is_fresh(name: str) -> None:
    made = GENERATED[name]()

    assert (ROOT / name).read_text(encoding="utf-8") == made, "run `make docs`"


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(rows) == sorted(catalogue())
    assert set(words()) == set(catalogue()) == set(setting_words())


@pytest.mark.parametrize("name", list(catalogue()))
def test_every_setting_is_said_something_of(name: str) -> None:
    said = setting_words()[name]

    assert said.section
    assert said.about
    assert "." not in name or said.text, "a setting in a group has a comment beside it"
