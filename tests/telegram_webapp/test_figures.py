"""The hand that figures are drawn in: the page's tokens, breaks in lines, points left out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_webapp.figures.lines import broken, line, thinned
from telegram_webapp.figures.look import LIGHT, money_axis, soft
from tests.browser import WEB

points = st.lists(
    st.tuples(st.integers(0, 10**6), st.floats(-1e9, 1e9)), unique_by=lambda point: point[0]
).map(sorted)


def test_the_colours_are_those_of_the_pages_light_theme() -> None:
    sheet = (WEB / "css" / "tokens.css").read_text(encoding="utf-8")
    light = sheet[: sheet.index('[data-theme="dark"]')]
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))

    assert {role: tokens[role.replace("_", "-")] for role in LIGHT} == LIGHT
    assert soft("accent") == "rgba(36,86,211,0.16)"


@given(points=points, most=st.integers(4, 50))
def test_what_is_thinned_keeps_its_ends_and_its_extremes(
    points: list[tuple[int, float]], most: int
) -> None:
    shown = thinned(points, most)

    assert len(shown) <= most
    assert shown == sorted(set(shown))
    assert set(shown) <= set(points)
    if points:
        values = [value for _, value in points]
        assert (shown[0], shown[-1]) == (points[0], points[-1])
        assert {min(values), max(values)} <= {value for _, value in shown}


@given(points=points)
def test_breaks_are_added_between_points_and_take_none_away(
    points: list[tuple[int, float]],
) -> None:
    shown = broken(points)

    assert [point for point in shown if point[1] is not None] == points
    assert [at for at, _ in shown] == sorted(at for at, _ in shown)
    assert sum(value is None for _, value in shown) <= 20


def test_a_gap_is_longer_than_the_usual_distance_by_far() -> None:
    minutes = [(minute, 1.0) for minute in (0, 1, 2, 3, 20, 21)]

    assert [at for at, value in broken(minutes) if value is None] == [11]
    assert broken(minutes, usual_ms=5) == minutes
    assert line(minutes[:1], "accent", name="", hover="")["mode"] == "markers"


@pytest.mark.parametrize(
    ("values", "digits"), [([10_000.0, 10_002.0], ".2f"), ([-50_000.0, 10_000.0], ".0f")]
)
def test_amounts_have_cents_only_where_they_differ_by_little(
    values: list[float], digits: str
) -> None:
    axis = money_axis(values)

    assert axis["yaxis"]["tickformat"] == f",{digits}"
    assert axis["margin"]["r"] >= 44
