"""Commands that change trading, over HTTP, with a scripted engine."""

import pytest

from core.errors import CommandError
from infra.bus.base import CommandRequest
from store.access import AccessStore
from tests.services import wait_until
from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.rig import Intents, ScriptedEngine, crew

pytestmark = pytest.mark.usefixtures("bot")
POSITION = {
    "id": "p7", "symbol": "BTC/USDT", "side": "long", "strategy": "trend", "opened_at": 1,
    "unrealized_pnl": -2.5,
}  # fmt: skip


def test_a_wish_is_shown_with_its_amounts_then_done_once(
    api: BotApi, engine: ScriptedEngine, access: AccessStore
) -> None:
    _, tom, _ = crew(api)
    tom.says("/closeall")
    shown = api.wait_for_message(tom, "Title of close_all")

    assert "SIMULATED" in shown.text
    assert "Net result: −$1.50" in shown.text
    assert "60 s" in shown.text
    assert shown.labels == ["Do close_all", "Keep open"]
    assert [request.name for request in engine.asked] == ["prepare"]

    tap = tom.taps("Do close_all")
    wait_until(lambda: shown.text.startswith("✅ Done"), "it is done")
    assert shown.labels == []
    assert tom.toast(tap) == "Done"
    assert [request.name for request in engine.asked] == ["prepare", "confirm"]
    assert len({request.id for request in engine.asked}) == 2
    assert {request.actor for request in engine.asked} == {"Trader (22)"}
    prepared, confirmed = reversed(access.audit.newest(2))
    assert (prepared.action, prepared.result, confirmed.result) == ("prepare", "done", "done")
    assert prepared.detail["intent_id"] == confirmed.detail["intent_id"]


def test_a_replayed_tap_does_nothing_again(api: BotApi, engine: ScriptedEngine) -> None:
    _, tom, _ = crew(api)
    tom.says("/pause")
    shown = api.wait_for_message(tom, "Title of pause")
    data = shown.button("Do pause")["callback_data"]
    tom.taps("Do pause")
    wait_until(lambda: "Done" in shown.text, "it is done")
    again = tom.sends_tap(data, shown)
    wait_until(lambda: tom.toast(again) is not None, "the second tap is answered")

    assert "no longer valid" in str(tom.toast(again))
    assert [request.name for request in engine.asked] == ["prepare", "confirm", "confirm"]


def test_a_forged_nonce_and_another_user_s_are_refused(api: BotApi, engine: ScriptedEngine) -> None:
    olga, tom, _ = crew(api)
    olga.says("/pause")
    shown = api.wait_for_message(olga, "Title of pause")
    theirs = shown.button("Do pause")["callback_data"]
    tom.says("/start")
    api.wait_for_message(tom, "You are")
    taps = [tom.sends_tap(data) for data in (theirs, "c:forged", "c:")]
    wait_until(lambda: all(tom.toast(tap) is not None for tap in taps), "taps are answered")

    assert all("no longer valid" in str(tom.toast(tap)) for tap in taps)
    olga.taps("Do pause")
    wait_until(lambda: "Done" in shown.text, "whose it is may still use it")
    assert engine.asked[-1].actor == "Owner (11)"


def test_keeping_things_as_they_are_takes_the_buttons_away(
    api: BotApi, engine: ScriptedEngine
) -> None:
    _, tom, _ = crew(api)
    tom.says("/pause")
    shown = api.wait_for_message(tom, "Title of pause")
    tom.taps("Keep trading")
    wait_until(lambda: "nothing was done" in shown.text, "it says so")

    assert shown.labels == []
    assert len(engine.asked) == 1


def test_what_is_not_confirmed_in_time_loses_its_buttons(
    api: BotApi, engine: ScriptedEngine
) -> None:
    desk = Intents()
    desk.valid_s = 0
    engine.grant = desk.grant
    _, tom, _ = crew(api)
    tom.says("/pause")
    shown = api.wait_for_message(tom, "No longer valid")

    assert shown.labels == []


def test_close_without_an_id_offers_the_positions(api: BotApi, engine: ScriptedEngine) -> None:
    _, tom, _ = crew(api)
    tom.says("/close")
    api.wait_for_message(tom, "no open position")
    engine.tell("position", POSITION)

    def is_offered() -> bool:
        tom.says("/close")
        return any("BTC/USDT" in label for label in tom.chat.last.labels)

    wait_until(is_offered, "the position is offered", every_s=0.1)
    tom.taps("BTC/USDT long · trend · −$2.50")
    api.wait_for_message(tom, "Title of close_position")
    asked = engine.asked[-1]

    assert asked.args == {"command": "close_position", "args": {"position_id": "p7"}}


def test_an_engine_that_is_away_is_said_and_the_buttons_stay(
    api: BotApi, engine: ScriptedEngine
) -> None:
    _, tom, _ = crew(api)
    tom.says("/pause")
    shown = api.wait_for_message(tom, "Title of pause")

    def refuse(_: CommandRequest) -> dict[str, object]:
        raise CommandError("warming_up", "History is still being played.")

    engine.grant = refuse
    tap = tom.taps("Do pause")
    wait_until(lambda: tom.toast(tap) is not None, "the tap is answered")

    assert tom.toast(tap) == "History is still being played."
    assert shown.labels == ["Do pause", "Keep trading"]


def test_the_kill_switch_asks_nothing(api: BotApi, engine: ScriptedEngine) -> None:
    _, tom, _ = crew(api)
    tom.says("/stop the market is mad")
    answer = api.wait_for_message(tom, "Trading stopped")

    assert "SIMULATED" in answer.text
    assert [(r.name, r.args) for r in engine.asked] == [("stop", {"reason": "the market is mad"})]


def test_after_a_confirmation_without_an_answer_nothing_is_said_to_be_undone(
    api: BotApi, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, tom, _ = crew(api)
    tom.says("/pause")
    shown = api.wait_for_message(tom, "Title of pause")
    monkeypatch.setattr("telegram_bot.deck.COMMAND_S", 0.0)
    tom.taps("Do pause")
    wait_until(lambda: "is not known" in shown.text, "it is said")

    assert [request.name for request in engine.asked] == ["prepare", "confirm"]
    assert shown.labels == ["Try again", "Positions"]
