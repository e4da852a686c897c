"""Conditional orders: they wait here for their trigger and then become orders.

Source: https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Algo-Order-Update
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.exchange.venue.contracts import Contract
from tests.exchange.venue.orders import ZERO, Order, side_word


@dataclass(eq=False)
class Algo:
    """A conditional order; *steps* 0 with *close_position* means all there is then."""

    contract: Contract
    id: int
    client_id: str
    account: Any
    buys: bool
    type: str
    tif: str
    steps: int
    ticks: int
    trigger: Decimal
    at: int
    reduce_only: bool = False
    close_position: bool = False
    working_type: str = "CONTRACT_PRICE"
    callback: Decimal = ZERO  # per cent, of a trailing stop
    status: str = "NEW"
    child: Order | None = None
    updated: int = 0
    triggered: int = 0
    reason: str = ""
    extreme: Decimal = ZERO

    @property
    def buys_higher(self) -> bool:
        """Tell whether a price at or above the trigger triggers."""
        return self.buys != self.type.startswith("TAKE_PROFIT")

    def due(self, price: Decimal) -> bool:
        """Tell whether *price* triggers the order."""
        if self.type == "TRAILING_STOP_MARKET":
            return self._trails(price)
        return price >= self.trigger if self.buys_higher else price <= self.trigger

    def _trails(self, price: Decimal) -> bool:
        if not self.extreme:
            reached = not self.trigger or (
                price <= self.trigger if self.buys else price >= self.trigger
            )
            self.extreme = price if reached else ZERO
            return False
        share = self.callback / 100
        if self.buys:
            self.extreme = min(self.extreme, price)
            return price >= self.extreme * (1 + share)
        self.extreme = max(self.extreme, price)
        return price <= self.extreme * (1 - share)

    def row(self) -> dict[str, Any]:
        """Return the order as REST tells it."""
        child, price = self.child, self.contract.price
        return {
            "algoId": self.id, "clientAlgoId": self.client_id, "algoType": "CONDITIONAL",
            "orderType": self.type, "symbol": self.contract.id,
            "side": side_word(buys=self.buys), "positionSide": "BOTH", "timeInForce": self.tif,
            "quantity": str(self.contract.qty(self.steps)), "algoStatus": self.status,
            "actualOrderId": str(child.id) if child else "",
            "actualPrice": f"{child.average if child else ZERO:.5f}",
            "triggerPrice": str(self.trigger), "price": str(price(self.ticks)),
            "icebergQuantity": None, "tpTriggerPrice": "0.000", "tpPrice": "0.000",
            "slTriggerPrice": "0.000", "slPrice": "0.000", "tpOrderType": "",
            "selfTradePreventionMode": "EXPIRE_MAKER", "workingType": self.working_type,
            "priceMatch": "NONE", "closePosition": self.close_position, "priceProtect": False,
            "reduceOnly": self.reduce_only, "createTime": self.at,
            "updateTime": self.updated or self.at, "triggerTime": self.triggered,
            "goodTillDate": 0,
        }  # fmt: skip

    def event(self, now: int) -> dict[str, Any]:
        """Return the ALGO_UPDATE."""
        child = self.child
        order = {
            "caid": self.client_id, "aid": self.id, "at": "CONDITIONAL", "o": self.type,
            "s": self.contract.id, "S": side_word(buys=self.buys), "ps": "BOTH", "f": self.tif,
            "q": str(self.contract.qty(self.steps)), "X": self.status,
            "ai": str(child.id) if child else "", "ap": f"{child.average if child else ZERO:.5f}",
            "aq": str(child.filled_qty) if child else "0", "act": child.type if child else "0",
            "tp": str(self.trigger), "p": str(self.contract.price(self.ticks)),
            "V": "EXPIRE_MAKER", "wt": self.working_type, "pm": "NONE",
            "cp": self.close_position, "pP": False, "R": self.reduce_only, "tt": self.triggered,
            "gtd": 0,
        }  # fmt: skip
        if self.reason:
            order["rm"] = self.reason
        return {"e": "ALGO_UPDATE", "T": now, "E": now, "o": order}
