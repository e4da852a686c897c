"""Orders and conditional orders, as signed REST answers them."""

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from tests.exchange.venue.algo import Algo
from tests.exchange.venue.guard import RefusedError
from tests.exchange.venue.market import Market
from tests.exchange.venue.matching import Matching
from tests.exchange.venue.orders import Order
from tests.exchange.venue.pair import Pair
from tests.exchange.venue.private import Answer, Call, Door, page
from tests.exchange.venue.requests import needed, read
from tests.exchange.venue.triggers import Triggers

_ALL_DONE: Final = {"code": 200, "msg": "The operation of cancel all open order is done."}


class OrderApi:
    """Answers that place, cancel and look up."""

    def __init__(self, matching: Matching, triggers: Triggers, door: Door) -> None:
        self.matching = matching
        self.triggers = triggers
        self.market: Market = matching.market
        self.door = door

    def routes(self) -> list[web.RouteDef]:
        """Return all routes, under ``/fapi/v1``."""
        verbs: dict[str, Callable[..., web.RouteDef]] = {
            "GET": web.get, "POST": web.post, "DELETE": web.delete,
        }  # fmt: skip
        answers: list[tuple[str, str, Answer]] = [
            ("POST", "order", self._place), ("GET", "order", self._look_up),
            ("POST", "order/test", self._try), ("DELETE", "order", self._cancel),
            ("GET", "openOrder", self._look_up_open), ("GET", "openOrders", self._open),
            ("GET", "allOrders", self._all), ("DELETE", "allOpenOrders", self._cancel_all),
            ("POST", "algoOrder", self._place_algo), ("GET", "algoOrder", self._look_up_algo),
            ("DELETE", "algoOrder", self._cancel_algo),
            ("GET", "openAlgoOrders", self._open_algos), ("GET", "allAlgoOrders", self._all_algos),
            ("DELETE", "algoOpenOrders", self._cancel_all_algos),
        ]  # fmt: skip
        return [
            verbs[verb](
                f"/fapi/v1/{path}",
                self.door.signed(answer, trades=verb == "POST"),
                **({"allow_head": False} if verb == "GET" else {}),
            )
            for verb, path, answer in answers
        ]

    def _pair(self, call: Call) -> Pair:
        symbol = needed(call.params, "symbol")
        if symbol not in self.market.pairs:
            raise RefusedError(-1121, "Invalid symbol.")
        return self.market.pairs[symbol]

    def _checked(self, call: Call) -> Pair:
        """Return the pair an order is for, when its position side fits the account's mode.

        Raises:
            RefusedError: it does not.
        """
        side = call.params.get("positionSide", "BOTH")
        if (side == "BOTH") == call.account.hedge:
            raise RefusedError(-4061, "Order's position side does not match user's setting.")
        if call.account.hedge:
            raise RefusedError(-4060, "Invalid position side.")
        return self._pair(call)

    def _place(self, call: Call) -> Any:
        pair = self._checked(call)
        request = read(pair.contract, call.params, algo=False)
        return self.matching.place(call.account, pair, request).row()

    def _try(self, call: Call) -> Any:
        read(self._checked(call).contract, call.params, algo=False)
        return {}

    def _find(self, call: Call) -> Order | None:
        """Return the newest order the request names.

        Raises:
            RefusedError: it names none.
        """
        symbol = self._pair(call).contract.id
        number, client_id = call.params.get("orderId"), call.params.get("origClientOrderId")
        if number is None and client_id is None:
            raise RefusedError(
                -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty!"
            )
        for order in reversed(call.account.orders):
            named = str(order.id) == number if number else order.client_id == client_id
            if named and order.contract.id == symbol:
                return order
        return None

    def _look_up(self, call: Call) -> Any:
        order = self._find(call)
        if order is None:
            raise RefusedError(-2013, "Order does not exist.")
        return order.row()

    def _look_up_open(self, call: Call) -> Any:
        order = self._find(call)
        if order is None or not order.is_open:
            raise RefusedError(-2013, "Order does not exist.")
        return order.row()

    def _cancel(self, call: Call) -> Any:
        order = self._find(call)
        if order is None or not order.is_open:
            raise RefusedError(-2011, "Unknown order sent.")
        self.matching.cancel(order)
        return order.row()

    def _open(self, call: Call) -> Any:
        return [
            order.row() for order in call.account.open_orders
            if call.symbol in {None, order.contract.id}
        ]  # fmt: skip

    def _all(self, call: Call) -> Any:
        symbol, first = self._pair(call).contract.id, call.whole("orderId", 0)
        rows = [
            order for order in call.account.orders
            if order.contract.id == symbol and order.id >= first
        ]  # fmt: skip
        return [order.row() for order in page(call, rows, lambda order: int(order.at))]

    def _cancel_all(self, call: Call) -> Any:
        symbol = self._pair(call).contract.id
        for order in call.account.open_orders:
            if order.contract.id == symbol and order.is_open:
                self.matching.cancel(order)
        return _ALL_DONE

    def _place_algo(self, call: Call) -> Any:
        if call.params.get("algoType") != "CONDITIONAL":
            raise RefusedError(-1102, "Mandatory parameter 'algotype' was not sent.")
        pair = self._checked(call)
        request = read(pair.contract, call.params, algo=True)
        return self.triggers.place(call.account, pair, request).row()

    def _find_algo(self, call: Call) -> Algo | None:
        number, client_id = call.params.get("algoId"), call.params.get("clientAlgoId")
        for algo in reversed(call.account.algos):
            if str(algo.id) == number if number else algo.client_id == client_id:
                found: Algo = algo
                return found
        return None

    def _look_up_algo(self, call: Call) -> Any:
        algo = self._find_algo(call)
        if algo is None:
            raise RefusedError(-2013, "Order does not exist.")
        return algo.row()

    def _cancel_algo(self, call: Call) -> Any:
        algo = self._find_algo(call)
        if algo is None or algo.status != "NEW":
            raise RefusedError(-2011, "Unknown order sent.")
        self.triggers.cancel(algo)
        return {"algoId": algo.id, "clientAlgoId": algo.client_id, "code": "200", "msg": "success"}

    def _open_algos(self, call: Call) -> Any:
        return [
            algo.row() for algo in call.account.open_algos
            if call.symbol in {None, algo.contract.id}
        ]  # fmt: skip

    def _all_algos(self, call: Call) -> Any:
        symbol, first = self._pair(call).contract.id, call.whole("algoId", 0)
        rows = [
            algo for algo in call.account.algos
            if algo.contract.id == symbol and algo.id >= first
        ]  # fmt: skip
        return [algo.row() for algo in page(call, rows, lambda algo: int(algo.at))]

    def _cancel_all_algos(self, call: Call) -> Any:
        symbol = self._pair(call).contract.id
        for algo in call.account.open_algos:
            if algo.contract.id == symbol:
                self.triggers.cancel(algo)
        return _ALL_DONE
