"""How a person wishes to see the page: cards in order, figures and times in another hand."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

MINUS = "\u2212"
NOON = 1_784_462_400_000  # 19 Jul 2026, 12:00:00 UTC
NAMES = st.sampled_from("abcdefgh")
CARDS = st.lists(NAMES, unique=True, max_size=8)
LISTS = st.lists(NAMES, max_size=10)
LAYOUTS = st.fixed_dictionaries({}, optional={"order": LISTS, "pinned": LISTS, "hidden": LISTS})
ARRANGED = """async ([cards, layout]) =>
  (await import("/js/layout.js")).arranged(cards, layout)"""
CHANGED = """async ([layout, order, own, name, what]) =>
  (await import("/js/views/customise.js")).changed(layout, order, own, name, what)"""
READ = """async ([wishes, calls]) => {
  const { show, know, plainly } = await import("/js/display.js");
  const modules = { format: await import("/js/format.js"), time: await import("/js/time.js"),
    ticks: await import("/js/charts/ticks.js") };
  const { lens } = await import("/js/dom.js");
  know({ account: { initial_balance: 10000, currency: "USDT" } });
  show(wishes, "/");
  const read = () => calls.map(([module, name, ...args]) =>
    module === "lens" ? lens.read(name) : modules[module][name](...args));
  const marks = { ...document.documentElement.dataset };
  const shown = [read(), plainly(read), modules.time.zone.name, marks];
  show({}, "/");
  return [...shown, read()];
}"""


def seen(page: Page, wishes: dict[str, Any], *calls: list[Any]) -> tuple[Any, Any, str, Any, Any]:
    shown, plain, zone, marks, usual = page.evaluate(READ, [wishes, list(calls)])
    return shown, plain, zone, marks, usual


@settings(max_examples=150, deadline=None)
@given(cards=CARDS, layout=LAYOUTS)
def test_whatever_the_layout_each_card_stands_once(
    modules: Page, cards: list[str], layout: dict[str, list[str]]
) -> None:
    found = modules.evaluate(ARRANGED, [cards, layout])

    assert sorted(found) == sorted(cards)
    pinned = list(dict.fromkeys(name for name in layout.get("pinned", []) if name in cards))
    assert found[: len(pinned)] == pinned
    moved = [name for name in dict.fromkeys(layout.get("order", [])) if name in cards]
    assert [name for name in found if name in moved and name not in pinned] == [
        name for name in moved if name not in pinned
    ]


def test_a_card_that_a_layout_does_not_know_follows_the_one_it_usually_follows(
    modules: Page,
) -> None:
    layout = {"order": ["d", "b", "a"]}

    assert modules.evaluate(ARRANGED, [["a", "b", "new", "d", "last"], layout]) == [
        "d", "last", "b", "new", "a",
    ]  # fmt: skip
    assert modules.evaluate(ARRANGED, [["first", "a"], {"order": ["a"]}]) == ["first", "a"]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), what=st.sampled_from(["up", "down", "pin", "hide"]))
def test_a_step_of_one_card_loses_and_doubles_none(modules: Page, data: Any, what: str) -> None:
    cards = data.draw(st.lists(NAMES, unique=True, min_size=1))
    name = data.draw(st.sampled_from(cards))
    pinned = data.draw(st.lists(st.sampled_from(cards), unique=True))
    order = modules.evaluate(ARRANGED, [cards, {"pinned": pinned}])
    next_ = modules.evaluate(CHANGED, [{"pinned": pinned}, order, cards, name, what])
    found = modules.evaluate(ARRANGED, [cards, next_])

    assert sorted(found) == sorted(cards)
    places = (order.index(name), found.index(name))
    if what in {"up", "down"} and not pinned:
        step = -1 if what == "up" else 1
        assert places[1] == min(len(cards) - 1, max(0, places[0] + step))
    assert (name in next_["hidden"]) == (what == "hide")


@pytest.mark.parametrize(
    ("wishes", "call", "read"),
    [
        ({"units": "percent"}, ["format", "change", 132.18], "+1.32%"),
        ({"units": "percent"}, ["format", "change", -24.78], f"{MINUS}0.25%"),
        ({"units": "percent"}, ["format", "money", 10443.26], "$10,443.26"),
        ({"currency": "code"}, ["format", "money", 10443.26], "10,443.26 USDT"),
        ({"currency": "code"}, ["format", "change", -24.78], f"{MINUS}24.78 USDT"),
        ({"currency": "hidden"}, ["format", "money", 10443.26], "•••"),
        ({"currency": "hidden"}, ["format", "change", 132.18], "+•••"),
        ({"currency": "hidden"}, ["format", "quantity", 0.042, "BTC/USDT", {}], "••• BTC"),
        ({"currency": "hidden"}, ["format", "percentChange", 1.28], "+1.28%"),
        ({"currency": "hidden"}, ["format", "price", 64212.4, {}], "64,212.4"),
        ({"currency": "hidden"}, ["lens", "Sold 0.042 BTC, +$27.90"], "Sold ••• BTC, +•••"),
        (
            {"currency": "hidden"},
            ["lens", "at 14:20 UTC, 21 Nov 2026"],
            "at 14:20 UTC, 21 Nov 2026",
        ),
        ({"prices": "compact"}, ["format", "price", 64212.4, {"price_decimals": 1}], "64,212"),
        ({"prices": "compact"}, ["format", "price", 0.142137, {"price_decimals": 6}], "0.14214"),
        ({"zone": "America/New_York"}, ["time", "hourMinuteSecond", NOON], "08:00:00"),
        ({"zone": "Asia/Kolkata"}, ["time", "hourMinute", NOON], "17:30"),
        ({"zone": "Pacific/Kiritimati"}, ["time", "fullDay", NOON], "20 Jul 2026"),
        ({"zone": "Pacific/Kiritimati"}, ["time", "fullDay", NOON, 0], "19 Jul 2026"),
        ({"zone": "Europe/Berlin"}, ["time", "when", NOON, NOON + 60_000], "14:00"),
    ],
)
def test_each_wish_holds_where_figures_are_read_and_leaves_no_trace(
    modules: Page, wishes: dict[str, Any], call: list[Any], read: str
) -> None:
    shown, plain, _, _, usual = seen(modules, wishes, call)

    assert shown == [read]
    if call[0] != "time":
        assert plain == usual


def test_zones_are_called_by_their_city_and_an_unknown_one_is_utc(modules: Page) -> None:
    assert seen(modules, {"zone": "America/New_York"})[2] == "New York"
    assert seen(modules, {"zone": "Europe/Atlantis"})[2] == "UTC"
    assert seen(modules, {"zone": "UTC"})[2] == "UTC"


def test_labels_of_an_axis_are_round_by_the_clock_that_is_read(modules: Page) -> None:
    hours = ["ticks", "timeTicks", NOON, NOON + 3 * 3_600_000, 400]

    shown, _, _, marks, usual = seen(
        modules, {"zone": "Asia/Kolkata", "palette": "blue_orange", "density": "compact"}, hours
    )

    assert [tick["text"] for tick in shown[0]] == ["18:00", "19:00", "20:00"]
    assert [tick["text"] for tick in usual[0]] == ["12:00", "13:00", "14:00"]
    assert (marks["palette"], marks["density"]) == ("blue_orange", "compact")
