"""What the page makes of what Telegram tells it: launch, colours, the way back, deep links."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from playwright.sync_api import Page

from tests.browser import PageServer

PALETTE = """async ([theme, scheme]) => {
  const { contrast, paletteOf, rgbOf, schemeOf } = await import("/js/telegram/palette.js");
  const made = paletteOf(theme, scheme ?? schemeOf(theme) ?? "dark");
  const between = (a, b) => contrast(rgbOf(made[a]), rgbOf(made[b]));
  const pairs = [];
  for (const ground of ["bg", "surface", "surface-2"]) {
    for (const name of ["text", "text-2", "text-3", "accent", "gain", "loss", "warn"]) {
      pairs.push([`${name} on ${ground}`, between(name, ground), 4.5]);
    }
    if (ground !== "surface-2") pairs.push(["outline", between("line-strong", ground), 3]);
  }
  for (const name of ["gain", "loss", "warn", "accent"]) {
    pairs.push([`${name} on its wash`, between(name, `${name}-soft`), 4.5]);
  }
  pairs.push(["on accent", between("on-accent", "accent"), 4.5]);
  return [made, pairs.filter(([, ratio, least]) => ratio < least)];
}"""
LAUNCH = """async () => (await import("/js/telegram/launch.js")).readLaunch()"""

KEYS = (
    "bg_color", "secondary_bg_color", "section_bg_color", "text_color", "hint_color", "link_color",
    "button_color", "section_separator_color", "subtitle_text_color", "accent_text_color",
)  # fmt: skip


def greys(low: int, high: int) -> SearchStrategy[str]:
    part = st.integers(low, high)
    return st.tuples(part, part, part).map(lambda rgb: "#{:02x}{:02x}{:02x}".format(*rgb))


@st.composite
def themes(draw: Any) -> dict[str, str]:
    """Draw a theme as people make them: one kind of ground, anything for the rest."""
    ground = greys(*draw(st.sampled_from([(0, 80), (190, 255)])))
    anything = greys(0, 255)
    keys = draw(st.sets(st.sampled_from(KEYS)))
    return {key: draw(ground if "bg_" in key else anything) for key in keys | {"bg_color"}}


@pytest.mark.parametrize(
    "theme",
    [
        {}, {"bg_color": "#fff"}, {"bg_color": "nonsense", "text_color": "red"},
        {"bg_color": "#17212b", "text_color": "#f5f5f5", "hint_color": "#708499",
         "link_color": "#6ab3f3", "button_color": "#5288c1", "secondary_bg_color": "#232e3c"},
        {"bg_color": "#ffffff", "text_color": "#ffffff", "hint_color": "#ffffff"},
        {"bg_color": "#000000", "secondary_bg_color": "#000000", "text_color": "#111111"},
    ],
)  # fmt: skip
def test_every_theme_can_be_read(modules: Page, theme: dict[str, str]) -> None:
    made, faint = modules.evaluate(PALETTE, [theme, None])

    assert faint == []
    assert not [value for value in made.values() if "NaN" in value or "undefined" in value]


@settings(max_examples=150)
@given(themes())
def test_themes_that_people_make_can_be_read(modules: Page, theme: dict[str, str]) -> None:
    assert modules.evaluate(PALETTE, [theme, None])[1] == []


def test_surfaces_and_text_are_telegrams_where_they_can_be_read(modules: Page) -> None:
    theme = {
        "bg_color": "#ffffff", "secondary_bg_color": "#efeff4", "section_bg_color": "#fdfdfd",
        "text_color": "#101010", "link_color": "#0050c0", "section_separator_color": "#c8c7cc",
    }  # fmt: skip
    made, _ = modules.evaluate(PALETTE, [theme, None])

    assert (made["bg"], made["surface"], made["text"], made["line"]) == (
        "#efeff4", "#fdfdfd", "#101010", "#c8c7cc",
    )  # fmt: skip


def test_money_has_our_colours(modules: Page) -> None:
    dark, _ = modules.evaluate(PALETTE, [{"bg_color": "#17212b"}, None])
    light, _ = modules.evaluate(PALETTE, [{"bg_color": "#ffffff"}, None])

    assert (dark["gain"], dark["loss"]) == ("#2dd4b8", "#ff7d52")
    assert (light["gain"], light["loss"]) == ("#04705a", "#b93a0c")


def test_a_launch_is_read_from_the_address_and_remembered(page: Page, server: PageServer) -> None:
    user = json.dumps({"id": 7, "first_name": "Ünal 🚀"}, ensure_ascii=False)
    said = urlencode({"user": user, "start_param": "trade_1", "hash": "ab"}, quote_via=quote)
    told = {
        "tgWebAppData": said, "tgWebAppVersion": "7.4", "tgWebAppPlatform": "android",
        "tgWebAppThemeParams": '{"bg_color":"#fff"}',
    }  # fmt: skip
    page.goto(f"{server.url}?a=1#code=x&{urlencode(told, quote_via=quote)}")
    whole = {
        "initData": said, "version": "7.4", "platform": "android", "theme": {"bg_color": "#fff"},
        "startParam": "trade_1", "user": {"id": 7, "name": "Ünal 🚀"},
    }  # fmt: skip

    assert page.evaluate(LAUNCH) == whole
    page.goto(server.url)
    page.reload()
    assert page.evaluate(LAUNCH) == whole
    assert page.evaluate("import('/js/inside.js').then(({ isInside }) => isInside())") is True


@pytest.mark.parametrize(
    "address",
    ["", "#main", "#tgWebAppDataX=1", "?tgWebAppStartParam=1", "#code=tgWebAppData"],
)
def test_a_plain_address_is_no_launch(page: Page, server: PageServer, address: str) -> None:
    page.add_init_script("window.TelegramWebviewProxy = { postEvent() {} }")  # its browser
    page.goto(server.url + address)

    assert page.evaluate("import('/js/inside.js').then(({ isInside }) => isInside())") is False


def test_nonsense_in_a_launch_is_none_of_it(page: Page, server: PageServer) -> None:
    page.goto(f"{server.url}#tgWebAppData=user%3D%7B%26x&tgWebAppThemeParams=%7B&tgWebAppVersion=")
    read = page.evaluate(LAUNCH)

    assert (read["user"], read["theme"], read["startParam"]) == (None, {}, "")


def test_back_goes_by_places_not_by_filters(modules: Page) -> None:
    steps = [
        "overview", "performance", "performance?range=7d", "trades?symbol=BTC", "trades?trade=1",
        "more", "trades?trade=1", "trades?symbol=BTC", "performance?range=7d", "overview", "more",
    ]  # fmt: skip
    script = """async (steps) => {
      const { BackPath } = await import("/js/telegram/back.js");
      const path = new BackPath();
      return steps.map((step) => {
        const [view, query] = step.split("?");
        path.note({ view, params: new URLSearchParams(query) });
        const target = path.target;
        return target && `${target.view}?${new URLSearchParams(target.params)}`;
      });
    }"""

    assert modules.evaluate(script, steps) == [
        None, "overview?", "overview?", "performance?range=7d", "trades?symbol=BTC",
        "trades?trade=1", "trades?symbol=BTC", "performance?range=7d", "overview?", None,
        "overview?",
    ]  # fmt: skip
    assert modules.evaluate(script, ["trades?trade=1"]) == ["trades?"]
    assert modules.evaluate(script, ["ab-test"]) == ["performance?"]


@given(st.text(max_size=140))
def test_no_word_leads_anywhere_but_to_a_view(modules: Page, word: str) -> None:
    script = """async (word) => (await import("/js/places.js")).placeOf(word)"""
    place = modules.evaluate(script, word)

    assert place["view"] in {
        "overview", "market", "signals", "performance", "ab-test", "trades", "more",
        "alerts", "access",
    }  # fmt: skip
    assert all(value in word for value in place["params"].values())


@pytest.mark.parametrize(
    ("address", "word"),
    [("?to=trade_1", "trade_1"), ("?startapp=signals", "signals"), ("#link=more", "more"),
     ("?tgWebAppStartParam=a", "a"), ("#tgWebAppStartParam=b&tgWebAppVersion=8.0", "b"),
     ("?to=x#link=y", "x"), ("#main", ""), ("", "")],
)  # fmt: skip
def test_a_word_is_found_wherever_a_link_carries_it(modules: Page, address: str, word: str) -> None:
    script = """async (address) => {
      const { wordIn } = await import("/js/places.js");
      return wordIn(new URL(address, "https://deck.example/bot1/"));
    }"""

    assert modules.evaluate(script, address) == word


def test_a_question_says_every_amount_and_what_it_is_worth(modules: Page) -> None:
    intent = {
        "title": "Close BTC/USDT long", "summary": "Sells 0.042 BTC.", "badge": "SIMULATED",
        "command": "close_position", "act_label": "Close 0.042 BTC", "valid_s": 60,
        "lines": [
            {"label": "Expected price", "value": 64208.1, "tone": "price", "text": "64,208.1"},
            {"label": "Fees", "value": -2.68, "tone": "plain", "text": ""},
            {"label": "Net", "value": -27.9, "tone": "total", "text": ""},
        ],
    }  # fmt: skip
    script = """async ([intent, note]) =>
      (await import("/js/telegram/ask.js")).questionOf(intent, note)"""
    asked = modules.evaluate(script, [intent, "Anew."])

    assert asked == {
        "title": "Close BTC/USDT long", "act": "Close 0.042 BTC", "keep": "Keep open",
        "message": "SIMULATED\nAnew.\nSells 0.042 BTC.\nExpected price: ≈ 64,208.1\n"
                   "Fees: −$2.68\nNet: ≈ −$27.90",
    }  # fmt: skip
