"""What a real order must pass before it is taken, apart from limits; a refusal is a sentence."""

from decimal import Decimal

from core.arithmetic import initial_margin, trading_fee
from core.errors import GateRefused, OrderRejected
from core.ledger import ZERO
from core.market import Instrument
from core.orders import Order, OrderType
from exchange.paper.rules import check_form, check_notional
from exchange.real.shop import Shop
from exchange.real.tickets import CONDITIONAL


class Admission:
    """Refuses what an exchange would refuse, and what would mix positions up.

    An exchange nets: a symbol has one position, whoever opened it. So a symbol belongs to one
    strategy at a time, and to none while somebody else holds a position in it.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def check(self, order: Order) -> Decimal:
        """Return the price that *order* goes for, if it may be taken.

        Raises:
            OrderRejected: naming the order, the rule and the value.
        """
        rules = self._shop.instruments.get(order.symbol)
        if rules is None:
            raise OrderRejected(f"order {order.id}: {order.symbol} is not traded here")
        if self._shop.tickets.get(order.id) is not None:
            raise OrderRejected(f"order {order.id} was sent before")
        check_form(order, rules)
        if order.reduce_only:
            return self._check_exit(order)
        return self._check_entry(order, rules)

    def _check_exit(self, order: Order) -> Decimal:
        if not self._shop.holdings.closable(order):
            raise OrderRejected(
                f"order {order.id}: position {order.position_id} has nothing for it to reduce"
            )
        if order.type is OrderType.MARKET:
            for other in self._shop.tickets.of_position(order.position_id):
                if other.order.reduce_only and other.order.type is OrderType.MARKET:
                    if other.done and not other.is_in_doubt:
                        continue
                    raise OrderRejected(
                        f"order {order.id}: {other.order.id} is closing position "
                        f"{order.position_id} already"
                    )
        return order.trigger_price or order.price or self._mid(order) or ZERO

    def _check_entry(self, order: Order, rules: Instrument) -> Decimal:
        self._check_owner(order)
        if order.type in CONDITIONAL:
            raise OrderRejected(f"order {order.id}: an entry must be a market or limit order")
        price = self._shop.worth(order)
        if price is None:
            raise OrderRejected(f"order {order.id}: there is no price for {order.symbol} yet")
        check_notional(order, price, rules)
        fee = trading_fee(order.qty, price, rules.taker_fee)
        self._shop.holdings.check_entry(order, price, fee, self._reserved(order))
        self._shop.limits.check_entry(order, price, self._shop.exposure(order.id), self._shop.now)
        return order.price or self._mid(order) or price

    def _check_owner(self, order: Order) -> None:
        """Make sure that nobody else is in the symbol.

        Raises:
            GateRefused: naming who or what is.
        """
        symbol = order.symbol
        self._shop.check_alone(symbol)
        owners = {p.strategy for p in self._shop.portfolio.positions.values() if p.symbol == symbol}
        owners |= {t.order.strategy for t in self._shop.tickets.in_symbol(symbol)}
        for owner in sorted(owners - {order.strategy}):
            raise GateRefused(
                f"{owner} is in {symbol}: the exchange nets, so one strategy at a time holds it",
                gate="symbol_taken",
            )
        if self._shop.has_leftovers(symbol, order.position_id):
            raise GateRefused(
                f"other orders in {symbol} are not over yet",
                gate="leftovers",
            )

    def _reserved(self, order: Order) -> Decimal:
        """Return the margin that the strategy's other entries will need."""
        total = ZERO
        for ticket in self._shop.tickets.open():
            other = ticket.order
            if other.strategy != order.strategy or other.reduce_only or other.id == order.id:
                continue
            price = self._shop.worth(other) or ticket.aim
            total += initial_margin(max(other.remaining_qty, ZERO), price, other.leverage)
        return total

    def _mid(self, order: Order) -> Decimal | None:
        quote = self._shop.quotes.get(order.symbol)
        return self._shop.marks.get(order.symbol) if quote is None else sum(quote, ZERO) / 2
