"""The types of alerts, and the page that tells of them."""

import re
from pathlib import Path

import pytest

from core.alert_figures import FIGURES
from core.alert_rules import EXAMPLES, Known, parse_rule, rule_text
from core.alerts import CODES, DEFAULT_MODES, LEVELS, TITLES, AlertType

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ALERTS.md").read_text(encoding="utf-8")
KNOWN = Known(("BTC/USDT", "ETH/USDT"), ("trend",))


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_type_has_a_title_a_mode_and_a_level() -> None:
    for table in (TITLES, DEFAULT_MODES, LEVELS):
        assert set(table) == set(AlertType)
    assert set(CODES.values()) < set(AlertType)


def test_the_page_tells_each_type_with_its_default() -> None:
    told = {
        kind: cells[-1]
        for cells in rows()
        for kind in re.findall(r"`(\w+)`", cells[0])
        if cells[-1] in {"on", "silent", "off"}
    }

    assert told == {kind.value: mode.value for kind, mode in DEFAULT_MODES.items()}


@pytest.mark.parametrize("scope", FIGURES)
def test_the_page_names_every_figure(scope: str) -> None:
    for figure in FIGURES[scope].values():  # type: ignore[index]
        assert figure.name == "price" or f"`{figure.name}`" in PAGE, figure.name


def test_every_example_is_a_rule_in_its_normal_form() -> None:
    tables = [cells[2] for cells in rows() if len(cells) == 3]
    found = [*EXAMPLES, *(text for cell in tables for text in re.findall(r"`([^`]+)`", cell))]

    assert len(found) > 10
    for text in found:
        assert rule_text(parse_rule(text, KNOWN)) == text
