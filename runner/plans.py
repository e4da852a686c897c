"""What a wish would do, said beforehand: the words and figures of its confirmation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.errors import CommandError, OrderRejected
from core.ledger import Position
from core.market import Instrument
from core.orders import Order, OrderRole, OrderType
from runner.payloads import Data, num
from runner.quotes import Quote, close_quote
from runner.trader import Trader
from runner.words import price_text, qty_text

Args = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an intent says: ``act_label`` is on the button that confirms it."""

    title: str
    summary: str
    act_label: str
    lines: tuple[Data, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A command that is not about trading: what it would do, and how it is done.

    ``plan`` and ``act`` raise CommandError where it is not possible; ``act`` is called within a
    step of the engine and may not wait. ``owners_only`` is for what is a setting.
    """

    plan: Callable[[Args], Plan]
    act: Callable[[Args], None]
    owners_only: bool = False


class Planner:
    """Finds what a command is about, or says in a sentence why that is not possible."""

    def __init__(self, trader: Trader, badge: str) -> None:
        self._trader = trader
        self.wishes: dict[str, Wish] = {}
        live = badge.startswith("LIVE")
        self._money = " LIVE: real money moves." if live else " No real money moves."
        self._plans: Final[Mapping[str, Callable[[Args], Plan]]] = {
            "pause": lambda _: Plan("Pause trading", "No new entries. Stops still stand.", "Pause"),
            "resume": lambda _: Plan("Resume trading", "New entries are allowed again.", "Resume"),
            "close_position": self._close,
            "close_all": self._close_all,
            "cancel_order": self._cancel,
            "move_order": self._move,
        }

    def plan(self, command: str, args: Args) -> Plan:
        """Return what *command* would do now.

        Raises:
            CommandError: there is no such command, or it is not possible.
        """
        wish = self.wishes.get(command)
        make = self._plans.get(command) if wish is None else wish.plan
        if make is None:
            known = ", ".join([*self._plans, *self.wishes])
            text = f"{command[:40]!r} is not a command; they are {known}."
            raise CommandError("unknown_command", text, 400)
        return make(args)

    def position(self, args: Args) -> Position:
        """Return the open position that *args* name.

        Raises:
            CommandError: it is not open.
        """
        wanted = args.get("position_id", "")
        position = self._trader.portfolio.by_id(wanted)
        if position is None:
            raise CommandError("not_open", f"Position {wanted[:80]!r} is not open.", 404)
        return position

    def order(self, args: Args) -> Order:
        """Return the resting order that *args* name.

        Raises:
            CommandError: it is not open.
        """
        wanted = args.get("order_id", "")
        for order in self._trader.broker.open_orders():
            if order.id == wanted:
                return order
        raise CommandError("not_open", f"Order {wanted[:80]!r} is not open.", 404)

    def new_price(self, order: Order, args: Args) -> Decimal:
        """Return the level that *args* want for *order*, on the tick.

        Raises:
            CommandError: it is no price, or the market has passed it already.
        """
        market = self._trader.board.markets[order.symbol]
        price = _level(args.get("price", ""), market.instrument)
        if price is None or order.type is OrderType.MARKET:
            text = args.get("price", "")[:40]
            raise CommandError("bad_price", f"price must be a number above 0, was {text!r}.", 400)
        if market.mark is not None and order.type is not OrderType.LIMIT:
            _check_side(order, price, market.mark)
        return price

    def _close(self, args: Args) -> Plan:
        position = self.position(args)
        rules = self._trader.board.markets[position.symbol].instrument
        quote = self._quote(position)
        way, verb = ("long", "Sells") if position.qty > 0 else ("short", "Buys")
        size = f"{qty_text(abs(position.qty))} {rules.base}"
        return Plan(
            f"Close {position.symbol} {way}",
            f"{verb} {size} at market, reduce-only.{self._money}",
            f"Close {size}",
            quote.lines(price_text(quote.price, rules)),
        )

    def _close_all(self, _: Args) -> Plan:
        held = list(self._trader.portfolio.positions.values())
        if not held:
            raise CommandError("nothing_open", "There is no open position to close.")
        total = Quote.total([self._quote(position) for position in held])
        noun = f"{len(held)} position" if len(held) == 1 else f"{len(held)} positions"
        names = ", ".join(sorted(position.symbol for position in held))
        summary = f"{names}, at market, reduce-only.{self._money}"
        return Plan(f"Close {noun}", summary, f"Close {noun}", total.lines(None))

    def _cancel(self, args: Args) -> Plan:
        order = self.order(args)
        summary = f"The {order.type.replace('_', ' ')} order is taken back."
        if order.role is OrderRole.STOP:
            summary += " The position is then without a stop."
        return Plan(f"Cancel {order.symbol} {order.role}", summary, "Cancel order")

    def _move(self, args: Args) -> Plan:
        order = self.order(args)
        rules = self._trader.board.markets[order.symbol].instrument
        price = self.new_price(order, args)
        old = order.trigger_price if order.trigger_price is not None else order.price
        before = "none" if old is None else price_text(old, rules)
        after = price_text(price, rules)
        line = {"label": "New level", "value": num(price), "tone": "price", "text": after}
        title = f"Move {order.symbol} {order.role}"
        return Plan(title, f"From {before} to {after}.", f"Move to {after}", (line,))

    def _quote(self, position: Position) -> Quote:
        try:
            return close_quote(position, self._trader.board.markets[position.symbol])
        except OrderRejected as error:
            raise CommandError("no_price", f"{error}.") from error


def _level(text: str, rules: Instrument) -> Decimal | None:
    """Return the price that *text* says, on the tick, or None when it says none."""
    try:
        price = rules.round_price(Decimal(text))
    except ArithmeticError:  # no number, or one too large for any price
        return None
    return price if price.is_finite() and price > 0 else None


def _check_side(order: Order, price: Decimal, mark: Decimal) -> None:
    """Refuse a level that the market has passed already: it would fill at once.

    Raises:
        CommandError: naming the side it must be on.
    """
    below = (order.side.sign < 0) == (order.type is OrderType.STOP)
    if (price < mark) != below:
        side = "below" if below else "above"
        text = f"This {order.role} must be {side} the mark price {mark}, was {price}."
        raise CommandError("wrong_side", text, 400)
