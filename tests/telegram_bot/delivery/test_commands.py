"""What people say of what they wish to hear, in a chat with a running bot."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.alerts import AlertType, Mode
from core.errors import CommandError
from infra.bus.base import CommandRequest
from store.access import AccessStore
from store.alert_settings import AlertSettings, read_settings
from store.writer import Batch
from telegram_bot.delivery.spans import parse_span
from tests.services import wait_until
from tests.store import samples
from tests.telegram_bot.bot_api.server import BotApi
from tests.telegram_bot.rig import VIEWER, ScriptedEngine, crew
from tests.telegram_webapp.house import fill_history


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A Bot API by the machine's clock, as the bot has it here."""
    with BotApi() as running:
        yield running


with_bot = pytest.mark.usefixtures("bot")


def kept(access: AccessStore) -> AlertSettings:
    return read_settings(access.database, f"telegram:{VIEWER}")


@with_bot
def test_a_type_is_switched_by_tapping_and_the_menu_changes_in_place(
    api: BotApi, access: AccessStore
) -> None:
    _, _, vera = crew(api)
    vera.says("/alerts")
    menu = api.wait_for_message(vera, "Alerts")
    vera.taps("What is told", menu)
    types = api.wait_for_message(vera, "with a sound")
    assert "🔔 Trades closed" in types.labels

    vera.taps("Trades closed", types)
    wait_until(lambda: "🔕 Trades closed" in types.labels, "the button shows it")
    assert types.id == menu.id
    assert kept(access).mode_of(AlertType.TRADE_CLOSED) is Mode.SILENT
    vera.taps("Back", types)
    api.wait_for_message(vera, "Not muted.")


@with_bot
def test_the_menu_says_what_waits_for_somebody(api: BotApi, tmp_path: Path) -> None:
    waits = samples.told(1, level="warn", owner="", title="Prices are 48s old")
    fill_history(tmp_path, Batch(outbox=[waits, samples.told(2, level="info", owner="")]))
    _, _, vera = crew(api)
    vera.says("/alerts")
    api.wait_for_message(vera, "1 alert waits for somebody, on the page. The newest: Prices are")


@with_bot
def test_a_test_alert_goes_the_way_of_all_alerts(api: BotApi) -> None:
    olga, _, vera = crew(api)
    vera.says("/alerts test")
    api.wait_for_message(vera, "This is a test")
    assert not any("This is a test" in text for text in olga.chat.texts)


@with_bot
def test_mute_and_quiet_hours_are_kept_and_told(api: BotApi, access: AccessStore) -> None:
    _, _, vera = crew(api)
    vera.says("/mute 2h")
    api.wait_for_message(vera, "Muted until")
    assert kept(access).muted_until is not None
    vera.taps("Unmute")
    api.wait_for_message(vera, "Not muted")
    assert kept(access).muted_until is None

    vera.says("/quiet 22-07 +2")
    api.wait_for_message(vera, "Quiet hours 22:00–07:00 UTC+2")
    vera.says("/quiet nonsense")
    api.wait_for_message(vera, "Quiet hours look like 22-07")
    vera.says("/quiet off")
    api.wait_for_message(vera, "No quiet hours.")
    assert kept(access).quiet_hours is None


@with_bot
def test_a_rule_is_added_and_removed_by_the_engine_in_the_person_s_name(
    api: BotApi, engine: ScriptedEngine
) -> None:
    def grant(request: CommandRequest) -> dict[str, Any]:
        if request.name == "rule_add" and "<" not in request.args["text"]:
            raise CommandError("bad_rule", "A rule compares something.", 400)
        text = request.args.get("text", "equity < 9500")
        return {"rule": {"id": "r1", "text": text, "cooldown_s": 1800}}

    engine.grant = grant
    _, _, vera = crew(api)
    vera.says("/alerts add equity < 9500 every 30m")
    told = api.wait_for_message(vera, "You are told when")
    assert "equity < 9500, at most every 30m" in told.text
    vera.says("/alerts add nonsense")
    api.wait_for_message(vera, "A rule compares something")

    wish = engine.asked[0]
    assert wish.args == {"text": "equity < 9500", "cooldown_s": 1800}
    assert (wish.role, wish.owner) == ("viewer", f"telegram:{VIEWER}")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("1h 30m", 5400)]
)
def test_spans_are_read_as_people_write_them(text: str, seconds: int) -> None:
    assert parse_span(text, 86_400) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "0m", "-2h", "2d", "2h x", "99999999h"])
def test_what_says_no_span_is_refused(text: str) -> None:
    with pytest.raises(CommandError):
        parse_span(text, 86_400)
