"""docs/BOT.md and the commands keep step."""

import re
from typing import Final

import pytest

from infra.settings import ROOT
from telegram_bot.answers.guide import GROUPS
from telegram_bot.command import Command
from telegram_bot.registry import COMMANDS

PAGE: Final = (ROOT / "docs" / "BOT.md").read_text()
SECTIONS: Final = {
    part.partition("\n")[0]: " ".join(part.partition("\n")[2].partition("\n## ")[0].split())
    for part in PAGE.split("\n### ")[1:]
}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_is_on_the_page_with_its_words_its_role_and_an_example(
    command: Command,
) -> None:
    section = SECTIONS[f"/{command.name} {command.usage}".rstrip()]
    assert section.startswith(f"{command.hint}.")
    needs = re.search(r"Needs the role (\w+)", section)
    assert (needs[1] if needs else "viewer") == command.role
    assert section.count("```") == 2


def test_the_page_has_no_other_commands() -> None:
    assert {name.split()[0] for name in SECTIONS} == {f"/{command.name}" for command in COMMANDS}


def test_every_group_has_a_title_in_help() -> None:
    assert {command.group for command in COMMANDS} <= {group for group, _ in GROUPS}
