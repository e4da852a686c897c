"""People, keys, alerts and receipts for a stage, and an engine that keeps rules of alerts."""

from contextlib import closing
from typing import Any

import msgspec

from core.alert_rules import Known
from core.errors import CommandError
from core.market import MINUTE_MS
from infra.bus.base import CommandFailure, CommandReply, CommandRequest
from infra.settings import Settings
from runner.alert_desk import shown
from runner.record import Record
from runner.rule_book import RuleBook
from store.access import AccessStore, Role
from store.access_tables import deliveries
from store.accounts import current_account
from store.alert_rules import list_rules
from store.database import Database
from store.delivery import Content, Delivery, State, values_of
from store.writer import Batch, Writer
from tests.e2e import scene
from tests.e2e.stage import Stage
from tests.store import samples

OWNER = "owner"  # whom a one-time link of that role signs in
ANNA, BORIS, DALIA, LONG = 7001, 7002, 7003, 7004
DALIA_NAME = "داليا عبد الرحمن"
LONG_NAME = "Maximiliane-Wilhelmina von Hohenzollern-Sigmaringen zu Berlin"[:60]
IPHONE = "Safari on iPhone"


def move_in(stage: Stage) -> None:
    """Let people come and ask, open their sessions, and make keys."""
    now = stage.now
    fill_users(stage.access, now)
    boris = stage.access.users.find(BORIS)
    assert boris is not None
    stage.access.open_session_for(
        boris, via="telegram", now=now - 26 * MINUTE_MS, life_ms=60 * MINUTE_MS, client=IPHONE,
        address="2001:db8:85a3:8d3:1319:8a2e:370:7348",
    )  # fmt: skip
    for name, role in (("home assistant", Role.VIEWER), ("grafana", Role.TRADER)):
        stage.access.create_key(name, role, now - 90 * MINUTE_MS)


def fill_users(access: AccessStore, now: int) -> None:
    """Know a trader, one who is blocked, and two who ask."""
    users = access.users
    users.allow(BORIS, Role.TRADER, OWNER, now - 3 * scene.DAY_MS, name="Boris", username="boris")
    users.ask(ANNA, LONG_NAME, "anna_has_the_longest_name_there_is", now - 9 * MINUTE_MS)
    users.ask(DALIA, DALIA_NAME, "dalia", now - 2 * MINUTE_MS)
    users.ask(LONG, "Carl", "", now - 50 * MINUTE_MS)
    users.block(LONG, OWNER, now - 40 * MINUTE_MS)


ALERTS: list[dict[str, Any]] = [
    {"type": "trade_closed", "title": "Target hit, BTC long closed", "link": "trade_position-1",
     "detail": "trend, held 2h 05m"},
    {"type": "signal", "title": "Signal: buy SOL", "link": "signals_SOLUSDT",
     "detail": "trend, confidence 0.71"},
    {"type": "liquidation_near", "level": "error", "title": "BTC long is near liquidation",
     "detail": "4.2% away", "link": "position_p1"},
    {"type": "feed_stale", "level": "warn", "title": "Prices are 48s old", "link": "system",
     "detail": "New entries are stopped."},
    {"type": "rule", "level": "warn", "title": "BTC/USDT > 64000", "detail": "64,212.4",
     "link": "symbol_BTCUSDT", "owner": OWNER},
]  # fmt: skip


def tell_alerts(stage: Stage) -> None:
    """Have told each of `ALERTS`, the first one last."""
    for number, alert in enumerate(reversed(ALERTS)):
        store_alert(stage, f"told-{number}", minutes_ago=len(ALERTS) - number, **alert)


def store_alert(stage: Stage, fact_id: str, minutes_ago: int = 0, **changes: Any) -> None:
    """Write an alert as the engine does, without saying on the stream that it is there."""
    values = {"owner": "", "fact_id": fact_id, "at": stage.now - minutes_ago * MINUTE_MS}
    remember(stage, Batch(outbox=[samples.told(0, **{**values, **changes})]))


def raise_alert(stage: Stage, fact_id: str, **changes: Any) -> None:
    """Write an alert, then say on the stream that something happened."""
    store_alert(stage, fact_id, **changes)
    stage.tell("order_refused", scene.refusal(stage.now, fact_id))


RECEIPTS: list[dict[str, Any]] = [
    {"state": State.WAITING, "attempts": 3, "error": "Telegram did not answer"},
    {"state": State.SENT, "is_silent": True},
    {"state": State.FAILED, "attempts": 1, "error": "Forbidden: bot was blocked by the user"},
    {"state": State.DIGESTED},
    {"state": State.FOLDED, "times": 4},
    {"state": State.SENT, "is_doubtful": True},
]


def deliver(stage: Stage) -> None:
    """Have sent a message of each state to the owner's chat."""
    with stage.access.database.write() as connection:
        for number, changes in enumerate(RECEIPTS):
            values: dict[str, Any] = {
                "source": f"outbox:{number}", "chat_id": 7, "owner": OWNER, "type": "fill",
                "level": "info", "content": Content(title="Bought 0.015 BTC/USDT"),
                "happened_at": stage.now, "created_at": stage.now, **changes,
            }  # fmt: skip
            connection.execute(
                deliveries.insert().values(values_of(msgspec.convert(values, Delivery)))
            )


class RuleKeeper:
    """Answers as an engine that keeps rules: the real book, stored as the engine stores it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._record = Record()
        known = Known(tuple(scene.PRICES), ("trend", "deepseek_only"))
        self._book = RuleBook(self._record, known, "USDT")

    def answer(self, request: CommandRequest) -> CommandReply:
        """Add or remove a rule."""
        owner = request.owner or request.actor
        try:
            if request.name == "rule_add":
                row = self._book.add(owner, request.actor, request.args, self._stage.now)
            else:
                row = self._book.remove(str(request.args["rule_id"]), owner, of_anybody=False)
        except CommandError as error:
            return CommandReply(
                ok=False, error=CommandFailure(error.code, error.status, str(error))
            )
        rules, removed = list(self._record.rules.values()), list(self._record.rules_removed)
        remember(self._stage, Batch(rules=rules, rules_removed=removed))
        return CommandReply(ok=True, result={"rule": shown(row)})

    def rest(self, text: str) -> None:
        """Have a rule about something that is not traded any more."""
        row = samples.rule(1, owner=OWNER, text=text)
        remember(self._stage, Batch(rules=[row]))
        with closing(_database(self._stage)) as database:
            self._book.recall(list_rules(database))


def _database(stage: Stage) -> Database:
    return Database(Settings(data_dir=stage.data_dir).database)


def remember(stage: Stage, batch: Batch) -> None:
    with closing(_database(stage)) as database:
        account = current_account(database)
        assert account is not None
        Writer(database, account.id).commit(batch)
