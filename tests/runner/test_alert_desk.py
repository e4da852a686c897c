"""Rules of people's own and the engine's watchers, in a real engine."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import CommandError, ConfigError
from infra.bus.base import CommandRequest
from runner.rule_book import MAX_RULES, MOST_FIRED
from runner.wiring import Wired
from store.alert_rules import list_rules
from store.history import Wanted, facts
from store.outbox import OutboxRow, read_outbox
from store.writer import Batch, Writer
from tests.runner.engines import Listener, follow, open_engine, settings, warm
from tests.store import samples
from utils.clock import SetClock

MINUTE_MS = 60_000


class House:
    """An engine that holds three positions, and people who set rules."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder, self.changes = folder, changes
        self.listener = Listener()
        self.wired = self.open()
        self.go_on(3)

    def open(self, **more: Any) -> Wired:
        given: dict[str, Any] = {"warmup_days": 0, "strategies": ["holder"], "tick_ms": 5_000}
        wanted = settings(self.folder, **given | self.changes | more)
        return open_engine(wanted, self.listener)

    def reopen(self, **more: Any) -> None:
        self.wired.close()
        self.wired = self.open(**more)
        asyncio.run(self.engine.turn("running"))

    @property
    def engine(self) -> Any:
        return self.wired.engine

    @property
    def clock(self) -> SetClock:
        assert isinstance(self.engine.clock, SetClock)
        return self.engine.clock

    def go_on(self, minutes: int) -> None:
        asyncio.run(follow(self.engine, self.engine.now() + minutes * MINUTE_MS))

    def look(self, after_s: int = 0) -> None:
        self.clock.at += 1000 * after_s
        asyncio.run(self.engine.watch())

    def ask(self, name: str, args: Any, owner: str = "telegram:1", role: str = "viewer") -> Any:
        request = CommandRequest("k", name, args, f"actor of {owner}", role, owner)
        reply = asyncio.run(self.engine.answer(request))
        assert reply.ok
        return reply.result["rule"]

    def add(self, text: str, cooldown_s: Any = None, **who: str) -> dict[str, Any]:
        args = {"text": text} if cooldown_s is None else {"text": text, "cooldown_s": cooldown_s}
        return dict(self.ask("rule_add", args, **who))

    def remove(self, rule_id: str, **who: str) -> Any:
        return self.ask("rule_remove", {"rule_id": rule_id}, **who)

    @property
    def rules(self) -> list[str]:
        return [rule.text for rule in list_rules(self.wired.database)]

    def told(self, alert_type: str = "rule") -> list[OutboxRow]:
        rows = read_outbox(self.wired.database, 0, 9999)
        return [row for row in rows if row.type == alert_type]


@pytest.fixture
def house(tmp_path: Path, own_strategies: None) -> Iterator[House]:  # noqa: ARG001
    built = House(tmp_path)
    yield built
    built.wired.pulse.ledger_check.run()
    built.wired.close()


def test_a_rule_is_stored_in_its_normal_form_and_fires_to_its_owner_alone(house: House) -> None:
    rule = house.add("Equity above 1,000 usdt")

    assert (rule["text"], rule["cooldown_s"]) == ("equity > 1000", 900)
    assert (rule["owner"], rule["created_by"]) == ("telegram:1", "actor of telegram:1")
    assert house.rules == ["equity > 1000"]
    house.look()
    (row,) = house.told()
    assert (row.owner, row.title, row.level) == ("telegram:1", "equity > 1000", "warn")
    assert row.detail.startswith("Equity is ")
    alert = house.listener.of("alert_raised")[-1]
    assert (alert["code"], alert["fact_id"]) == ("rule", row.fact_id)
    stored = list_rules(house.wired.database)[0]
    assert (stored.fired_count, stored.fired_at, stored.state) == (1, house.engine.now(), {"": 1})


def test_a_rule_that_stays_true_is_told_once_even_over_a_restart(house: House) -> None:
    house.add("equity > 1000", 60)
    house.look()
    house.look(after_s=3600)
    house.reopen()
    house.look(after_s=7200)

    assert len(house.told()) == 1
    assert list_rules(house.wired.database)[0].fired_count == 1


def test_a_price_that_crosses_is_told_with_its_symbol(house: House) -> None:
    last = Decimal(str(house.listener.state["prices"]["BTC/USDT"]["last"]))
    house.add(f"BTC/USDT crosses {last + 1}", 60)
    house.look()
    market = house.engine.trader.board.markets["BTC/USDT"]
    market.last = last + 5
    house.engine.telling.touch_all()
    asyncio.run(house.engine.flush())

    house.look(after_s=1)

    (row,) = house.told()
    assert (row.symbol, row.link) == ("BTC/USDT", "symbol_BTCUSDT")
    assert row.detail == f"BTC/USDT is at {last + 5:,}."


def test_a_rule_on_any_position_names_each(house: House) -> None:
    house.add("position notional > 1")
    house.look()

    (row,) = house.told()
    assert row.detail.count("Notional is") == 3
    assert row.link.startswith("position_holder-")


def test_the_rules_of_one_owner_fire_so_often_and_the_rest_later(house: House) -> None:
    for number in range(MOST_FIRED + 5):
        house.add(f"equity > {number + 1}")
    house.add("equity > 1", owner="telegram:2")

    house.look()
    assert len(house.told()) == MOST_FIRED + 1
    house.look(after_s=599)
    assert len(house.told()) == MOST_FIRED + 1
    house.look(after_s=1)

    assert len(house.told()) == MOST_FIRED + 6
    assert len({row.title for row in house.told() if row.owner == "telegram:1"}) == MOST_FIRED + 5


def test_silence_is_counted_from_the_last_opening(house: House) -> None:
    house.add("no trade for 2h")
    house.look()
    assert house.told() == []

    house.look(after_s=7200)

    (row,) = house.told()
    assert row.detail.startswith("Nobody has opened or closed anything for 2h")


def test_a_person_removes_their_own_rules_and_an_owner_anybodys(house: House) -> None:
    mine, other = house.add("equity < 1"), house.add("equity < 2", owner="telegram:2")

    with pytest.raises(CommandError, match="There is no rule") as error:
        house.remove(other["id"])
    assert (error.value.code, error.value.status) == ("no_rule", 404)
    with pytest.raises(CommandError):
        house.remove(other["id"], role="trader")
    assert house.remove(mine["id"])["text"] == "equity < 1"
    assert house.remove(other["id"], role="owner")["owner"] == "telegram:2"
    assert house.rules == []
    house.reopen()
    assert house.rules == []


def test_the_same_rule_twice_is_one_with_the_newer_cooldown(house: House) -> None:
    first = house.add("equity < 1")
    second = house.add("EQUITY<1", 120)
    other = house.add("equity < 1", owner="telegram:2")

    assert first["id"] == second["id"] != other["id"]
    assert {rule.owner: rule.cooldown_s for rule in list_rules(house.wired.database)} == {
        "telegram:1": 120, "telegram:2": 900,
    }  # fmt: skip


def test_a_person_has_so_many_rules_and_no_more(house: House) -> None:
    for number in range(MAX_RULES):
        house.add(f"equity < {number + 1}")
    with pytest.raises(CommandError, match="at most 50 rules") as error:
        house.add("equity < 9999")

    assert (error.value.code, error.value.status) == ("too_many_rules", 409)
    house.add("equity < 9999", owner="telegram:2")


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        ({}, "bad_rule", "A rule must have 1 to 120 characters"),
        ({"text": "luck < 3"}, "bad_rule", "'luck' is no figure"),
        ({"text": "DOGE/USDT < 3"}, "bad_rule", "symbols are BTC/USDT, ETH/USDT, SOL/USDT."),
        ({"text": "bob equity < 3"}, "bad_rule", "or a strategy (churn, deepseek_only"),
        ({"text": ["equity < 3"]}, "bad_rule", "is no figure"),
        ({"text": "equity < 3", "cooldown_s": 59}, "bad_cooldown", "from 60 to 2592000, was '59'"),
        ({"text": "equity < 3", "cooldown_s": True}, "bad_cooldown", "was 'True'"),
        ({"text": "equity < 3", "cooldown_s": "60"}, "bad_cooldown", "a whole number"),
    ],
)
def test_what_makes_no_rule_changes_nothing(
    house: House, args: dict[str, Any], code: str, sentence: str
) -> None:
    with pytest.raises(CommandError) as error:
        house.ask("rule_add", args)

    assert (error.value.code, error.value.status) == (code, 400)
    assert sentence in str(error.value)
    assert house.rules == []


def test_nobody_without_a_role_has_rules(house: House) -> None:
    with pytest.raises(CommandError) as error:
        house.add("equity < 1", role="stranger")

    assert (error.value.code, error.value.status) == ("forbidden", 403)


def test_rules_can_be_set_while_history_is_played(tmp_path: Path) -> None:
    wired = open_engine(settings(tmp_path))

    async def scenario() -> None:
        playing = asyncio.create_task(warm(wired))
        await asyncio.sleep(0)  # until the first steps are played
        assert wired.engine.status.status == "warming_up"
        request = CommandRequest("k", "rule_add", {"text": "equity < 1"}, "ada", "viewer")
        assert (await wired.engine.answer(request)).ok
        await playing
        await wired.engine.close()

    asyncio.run(scenario())
    (rule,) = list_rules(wired.database)
    wired.close()

    assert (rule.owner, rule.text) == ("ada", "equity < 1")


def test_a_rule_about_what_is_not_traded_any_more_rests(house: House) -> None:
    account_id = house.engine.writer.account_id
    gone = samples.rule(1, text="DOGE/USDT > 1", owner="telegram:1", state={})
    Writer(house.wired.database, account_id).commit(Batch(rules=[gone]))
    house.reopen()

    house.look()

    assert house.rules == ["DOGE/USDT > 1"]
    assert house.told() == []
    house.remove("r1")
    assert house.rules == []


def test_rules_go_on_when_the_paper_account_begins_anew(house: House) -> None:
    house.add("equity < 1")
    house.reopen(reset_paper=True)

    assert house.rules == ["equity < 1"]
    assert len(house.engine.alerts.rules.rows("telegram:1")) == 1


def test_the_engine_tells_a_drawdown_once_and_goes_on_after_a_restart(house: House) -> None:
    house.look()
    tally = house.engine.trader.tally
    tally.drawdown.peak = tally.drawdown.peak * Decimal("1.07")
    house.look(after_s=1)
    house.look(after_s=1)
    house.reopen()
    house.engine.trader.tally.drawdown.peak = tally.drawdown.peak
    house.look(after_s=1)

    (row,) = house.told("drawdown")
    assert row.title == "Drawdown reached 5 %"
    assert row.link == "performance"


def test_a_checkpoint_of_before_the_watchers_is_taken(house: House) -> None:
    async def commit() -> None:
        saved = house.engine._settling.checkpoint()
        del saved["alerts"]
        house.engine.writer.commit(Batch(checkpoint=saved))

    house.look()
    asyncio.run(commit())
    house.reopen()

    house.look()
    assert house.told("drawdown") == []


def test_a_checkpoint_that_is_damaged_stops_the_start_with_a_sentence(house: House) -> None:
    saved = {**house.engine._settling.checkpoint(), "alerts": {"drawdown": "x"}}
    house.engine.writer.commit(Batch(checkpoint=saved))
    house.wired.close()

    with pytest.raises(ConfigError, match="was saved by another version, or is damaged"):
        house.open()

    house.engine.writer.commit(Batch(checkpoint={**saved, "alerts": {}}))
    house.wired = house.open()


def test_what_fires_is_stored_with_its_fact_and_state_together(house: House) -> None:
    house.add("equity > 1000")
    house.look()

    account_id = house.engine.writer.account_id
    page = facts(house.wired.database, account_id, Wanted(types=("alert_raised",)))
    fired = [fact for fact in page.items if fact.data["code"] == "rule"]
    assert [fact.fact_id for fact in fired] == [row.fact_id for row in house.told()]
    stored = list_rules(house.wired.database)
    assert stored == house.engine.alerts.rules.rows()
    assert msgspec.structs.replace(stored[0], state={}).fired_at == fired[0].at
