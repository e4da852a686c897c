"""The real bot process, the real engine process, and the Bot API over HTTP between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.logging import SECRETS
from store.access import AccessStore
from tests.runner.engine_process import EngineProcess
from tests.services import wait_until
from tests.telegram_bot.bot_api.server import TOKEN, BotApi
from tests.telegram_bot.bot_process import BotChild
from tests.telegram_bot.rig import access_of, crew


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "run").mkdir(parents=True)
    return tmp_path / "data"


@pytest.fixture
def access(folder: Path) -> Iterator[AccessStore]:
    store = access_of(folder)
    yield store
    store.close()


@pytest.fixture
def scene(
    folder: Path, api: BotApi, access: AccessStore
) -> Iterator[tuple[EngineProcess, BotChild]]:
    """An engine that holds three positions, and the bot."""
    assert access.users.listed()
    with (
        EngineProcess(folder, churn=True, STRATEGIES="holder", SPEED="300") as engine,
        BotChild(folder, api) as bot,
    ):
        engine.wait_until(lambda: len(engine.heard.state["positions"]) == 3, "three are held")
        wait_until(lambda: "Following the engine" in bot.log, "the bot follows the engine")
        yield engine, bot


def test_a_rule_of_one_s_own_is_kept_told_and_removed(
    api: BotApi, scene: tuple[EngineProcess, BotChild]
) -> None:
    assert scene
    _, _, vera = crew(api)
    vera.says("/alerts add equity < 99999999 every 5m")
    api.wait_for_message(vera, "You are told when equity < 99999999, at most every 5m")
    told = api.wait_for_message(vera, "Equity is")
    assert "SIMULATED" in told.text
    vera.says("/alerts remove 1")
    api.wait_for_message(vera, "No longer watched: equity < 99999999")


def test_from_start_to_a_confirmed_close(
    api: BotApi, access: AccessStore, scene: tuple[EngineProcess, BotChild]
) -> None:
    engine, _ = scene
    _, tom, vera = crew(api)
    tom.says("/start")
    assert "SIMULATED" in api.wait_for_message(tom, "You are trader").text
    tom.says("/close")
    choice = api.wait_for_message(tom, "Which position?")
    tom.taps("BTC/USDT long · holder", choice)
    wait_until(lambda: "Close BTC/USDT long" in choice.text, "it is shown with its amounts")
    for words in ("SIMULATED", "Expected price: ", "Net result: ", "Valid for 60 s"):
        assert words in choice.text

    confirm = choice.button("Close ")["callback_data"]
    forged = vera.sends_tap(confirm)
    wait_until(lambda: vera.toast(forged) is not None, "a viewer is refused")
    assert "needs the role" in str(vera.toast(forged))
    tom.sends_tap(confirm, choice)
    wait_until(lambda: "✅ Close BTC/USDT long: sent" in choice.text, "it is done")
    engine.wait_for("trade_closed")

    assert engine.heard.of("trade_closed")[0]["symbol"] == "BTC/USDT"
    assert engine.heard.of("command_done")[0]["by"] == "Trader (22)"
    rows = [(row.actor, row.action, row.result) for row in reversed(access.audit.newest(3))]
    assert rows == [
        ("Trader (22)", "prepare", "done"),
        ("Viewer (33)", "c:", "role_needed"),
        ("Trader (22)", "confirm", "done"),
    ]


def test_the_kill_switch_an_engine_that_is_gone_and_goodbye(
    api: BotApi, scene: tuple[EngineProcess, BotChild]
) -> None:
    engine, bot = scene
    _, tom, _ = crew(api)
    tom.says("/stop enough for today")
    api.wait_for_message(tom, "Trading stopped")
    engine.wait_until(lambda: engine.heard.state["engine"]["paused"], "trading is paused")
    assert len(engine.heard.state["positions"]) == 3

    engine.kill()
    tom.says("/pause")
    api.wait_for_message(tom, "The engine is away, so nothing was done.")
    bot.stop()

    assert bot.process.returncode == 0, bot.log
    assert bot.log.rstrip().endswith("Bot stopped")
    assert TOKEN.partition(":")[2] not in bot.log
    assert "Traceback" not in bot.log
    assert all(match.group().endswith("***") for match in SECRETS.finditer(bot.log))


def test_a_wrong_token_is_one_sentence_and_nothing_else(folder: Path, api: BotApi) -> None:
    wrong = "1234567:AAwrongWRONGwrongWRONGwrongWRONGwro"
    bot = BotChild(folder, api, TELEGRAM_BOT_TOKEN=wrong, LOG_LEVEL="INFO")
    assert bot.process.wait(60) == 2

    last = bot.log.splitlines()[-1]
    assert last.startswith("TELEGRAM_BOT_TOKEN must be the token of a bot")
    assert wrong.partition(":")[2] not in bot.log
