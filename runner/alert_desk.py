"""The engine's watch: looks at the states once a second, and keeps people's rules for them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from core.alert_judging import Look, Payload, exact
from core.alert_rules import Known
from core.alert_watch import Limits, Watchers
from core.alerts import Alarm
from core.errors import CommandError
from infra.bus.base import CommandRequest
from runner.publisher import Publisher
from runner.rule_book import RuleBook
from runner.tally import Tally
from runner.trader import Trader
from store.records import AlertRule

ZERO: Final = Decimal(0)
REQUESTS: Final = {"rule_add", "rule_remove"}
ROLES: Final = {"viewer", "trader", "owner"}


class AlertDesk:
    """Raises alerts from what the states say, for everybody and for the owners of rules.

    Promise: a look changes nothing but what was told; it costs the same however fast the market is.
    """

    def __init__(self, trader: Trader, publisher: Publisher, limits: Limits, currency: str) -> None:
        self._trader = trader
        self._publisher = publisher
        symbols, names = tuple(trader.board.markets), tuple(trader.sub_tallies)
        self.rules = RuleBook(trader.record, Known(symbols, names), currency)
        self.watchers = Watchers(limits, currency)

    def look(self, at: int) -> None:
        """Raise what is new at engine time *at*."""
        record = self._trader.record
        look = self._look(at)
        if not look.account:
            return
        alarms = [*self.watchers.look(look), *self._jumps(), *self.rules.look(look)]
        for alarm in alarms:
            record.alarm(at, alarm)

    def answer(self, request: CommandRequest, at: int) -> dict[str, Any]:
        """Change a rule as its owner wishes; return it.

        Raises:
            CommandError: it cannot be done.
        """
        if request.role not in ROLES:
            raise CommandError("forbidden", f"A {request.role[:40]} may not command.", 403)
        owner = request.owner or request.actor
        if request.name == "rule_add":
            return shown(self.rules.add(owner, request.actor, request.args, at))
        rule_id = str(request.args.get("rule_id", ""))
        return shown(self.rules.remove(rule_id, owner, of_anybody=request.role == "owner"))

    def _look(self, at: int) -> Look:
        state, trader = self._publisher.state, self._trader
        account: dict[str, Any] = dict(state["account"])
        if account:
            account["_drawdown_pct"] = _drawdown_pct(trader.tally, exact(account["equity"]))
        strategies: dict[str, Payload] = {}
        for name, payload in state["strategies"].items():
            tally = trader.sub_tallies.get(name)
            fall = ZERO if tally is None else _drawdown_pct(tally, exact(payload["equity"]))
            strategies[name] = {**payload, "_drawdown_pct": fall}
        return Look(
            at=at, account=account, positions=state["positions"], prices=state["prices"],
            stats=state["stats"], strategies=strategies, last_trades=self._last_trades(),
        )  # fmt: skip

    def _last_trades(self) -> Mapping[str, int]:
        trader = self._trader
        last = {"": trader.tally.last_trade_at}
        for name, tally in trader.sub_tallies.items():
            last[name] = tally.last_trade_at
        for position in trader.portfolio.positions.values():
            for name in ("", position.strategy):
                last[name] = max(last.get(name, 0), position.opened_at)
        return last

    def _jumps(self) -> list[Alarm]:
        """Return what is to be told of the returns that were unusual since the last look."""
        found = self._trader.anomalies.take_jumps()
        return [alarm for alarm in map(self.watchers.jump, found) if alarm is not None]


def shown(rule: AlertRule) -> dict[str, Any]:
    """Return a rule as it is answered."""
    return {
        "id": rule.id, "text": rule.text, "cooldown_s": rule.cooldown_s, "owner": rule.owner,
        "created_at": rule.created_at, "created_by": rule.created_by, "fired_at": rule.fired_at,
        "fired_count": rule.fired_count,
    }  # fmt: skip


def _drawdown_pct(tally: Tally, equity: Decimal) -> Decimal:
    """Return how far *equity* is below the highest so far, in %."""
    peak = tally.drawdown.peak
    return max(ZERO, round(100 * (peak - equity) / peak, 4)) if peak > 0 else ZERO
