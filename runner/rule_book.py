"""People's own alert rules in memory: kept, looked at, and changed by their owners."""

import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from core.alert_judging import Judge, Look, words_of
from core.alert_rules import Known, parse_rule, rule_text
from core.alerts import Alarm, Level
from core.errors import CommandError, DataError
from runner.record import Record
from store.records import AlertRule

MAX_RULES: Final = 50  # of one owner
MAX_RULES_OF_ALL: Final = 2000
# so often may one owner's rules fire together: everybody sees in the activity that they did
MOST_FIRED: Final = 20
FIRED_WITHIN_MS: Final = 10 * 60_000
COOLDOWN_S: Final = 900
SHORTEST_COOLDOWN_S: Final = 60
LONGEST_COOLDOWN_S: Final = 30 * 86_400
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH: Final = 5


class RuleBook:
    """The rules of an account.

    Promise: every change of a rule, its firing too, is in ``record``, so that a commit of that
    makes memory and store the same. A rule about something that is not traded any more rests. One
    owner's rules fire at most `MOST_FIRED` times in ten minutes; what is true then fires later.
    """

    def __init__(self, record: Record, known: Known, currency: str) -> None:
        self._record = record
        self._known = known
        self._currency = currency
        self._rows: dict[str, AlertRule] = {}
        self._judges: dict[str, Judge] = {}
        self._fired: dict[str, deque[int]] = {}

    def recall(self, rows: Iterable[AlertRule]) -> None:
        """Take back what was stored."""
        for row in rows:
            self._take(row)

    def rows(self, owner: str | None = None) -> list[AlertRule]:
        """Return the rules, oldest first: everybody's, or only *owner*'s."""
        return [row for row in self._rows.values() if owner in {None, row.owner}]

    def add(self, owner: str, by: str, args: dict[str, Any], at: int) -> AlertRule:
        """Add a rule of *owner*, or return the same one that they have already.

        Raises:
            CommandError: it makes no sense, or there are too many.
        """
        cooldown_s = _cooldown(args.get("cooldown_s"))
        try:
            text = rule_text(parse_rule(str(args.get("text", "")), self._known))
        except DataError as error:
            sentence = str(error)
            raise CommandError("bad_rule", f"{sentence[:1].upper()}{sentence[1:]}.", 400) from error
        mine = self.rows(owner)
        for row in mine:
            if row.text == text:
                return row if row.cooldown_s == cooldown_s else self._change(row, cooldown_s)
        if len(mine) >= MAX_RULES or len(self._rows) >= MAX_RULES_OF_ALL:
            limit = f"at most {MAX_RULES} rules of one's own"
            raise CommandError("too_many_rules", f"There are {limit}: remove one first.", 409)
        row = AlertRule(
            id=self._new_id(), owner=owner, text=text, cooldown_s=cooldown_s, created_at=at,
            created_by=by,
        )  # fmt: skip
        self._take(row)
        self._record.rules[row.id] = row
        return row

    def remove(self, rule_id: str, owner: str, *, of_anybody: bool) -> AlertRule:
        """Remove a rule of *owner* or, if they may, *of_anybody*.

        Raises:
            CommandError: there is none, as far as they may know.
        """
        row = self._rows.get(rule_id)
        if row is None or not (of_anybody or row.owner == owner):
            raise CommandError("no_rule", f"There is no rule {rule_id[:40]!r} of yours.", 404)
        del self._rows[rule_id]
        self._judges.pop(rule_id, None)
        self._record.rules.pop(rule_id, None)
        self._record.rules_removed.append(rule_id)
        return row

    def look(self, look: Look) -> Iterator[Alarm]:
        """Yield an alarm of every rule that fires."""
        for rule_id, judge in self._judges.items():
            row = self._rows[rule_id]
            ruling = judge.look(look, row.state, may_fire=self._may_fire(row, look.at))
            if ruling.fired:
                self._fired.setdefault(row.owner, deque(maxlen=MOST_FIRED)).append(look.at)
                yield self._alarm(row, judge, ruling.fired)
                row = msgspec.structs.replace(
                    row, state=ruling.state, fired_at=look.at, fired_count=row.fired_count + 1
                )
            elif ruling.state == row.state:
                continue
            else:
                row = msgspec.structs.replace(row, state=ruling.state)
            self._rows[rule_id] = self._record.rules[rule_id] = row

    def _may_fire(self, row: AlertRule, at: int) -> bool:
        """Return whether the cooldown is over; a tape that begins anew has none."""
        if row.fired_at is not None and 0 <= at - row.fired_at < row.cooldown_s * 1000:
            return False
        lately = self._fired.get(row.owner)
        if lately is None or len(lately) < MOST_FIRED:
            return True
        return not 0 <= at - lately[0] < FIRED_WITHIN_MS

    def _alarm(self, row: AlertRule, judge: Judge, fired: Any) -> Alarm:
        about = fired[0].payload
        position = about.get("id", "") if "liquidation_price" in about else ""
        symbol = str(about.get("symbol", ""))
        link = f"position_{position}" if position else ""
        return Alarm(
            level=Level.WARN, code="rule", owner=row.owner, title=row.text, symbol=symbol,
            detail=words_of(judge.rule, fired, self._currency),
            strategy=str(about.get("strategy", "")),
            link=link or (f"symbol_{symbol.replace('/', '')}" if symbol else ""),
        )  # fmt: skip

    def _take(self, row: AlertRule) -> None:
        self._rows[row.id] = row
        try:
            self._judges[row.id] = Judge(parse_rule(row.text, self._known))
        except DataError:
            return  # its symbol or strategy is not there now

    def _change(self, row: AlertRule, cooldown_s: int) -> AlertRule:
        changed = msgspec.structs.replace(row, cooldown_s=cooldown_s)
        self._rows[row.id] = self._record.rules[row.id] = changed
        return changed

    def _new_id(self) -> str:
        while True:
            rule_id = "".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))
            if rule_id not in self._rows:
                return rule_id


def _cooldown(given: Any) -> int:
    """Return the cooldown in seconds.

    Raises:
        CommandError: it is none.
    """
    if given is None:
        return COOLDOWN_S
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole or not SHORTEST_COOLDOWN_S <= given <= LONGEST_COOLDOWN_S:
        text = (
            f"cooldown_s must be a whole number from {SHORTEST_COOLDOWN_S} to "
            f"{LONGEST_COOLDOWN_S}, was {str(given)[:40]!r}."
        )
        raise CommandError("bad_cooldown", text, 400)
    return int(given)
