"""How the page speaks to a client of Telegram: each thing only to those that know it."""

from typing import Any

import pytest
from playwright.sync_api import Page

# A stand-in for the script's object: it notes what is called, and each call has its version.
WEB = """
  const calls = [];
  const note = (name) => (...args) => { calls.push([name, ...args]); return web; };
  const parts = (...names) => Object.fromEntries(names.map((name) => [name, note(name)]));
  const web = {
    isVersionAtLeast: (wanted) => {
      const [[a, b], [c, d]] = [version, wanted].map((text) => text.split(".").map(Number));
      return a > c || (a === c && b >= d);
    },
    BackButton: parts("onClick", "show", "hide"), SettingsButton: parts("onClick", "show"),
    HapticFeedback: parts("notificationOccurred", "impactOccurred", "selectionChanged"),
    ...parts("ready", "expand", "disableVerticalSwipes", "setHeaderColor", "setBackgroundColor",
      "setBottomBarColor", "enableClosingConfirmation", "disableClosingConfirmation",
      "downloadFile", "openLink", "onEvent", "close"),
    showPopup: (question, answer) => {
      calls.push(["showPopup", question]);
      answer(presses.shift());
    },
  };
  const { Native } = await import("/js/telegram/native.js");
  const native = new Native(web);
"""


def run(page: Page, body: str, version: str, *presses: str | None, **more: Any) -> Any:
    given = {"version": version, "presses": list(presses), **more}
    names = ", ".join(given)
    return page.evaluate(f"async ({{ {names} }}) => {{ {WEB} {body} }}", given)


EVERYTHING = """
  native.ready();
  native.paint({ bg: "#111111", surface: "#222222" });
  for (const what of ["ok", "bad", "warn", "press", "choose"]) native.feel(what);
  native.holdOpen(true); native.holdOpen(false);
  native.onBack(() => {}); native.showBack(true); native.showBack(false);
  native.onSettings(() => {});
  native.save("https://deck.example/api/downloads/x", "trades.csv");
  native.save("http://127.0.0.1:8080/api/downloads/x", "trades.csv");
  const question = { title: "t", message: "m", act: "a", keep: "k" };
  return [calls.map(([name]) => name), native.canAsk(question)];
"""
KNOWN_SINCE = {
    "ready": "6.0", "expand": "6.0", "openLink": "6.0", "setHeaderColor": "6.1",
    "setBackgroundColor": "6.1", "notificationOccurred": "6.1", "impactOccurred": "6.1",
    "selectionChanged": "6.1", "onClick": "6.1", "show": "6.1", "hide": "6.1",
    "enableClosingConfirmation": "6.2", "disableClosingConfirmation": "6.2",
    "disableVerticalSwipes": "7.7", "setBottomBarColor": "7.10", "downloadFile": "8.0",
}  # fmt: skip


@pytest.mark.parametrize("version", ["6.0", "6.1", "6.2", "6.7", "6.10", "7.7", "7.10", "8.0"])
def test_a_client_is_asked_only_for_what_its_version_knows(modules: Page, version: str) -> None:
    called, can_ask = run(modules, EVERYTHING, version)

    def number(text: str) -> tuple[int, ...]:
        return tuple(map(int, text.split(".")))

    known = {name for name, since in KNOWN_SINCE.items() if number(version) >= number(since)}
    assert set(called) == known
    assert can_ask == (number(version) >= (6, 2))


def test_a_file_is_downloaded_over_https_and_opened_otherwise(modules: Page) -> None:
    script = """
      native.save("https://deck.example/x", "trades.csv");
      native.save("http://deck.example/x", "trades.csv");
      return calls;
    """

    assert run(modules, script, "8.0") == [
        ["downloadFile", {"url": "https://deck.example/x", "file_name": "trades.csv"}],
        ["openLink", "http://deck.example/x"],
    ]


@pytest.mark.parametrize(
    ("question", "fits"),
    [({}, True), ({"title": "x" * 65}, False), ({"message": "x" * 257}, False),
     ({"act": "x" * 65}, False), ({"act": ""}, False), ({"message": "x" * 256}, True)],
)  # fmt: skip
def test_a_question_too_long_for_the_client_is_asked_by_the_page(
    modules: Page, *, question: dict[str, str], fits: bool
) -> None:
    whole = {"title": "t", "message": "m", "act": "a", "keep": "k", **question}

    assert run(modules, "return native.canAsk(question)", "8.0", question=whole) == fits


ASK = """
  const { askNatively } = await import("/js/telegram/ask.js");
  const { ApiError } = await import("/js/api.js");
  const posted = [];
  const api = { post: async (path, body) => {
    const answer = answers[posted.push(body.confirm ? ["confirm", body.confirm] : ["ask"]) - 1];
    if (answer.status !== undefined) throw new ApiError(answer.status, { detail: answer.detail });
    return answer;
  } };
  const toasts = [];
  const app = { api, toast: ({ tone, title }) => toasts.push([tone, title]) };
  const done = await askNatively(app, native, "close_position", {}, "BTC long");
  return { done, posted, toasts, asked: calls.map(([, question]) => question.message) };
"""


def intent(number: int, valid_s: int = 60, summary: str = "Sells 1 BTC.") -> dict[str, Any]:
    return {
        "intent": {
            "intent_id": f"i{number}", "command": "close_position", "title": "Close BTC long",
            "summary": summary, "lines": [], "act_label": "Close", "badge": "SIMULATED",
            "valid_s": valid_s,
        }
    }  # fmt: skip


DONE = {"result": {"ok": True, "title": "Closed", "detail": ""}}
LOST = {"status": 0, "detail": "no answer"}


def test_figures_that_ran_out_are_shown_anew_before_anything_is_done(modules: Page) -> None:
    answers = [intent(1, valid_s=0), intent(2), DONE]
    told = run(modules, ASK, "8.0", "act", "act", answers=answers)

    assert told["posted"] == [["ask"], ["ask"], ["confirm", "i2"]]
    assert "had run out" in told["asked"][1]
    assert told["toasts"] == [["ok", "Closed"]]


def test_a_lost_answer_is_asked_for_again_with_the_same_wish(modules: Page) -> None:
    told = run(modules, ASK, "8.0", "act", "act", answers=[intent(1), LOST, DONE])

    assert told["posted"] == [["ask"], ["confirm", "i1"], ["confirm", "i1"]]
    assert "never done twice" in told["asked"][1]
    assert told["toasts"] == [["ok", "Closed"]]


def test_who_leaves_a_lost_answer_is_told_that_none_came(modules: Page) -> None:
    told = run(modules, ASK, "8.0", "act", None, answers=[intent(1), LOST])

    assert told["posted"] == [["ask"], ["confirm", "i1"]]
    assert told["toasts"] == [["bad", "BTC long was not closed"]]


def test_a_refusal_is_told_and_nothing_is_asked(modules: Page) -> None:
    told = run(modules, ASK, "8.0", answers=[{"status": 409, "detail": "The feed is old."}])

    assert (told["done"], told["asked"]) == (True, [])
    assert told["toasts"] == [["bad", "BTC long was not closed"]]


def test_what_does_not_fit_is_left_to_the_sheet(modules: Page) -> None:
    told = run(modules, ASK, "8.0", answers=[intent(1, summary="x" * 300)])

    assert (told["done"], told["asked"], told["toasts"]) == (False, [], [])


SIGN_IN = """
  const { SignIn } = await import("/js/telegram/sign_in.js");
  const { ApiError } = await import("/js/api.js");
  let posts = 0;
  const api = { token: null, post: async () => {
    const answer = answers[posts++];
    if (answer.status !== undefined) throw new ApiError(answer.status, answer);
    return answer;
  } };
  const door = new SignIn(api, "said");
  const outcome = await door.enter(patient).then(({ role }) => role, ({ code }) => code);
  return [outcome, api.token, posts];
"""
TOKEN = {"token": "secret", "role": "viewer"}


@pytest.mark.parametrize(
    ("patient", "answers", "outcome"),
    [
        (False, [TOKEN], ["viewer", "secret", 1]),
        (False, [{"status": 403, "code": "unknown_user"}], ["unknown_user", None, 1]),
        (False, [{"status": 0}], ["unreachable", None, 1]),
        (True, [{"status": 503, "code": "telegram_off"}], ["telegram_off", None, 1]),
        (True, [{"status": 0}, {"status": 502}, TOKEN], ["viewer", "secret", 3]),
        (True, [{"status": 0}, {"status": 401, "code": "bad_init_data"}],
         ["bad_init_data", None, 2]),
    ],
)  # fmt: skip
def test_who_was_in_waits_for_a_real_answer(
    modules: Page, *, patient: bool, answers: list[Any], outcome: list[Any]
) -> None:
    given = {"patient": patient, "answers": answers}
    hurry = "setTimeout = ((real) => (act, ms) => real(act, ms / 1000))(setTimeout);"
    script = f"async ({{ patient, answers }}) => {{ {hurry} {SIGN_IN} }}"

    assert modules.evaluate(script, given) == outcome
