"""Places, matches and cancels the accounts' orders, and tells the accounts what came of it."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

from tests.exchange.venue import requests
from tests.exchange.venue.account import Account
from tests.exchange.venue.book import Hit
from tests.exchange.venue.faults import Faults
from tests.exchange.venue.guard import RefusedError
from tests.exchange.venue.margins import available, update_event
from tests.exchange.venue.market import Market
from tests.exchange.venue.orders import ZERO, Fill, Order
from tests.exchange.venue.pair import Pair
from tests.exchange.venue.requests import Request

Events = list[dict[str, Any]]
Tell = Callable[[Account, Events], None]


class Matching:
    """The matching engine. *tell* sends events to an account."""

    def __init__(self, market: Market, faults: Faults, tell: Tell) -> None:
        self.market = market
        self.faults = faults
        self.tell = tell
        self.numbers = count(8_886_774_001)
        self.after_fill: list[Callable[[Account, Order, int], None]] = []
        for pair in market.pairs.values():
            self.adopt(pair)

    def adopt(self, pair: Pair) -> None:
        """Let *pair* fill the accounts' orders."""
        pair.on_hit = self.rested

    def mark(self, symbol: str) -> Decimal:
        """Return the mark price of *symbol*."""
        return self.market.pairs[symbol].mark

    def place(self, account: Account, pair: Pair, request: Request) -> Order:
        """Take an order, match it, and return it as it is then.

        Raises:
            RefusedError: it was not taken.
        """
        self._check(account, pair, request)
        now = self.market.now()
        number = next(self.numbers)
        order = Order(
            contract=pair.contract, id=number, client_id=request.client_id or f"made-{number}",
            account=account, buys=request.buys, type=request.type, tif=request.tif,
            steps=request.steps, ticks=request.ticks, at=now, reduce_only=request.reduce_only,
        )  # fmt: skip
        self.enter(pair, order, now)
        return order

    def enter(self, pair: Pair, order: Order, now: int) -> None:
        """Match *order* and let what is left rest or end."""
        account: Account = order.account
        account.orders.append(order)
        if self.faults.shares:
            order.most = max(1, int(order.steps * self.faults.shares.pop(0)))
        told: Events = [order.event(now, "NEW")]
        fills = self._match(pair, order, now, told)
        lites = [fill.lite() for fill in fills]
        self._settle_rest(pair, order, now, told)
        pair.tell_book(now)
        self.tell(account, lites + told)
        self._follow_up(account, order, now, traded=bool(fills))

    def cancel(self, order: Order, *, status: str = "CANCELED") -> None:
        """Take an open order out of the book."""
        now = self.market.now()
        pair = self.market.pairs[order.contract.id]
        pair.book.remove(order)
        order.status, order.updated = status, now
        self.tell(order.account, [order.event(now, "EXPIRED" if "EXP" in status else "CANCELED")])
        pair.tell_book(now)
        self._follow_up(order.account, order, now, traded=False)

    def rested(self, order: Order, hit: Hit, now: int) -> None:
        """Fill a resting *order* that others hit."""
        pair = self.market.pairs[order.contract.id]
        self._fill_resting(pair, order, hit, now)

    def _check(self, account: Account, pair: Pair, request: Request) -> None:
        if self.faults.refusals:
            raise RefusedError(*self.faults.refusals.pop(0))
        if not account.can_trade:
            raise RefusedError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        used = {order.client_id for order in account.open_orders}
        if request.client_id and request.client_id in used:
            raise RefusedError(-4116, "ClientOrderId is duplicated.")
        requests.check_price(pair, request)
        requests.check_notional(pair, request)
        held = account.position(pair.contract).qty
        if request.reduce_only:
            if held == 0 or (held > 0) == request.buys:
                raise RefusedError(-2022, "ReduceOnly Order is rejected.")
            return
        self._check_crossing(pair, request)
        self._check_margin(account, pair, request, held)

    def _check_crossing(self, pair: Pair, request: Request) -> None:
        other = pair.book.side(buys=not request.buys)
        best = other.best()
        crosses = best is not None and (
            request.ticks >= best if request.buys else request.ticks <= best
        )
        if request.tif == "GTX" and crosses:
            raise RefusedError(
                -5022,
                "Due to the order could not be executed as maker, the Post Only order will be "
                "rejected. The order will not be recorded in the order history",
            )
        if request.tif == "FOK":
            reachable = [
                other.shown(ticks) for ticks in other.prices()
                if not request.ticks
                or (ticks <= request.ticks if request.buys else ticks >= request.ticks)
            ]  # fmt: skip
            if sum(reachable) < request.steps:
                raise RefusedError(
                    -5021,
                    "Due to the order could not be filled immediately, the FOK order has been "
                    "rejected. The order will not be recorded in the order history",
                )

    def _check_margin(self, account: Account, pair: Pair, request: Request, held: Decimal) -> None:
        contract = pair.contract
        signed = contract.qty(request.steps if request.buys else -request.steps)
        more = abs(held + signed) - abs(held)
        price = contract.price(request.ticks or pair.last)
        asked = more * price / account.leverage_of(contract.id)
        if asked > available(account, self.mark):
            raise RefusedError(-2019, "Margin is insufficient.")

    def _match(self, pair: Pair, order: Order, now: int, told: Events) -> list[Fill]:
        fills: list[Fill] = []
        limit = order.ticks or None
        while (steps := self._may_take(order)) > 0:
            hit = pair.book.hit(buys=order.buys, limit=limit, steps=steps)
            if hit is None:
                break
            if hit.order is not None and hit.order.account is order.account:
                self.cancel(hit.order, status="EXPIRED_IN_MATCH")
                continue
            taken = hit.steps
            if hit.order is not None:
                trade_id, taken = self._fill_resting(pair, hit.order, hit, now)
            else:
                trade_id = pair.print(hit.ticks, hit.steps, buyer_takes=order.buys, now=now)
            if taken:
                part = Hit(hit.ticks, taken, trade_id=trade_id)
                fills.append(self._book(order, part, now, told))
        return fills

    def _may_take(self, order: Order) -> int:
        """Return how many steps *order* may still trade now."""
        steps = order.left if order.most is None else order.most - order.filled
        if order.reduce_only or order.close_position:
            held = order.account.position(order.contract).qty
            reducible = ZERO if (held > 0) == order.buys else abs(held)
            steps = min(steps, int(reducible / order.contract.step))
        return steps

    def _book(
        self, order: Order, hit: Hit, now: int, told: Events, *, maker: bool = False
    ) -> Fill:  # fmt: skip
        account: Account = order.account
        fill = account.fill(order, hit, now, maker=maker)
        position = account.position(order.contract)
        told.append(update_event(account, self.mark, now, "ORDER", ZERO, [position]))
        told.append(order.event(now, "TRADE", fill))
        return fill

    def _fill_resting(self, pair: Pair, order: Order, hit: Hit, now: int) -> tuple[int, int]:
        """Fill a resting order and return the trade and its steps.

        One that may only reduce and cannot is taken away, without a trade.
        """
        steps = min(hit.steps, self._may_take(order))
        if steps <= 0:
            self.cancel(order, status="EXPIRED")
            return 0, 0
        trade_id = pair.print(hit.ticks, steps, buyer_takes=not order.buys, now=now)
        told: Events = []
        fill = self._book(order, Hit(hit.ticks, steps, trade_id=trade_id), now, told, maker=True)
        pair.book.touch(pair.book.side(buys=order.buys), order.ticks)
        if not order.left:
            pair.book.remove(order)
        self.tell(order.account, [fill.lite(), *told])
        self._follow_up(order.account, order, now, traded=True)
        return trade_id, steps

    def _settle_rest(self, pair: Pair, order: Order, now: int, told: Events) -> None:
        if not order.left:
            return
        taken_back = order.most is not None and order.tif == "GTC" and bool(order.ticks)
        if order.ticks and order.tif in {"GTC", "GTX", "GTD", "GTE_GTC"} and not taken_back:
            pair.book.rest(order)
            return
        order.status, order.updated = "CANCELED" if taken_back else "EXPIRED", now
        told.append(order.event(now, order.status))

    def _follow_up(self, account: Account, order: Order, now: int, *, traded: bool) -> None:
        if traded and not account.position(order.contract).qty:
            for other in account.open_orders:
                if other.reduce_only and other.contract.id == order.contract.id:
                    self.cancel(other, status="EXPIRED")
        for listener in self.after_fill:
            listener(account, order, now)
