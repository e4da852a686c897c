"""Keeps the conditional orders, and turns them into orders when their price comes."""

from typing import Any

from tests.exchange.venue.account import Account
from tests.exchange.venue.algo import Algo
from tests.exchange.venue.guard import RefusedError
from tests.exchange.venue.matching import Matching
from tests.exchange.venue.orders import Order
from tests.exchange.venue.pair import Pair
from tests.exchange.venue.requests import Request


class Triggers:
    """The algo service in front of *matching*."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.waiting: list[Algo] = []
        matching.after_fill.append(self._after_fill)

    def place(self, account: Account, pair: Pair, request: Request) -> Algo:
        """Take a conditional order.

        Raises:
            RefusedError: it was not taken.
        """
        if self.matching.faults.refusals:
            raise RefusedError(*self.matching.faults.refusals.pop(0))
        if request.client_id and request.client_id in {one.client_id for one in account.open_algos}:
            raise RefusedError(-4116, "ClientOrderId is duplicated.")
        now, number = self.matching.market.now(), next(self.matching.numbers) + 10**15
        algo = Algo(
            contract=pair.contract, id=number, client_id=request.client_id or f"made-{number}",
            account=account, buys=request.buys, type=request.type, tif=request.tif,
            steps=request.steps, ticks=request.ticks, trigger=request.trigger, at=now,
            reduce_only=request.reduce_only, close_position=request.close_position,
            working_type=request.working_type, callback=request.callback,
        )  # fmt: skip
        if algo.due(self._price(algo)):
            raise RefusedError(-2021, "Order would immediately trigger.")
        self._check_close(account, algo)
        account.algos.append(algo)
        self.waiting.append(algo)
        self._tell(algo, "NEW", now)
        return algo

    def cancel(self, algo: Algo, status: str = "CANCELED") -> None:
        """Take a waiting order back."""
        self.waiting.remove(algo)
        self._tell(algo, status, self.matching.market.now())

    def check(self, now: int) -> None:
        """Trigger what is due at the prices of now."""
        for algo in list(self.waiting):
            if algo in self.waiting and algo.due(self._price(algo)):
                self._trigger(algo, now)

    def _price(self, algo: Algo) -> Any:
        pair = self.matching.market.pairs[algo.contract.id]
        if algo.working_type == "MARK_PRICE":
            return pair.mark
        return pair.contract.price(pair.last)

    def _check_close(self, account: Account, algo: Algo) -> None:
        if algo.close_position and any(
            one.close_position and one.contract is algo.contract and one.buys == algo.buys
            and one.buys_higher == algo.buys_higher
            for one in account.open_algos
        ):  # fmt: skip
            raise RefusedError(
                -4130,
                "An open stop or take profit order with GTE and closePosition in the direction "
                "is existing.",
            )

    def _trigger(self, algo: Algo, now: int) -> None:
        self.waiting.remove(algo)
        algo.triggered = now
        self._tell(algo, "TRIGGERING", now)
        account: Account = algo.account
        held = account.position(algo.contract).qty
        steps = int(abs(held) / algo.contract.step) if algo.close_position else algo.steps
        reduces = algo.reduce_only or algo.close_position
        if reduces and (not held or (held > 0) == algo.buys):
            algo.reason = "ReduceOnly Order is rejected."
            self._tell(algo, "REJECTED", now)
            return
        order = Order(
            contract=algo.contract, id=next(self.matching.numbers), client_id=algo.client_id,
            account=account, buys=algo.buys, type="LIMIT" if algo.ticks else "MARKET",
            tif=algo.tif if algo.ticks else "GTC", steps=steps, ticks=algo.ticks, at=now,
            reduce_only=algo.reduce_only, close_position=algo.close_position,
            orig_type=algo.type, trigger=algo.trigger, working_type=algo.working_type, algo=algo,
        )  # fmt: skip
        algo.child = order
        late = self.matching.faults.late_algo_word
        if not late:
            self._tell(algo, "TRIGGERED", now)
        self.matching.enter(self.matching.market.pairs[algo.contract.id], order, now)
        if late and algo.status != "FINISHED":
            self._tell(algo, "TRIGGERED", now)

    def _after_fill(self, account: Account, order: Order, now: int) -> None:
        algo = order.algo
        if algo is not None and not order.is_open and algo.status != "FINISHED":
            if self.matching.faults.late_algo_word:
                self._tell(algo, "TRIGGERED", now)
            self._tell(algo, "FINISHED", now)
        if not account.position(order.contract).qty:
            for other in account.open_algos:
                if other.tif == "GTE_GTC" and other.contract.id == order.contract.id:
                    self.cancel(other, "EXPIRED")

    def _tell(self, algo: Algo, status: str, now: int) -> None:
        algo.status, algo.updated = status, now
        self.matching.tell(algo.account, [algo.event(now)])
