"""People's wishes: prepared as an intent with its consequences, then confirmed once.

An intent lives here, in the engine, for 60 s; it belongs to who asked for it and is executed
against the market as it is at the confirmation, with risk checked again.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import CommandError, OrderRejected
from core.orders import OrderRole
from runner.payloads import Data
from runner.plans import Args, Planner, Wish
from runner.trader import Trader

INTENT_LIFE_S: Final = 60
MAX_INTENTS: Final = 1000
REMEMBERED: Final = 1000

STOPPED: Final = "Trading stopped"
WATCHING: Final = (
    "This deck only watches the account: it cannot trade, nor change what rests at the exchange. "
    "Start it with broker testnet or live to trade."
)

_DONE: Final = {
    "pause": "Trading paused",
    "resume": "Trading resumed",
    "close_position": "{title}: sent",
    "close_all": "{title}: sent",
    "cancel_order": "{title}: done",
    "move_order": "{title}: done",
    "retry_market": "{title}: on its way",
    "symbols": "{title}: on its way",
}

_SENT: Final = frozenset({"close_position", "close_all", "cancel_order", "move_order"})
_TRADING: Final = _SENT | {"pause", "resume"}


@dataclass(frozen=True, slots=True)
class Intent:
    """A wish shown back to who made it; ``expires_s`` is on the monotonic clock."""

    id: str
    actor: str
    command: str
    args: Args
    expires_s: float
    title: str


class CommandDesk:
    """Prepares and confirms commands; outcomes are remembered by actor and idempotency key.

    Attributes:
        only_watches: whether every wish that is about trading is refused.
    """

    def __init__(self, trader: Trader, now_s: Callable[[], float], badge: str) -> None:
        self._trader = trader
        self._planner = Planner(trader, badge)
        self._now_s = now_s
        self._badge = badge
        self.only_watches = False
        self._intents: dict[str, Intent] = {}
        self._outcomes: dict[tuple[str, str], Data | CommandError] = {}

    @property
    def wishes(self) -> dict[str, Wish]:
        """Return the commands that are not about trading, by name; add to them."""
        return self._planner.wishes

    def prepare(self, command: str, args: Mapping[str, Any], actor: str, at: int) -> Data:
        """Return an intent: what would be done, with amounts, and until when it may be confirmed.

        Raises:
            CommandError: the command or its arguments are not possible now.
        """
        if self.only_watches and command in _TRADING:
            raise CommandError("watching", WATCHING)
        clean = {str(name): str(value) for name, value in args.items()}
        plan = self._planner.plan(command, clean)
        self._forget_old()
        expires_s = self._now_s() + INTENT_LIFE_S
        intent = Intent(secrets.token_urlsafe(12), actor, command, clean, expires_s, plan.title)
        self._intents[intent.id] = intent
        return {
            "intent_id": intent.id,
            "command": command,
            "title": plan.title,
            "summary": plan.summary,
            "lines": list(plan.lines),
            "act_label": plan.act_label,
            "badge": self._badge,
            "expires_at": at + INTENT_LIFE_S * 1000,
            "valid_s": INTENT_LIFE_S,
        }

    def result_of(self, key: str, actor: str) -> Data | None:
        """Return the result of a confirmation already carried out under that key.

        Raises:
            CommandError: it was refused then.
        """
        outcome = self._outcomes.get((actor, key))
        if isinstance(outcome, CommandError):
            raise outcome
        return outcome

    def recall(self, done: Iterable[Data]) -> None:
        """Take the command_done facts of earlier starts, oldest first."""
        for body in done:
            result = {"ok": True, "title": body["title"], "detail": ""}
            self._remember((body["by"], body["id"]), result)

    def confirm(self, intent_id: str, actor: str, key: str, at: int) -> Data:
        """Carry an intent out, once.

        Raises:
            CommandError: it expired, was used, belongs to somebody else, or is refused now.
        """
        intent = self._intents.get(intent_id)
        if intent is None or intent.actor != actor or intent.expires_s < self._now_s():
            raise CommandError(
                "intent_expired",
                "This confirmation is no longer valid: it is used up or older than 60 s. "
                "Ask again.",
            )
        del self._intents[intent_id]
        try:
            self._execute(intent, key, at)
        except CommandError as error:
            self._remember((actor, key), error)
            raise
        title = self._done(intent)
        body = {"at": at, "id": key, "command": intent.command, "by": actor, "ok": True}
        self._trader.record.fact("command_done", body, (title, f"by {actor}"))
        result: Data = {"ok": True, "title": title, "detail": ""}
        self._remember((actor, key), result)
        return result

    def stop(self, actor: str, key: str, at: int, reason: str) -> Data:
        """Pause and cancel what rests to open a position, without a second step; close nothing.

        Stops and targets stay. The same *key* is the same wish.

        Raises:
            CommandError: another wish of that key was refused.
        """
        done = self.result_of(key, actor)
        if done is not None:
            return done
        trader = self._trader
        trader.set_paused(actor, at)
        cancelled = trader.cancel_entries(f"stopped by {actor}")
        held = len(trader.portfolio.positions)
        why = f": {reason}" if reason else ""
        body = {"at": at, "id": key, "command": "stop", "by": actor, "ok": True}
        trader.record.fact("command_done", body, (STOPPED, f"by {actor}{why}"))
        told = "told to cancel" if trader.broker.answers_later else "cancelled"
        detail = f"{_count(cancelled, 'entry order')} {told}, {_count(held, 'position')} left open."
        result: Data = {"ok": True, "title": STOPPED, "detail": detail}
        self._remember((actor, key), result)
        return result

    def _done(self, intent: Intent) -> str:
        """Return in words what became of an intent: a real exchange has yet to answer."""
        if self._trader.broker.answers_later and intent.command in _SENT:
            return f"{intent.title}: sent"
        return _DONE[intent.command].format(title=intent.title)

    def _remember(self, wish: tuple[str, str], outcome: "Data | CommandError") -> None:
        self._outcomes[wish] = outcome
        while len(self._outcomes) > REMEMBERED:
            del self._outcomes[next(iter(self._outcomes))]

    def _forget_old(self) -> None:
        now_s = self._now_s()
        self._intents = {i.id: i for i in self._intents.values() if i.expires_s >= now_s}
        if len(self._intents) >= MAX_INTENTS:
            raise CommandError("busy", "Too many unconfirmed wishes are open. Try again.", 429)

    def _execute(self, intent: Intent, key: str, at: int) -> None:
        """Do what *intent* says.

        Raises:
            CommandError: it is not possible any more, or refused by risk or broker.
        """
        wish = self.wishes.get(intent.command)
        try:
            if wish is None:
                self._do(intent, key, at)
            else:
                wish.act(intent.args)
        except OrderRejected as error:
            raise CommandError("refused", f"{intent.title}: not done, {error}.") from error

    def _do(self, intent: Intent, key: str, at: int) -> None:
        trader, planner, args = self._trader, self._planner, intent.args
        match intent.command:
            case "pause":
                trader.set_paused(intent.actor, at)
            case "resume":
                trader.set_paused(None, at)
            case "close_position":
                trader.close(planner.position(args), OrderRole.MANUAL, at, key)
            case "close_all":
                self._close_all(at, key)
            case "cancel_order":
                trader.cancel(planner.order(args).id, f"cancelled by {intent.actor}")
            case _:
                order = planner.order(args)
                trader.move(order.id, planner.new_price(order, args))

    def _close_all(self, at: int, key: str) -> None:
        """Close what can be closed; a position that cannot does not keep the others open.

        Raises:
            OrderRejected: one or more were refused; the rest were sent.
        """
        refused: list[str] = []
        for position in list(self._trader.portfolio.positions.values()):
            try:
                self._trader.close(position, OrderRole.MANUAL, at, key)
            except OrderRejected as error:
                refused.append(f"{position.symbol}: {error}")
        if refused:
            raise OrderRejected("; ".join(refused))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
