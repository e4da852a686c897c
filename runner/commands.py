"""People's wishes: prepared as an intent with its consequences, then confirmed once.

An intent lives here, in the engine, for 60 s of its clock; it belongs to who asked for it and
is executed against the market as it is at the confirmation, with risk checked again.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.errors import CommandError, OrderRejected
from core.ledger import Position
from core.orders import Order, OrderRole, OrderType
from runner.payloads import Data
from runner.quotes import Quote, close_quote
from runner.trader import Trader
from runner.words import price_text, qty_text

INTENT_LIFE_S: Final = 60
_MAX_INTENTS: Final = 1000
_REMEMBERED: Final = 1000


@dataclass(frozen=True, slots=True)
class Intent:
    """A wish shown back to who made it."""

    id: str
    actor: str
    command: str
    args: Mapping[str, str]
    expires_s: float
    title: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an intent says and what confirming it does."""

    title: str
    summary: str
    act_label: str
    lines: tuple[Data, ...] = ()


class CommandDesk:
    """Prepares and confirms commands; results are remembered by idempotency key."""

    def __init__(self, trader: Trader, now_s: Callable[[], float], badge: str) -> None:
        self._trader = trader
        self._now_s = now_s
        self._badge = badge
        self._intents: dict[str, Intent] = {}
        self._done: dict[str, Data] = {}

    def prepare(self, command: str, args: Mapping[str, Any], actor: str, at: int) -> Data:
        """Return an intent: what would be done, with amounts, and until when it may be confirmed.

        Raises:
            CommandError: the command or its arguments are not possible now.
        """
        clean = {k: str(v) for k, v in args.items()}
        plan = self._plan(command, clean)
        intent = Intent(
            secrets.token_urlsafe(12), actor, command, clean, self._now_s() + INTENT_LIFE_S,
            plan.title,
        )  # fmt: skip
        self._forget_old()
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
        """Return the result of a confirmation already carried out under that key."""
        return self._done.get(f"{actor}\n{key}")

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
        title, detail, ok = *self._execute(intent, key, at), True
        return self._remember(intent, key, at, (title, detail, ok))

    def _remember(self, intent: Intent, key: str, at: int, said: tuple[str, str, bool]) -> Data:
        title, detail, ok = said
        body = {"at": at, "id": key, "command": intent.command, "by": intent.actor, "ok": ok}
        self._trader.record.fact("command_done", body, (title, f"by {intent.actor}"))
        result = {"ok": ok, "title": title, "detail": detail}
        self._done[f"{intent.actor}\n{key}"] = result
        while len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]
        return result

    def _forget_old(self) -> None:
        now = self._now_s()
        old = [i.id for i in self._intents.values() if i.expires_s < now]
        for intent_id in old:
            del self._intents[intent_id]
        if len(self._intents) >= _MAX_INTENTS:
            raise CommandError("busy", "Too many unconfirmed wishes are open. Try again.", 429)

    def _plan(self, command: str, args: Mapping[str, str]) -> Plan:
        match command:
            case "pause":
                return Plan("Pause trading", "No new entries. Stops still stand.", "Pause")
            case "resume":
                return Plan("Resume trading", "New entries are allowed again.", "Resume")
            case "close_position":
                return self._plan_close(self._position(args))
            case "close_all":
                return self._plan_close_all()
            case "cancel_order":
                return self._plan_cancel(self._order(args))
            case "move_order":
                return self._plan_move(self._order(args), args)
            case _:
                raise CommandError(
                    "unknown_command",
                    f"{command!r} is not a command; they are pause, resume, close_position, "
                    "close_all, cancel_order, move_order.",
                    400,
                )

    def _plan_close(self, position: Position) -> Plan:
        instrument = self._trader.board.markets[position.symbol].instrument
        quote = self._quote(position)
        way = "long" if position.qty > 0 else "short"
        verb = "Sells" if position.qty > 0 else "Buys"
        size = f"{qty_text(abs(position.qty))} {instrument.base}"
        real = "" if self._badge == "LIVE" else " No real money moves."
        return Plan(
            f"Close {position.symbol} {way}",
            f"{verb} {size} at market, reduce-only.{real}",
            f"Close {size}",
            quote.lines(price_text(quote.price, instrument)),
        )

    def _plan_close_all(self) -> Plan:
        held = list(self._trader.portfolio.positions.values())
        if not held:
            raise CommandError("nothing_open", "There is no open position to close.")
        total = Quote.total([self._quote(p) for p in held])
        noun = "position" if len(held) == 1 else "positions"
        real = "" if self._badge == "LIVE" else " No real money moves."
        names = ", ".join(sorted(p.symbol for p in held))
        return Plan(
            f"Close {len(held)} {noun}", f"{names}, at market, reduce-only.{real}",
            f"Close {len(held)} {noun}", total.lines(None),
        )  # fmt: skip

    def _plan_cancel(self, order: Order) -> Plan:
        kept = "The position keeps its other orders." if order.reduce_only else ""
        warn = " The position is then without a stop." if order.role is OrderRole.STOP else ""
        return Plan(
            f"Cancel {order.symbol} {order.role} order", (kept + warn).strip(), "Cancel order"
        )

    def _plan_move(self, order: Order, args: Mapping[str, str]) -> Plan:
        market = self._trader.board.markets[order.symbol]
        price = self._new_price(order, args)
        old = order.trigger_price if order.trigger_price is not None else order.price
        before = price_text(old, market.instrument) if old is not None else ""
        after = price_text(price, market.instrument)
        return Plan(
            f"Move {order.symbol} {order.role}", f"From {before} to {after}.", f"Move to {after}",
            ({"label": "New level", "value": float(price), "tone": "plain", "text": after},),
        )  # fmt: skip

    def _quote(self, position: Position) -> Quote:
        try:
            return close_quote(position, self._trader.board.markets[position.symbol])
        except OrderRejected as error:
            raise CommandError("no_price", str(error)) from error

    def _execute(self, intent: Intent, key: str, at: int) -> tuple[str, str]:
        trader, args = self._trader, intent.args
        try:
            match intent.command:
                case "pause" | "resume":
                    trader.set_paused(intent.actor if intent.command == "pause" else None, at)
                case "close_position":
                    trader.close(self._position(args), OrderRole.MANUAL, at, key)
                case "close_all":
                    for position in list(trader.portfolio.positions.values()):
                        trader.close(position, OrderRole.MANUAL, at, key)
                case "cancel_order":
                    trader.cancel(self._order(args).id, f"cancelled by {intent.actor}")
                case "move_order":
                    order = self._order(args)
                    trader.move(order.id, self._new_price(order, args))
                case _:
                    raise CommandError("unknown_command", f"{intent.command} is unknown.", 400)
        except OrderRejected as error:
            raise CommandError("refused", f"{intent.title}: not done, {error}.") from error
        return _DONE[intent.command].format(title=intent.title), ""

    def _position(self, args: Mapping[str, str]) -> Position:
        position = self._trader.portfolio.by_id(args.get("position_id", ""))
        if position is None:
            raise CommandError(
                "not_open", f"Position {args.get('position_id', '?')} is not open.", 404
            )
        return position

    def _order(self, args: Mapping[str, str]) -> Order:
        for order in self._trader.broker.open_orders():
            if order.id == args.get("order_id", ""):
                return order
        raise CommandError("not_open", f"Order {args.get('order_id', '?')} is not open.", 404)

    def _new_price(self, order: Order, args: Mapping[str, str]) -> Decimal:
        text = args.get("price", "")
        try:
            price = Decimal(text)
        except InvalidOperation:
            price = Decimal("NaN")
        if not price.is_finite() or price <= 0 or order.type is OrderType.MARKET:
            raise CommandError("bad_price", f"price must be a number above 0, was {text!r}.", 400)
        market = self._trader.board.markets[order.symbol]
        return self._checked_side(order, market.instrument.round_price(price), market.mark)

    @staticmethod
    def _checked_side(order: Order, price: Decimal, mark: Decimal | None) -> Decimal:
        """Refuse a level that the market has passed already: it would fill at once."""
        if mark is None or order.type is OrderType.LIMIT:
            return price
        stop = order.type is OrderType.STOP
        below = (order.side.sign < 0) == stop
        if (price < mark) != below:
            side = "below" if below else "above"
            raise CommandError(
                "wrong_side",
                f"This {order.role} must be {side} the mark price {mark}, was {price}.",
                400,
            )
        return price


_DONE: Final = {
    "pause": "Trading paused",
    "resume": "Trading resumed",
    "close_position": "{title}: sent",
    "close_all": "{title}: sent",
    "cancel_order": "{title}: done",
    "move_order": "{title}: done",
}
