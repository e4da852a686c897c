"""An account's order, and how REST and the user stream tell it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from tests.exchange.venue.contracts import Contract

ZERO: Final = Decimal(0)
OPEN: Final = ("NEW", "PARTIALLY_FILLED")


@dataclass(eq=False)
class Order:
    """An order in the matching engine; *ticks* is 0 for one at market."""

    contract: Contract
    id: int
    client_id: str
    account: Any
    buys: bool
    type: str
    tif: str
    steps: int
    ticks: int
    at: int
    reduce_only: bool = False
    close_position: bool = False
    orig_type: str = ""
    trigger: Decimal = ZERO
    working_type: str = "CONTRACT_PRICE"
    status: str = "NEW"
    filled: int = 0
    cost: Decimal = ZERO
    updated: int = 0
    algo: Any = None
    most: int | None = field(default=None, repr=False)  # a fault lets no more be filled

    @property
    def left(self) -> int:
        """Return the steps that are not filled yet."""
        return self.steps - self.filled

    @property
    def qty(self) -> Decimal:
        """Return what was ordered, in base."""
        return self.contract.qty(self.steps)

    @property
    def filled_qty(self) -> Decimal:
        """Return what was filled, in base."""
        return self.contract.qty(self.filled)

    @property
    def average(self) -> Decimal:
        """Return the average price of what was filled, 0 without any."""
        return self.cost / self.filled_qty if self.filled else ZERO

    @property
    def is_open(self) -> bool:
        """Tell whether the order may still trade."""
        return self.status in OPEN

    def row(self) -> dict[str, Any]:
        """Return the order as REST tells it."""
        price = self.contract.price(self.ticks)
        return {
            "orderId": self.id, "symbol": self.contract.id, "status": self.status,
            "clientOrderId": self.client_id, "price": str(price),
            "avgPrice": f"{self.average:.5f}", "origQty": str(self.qty),
            "executedQty": str(self.filled_qty), "cumQty": str(self.filled_qty),
            "cumQuote": f"{self.cost:.5f}", "timeInForce": self.tif, "type": self.type,
            "reduceOnly": self.reduce_only, "closePosition": self.close_position,
            "side": side_word(buys=self.buys), "positionSide": "BOTH",
            "stopPrice": str(self.trigger), "workingType": self.working_type,
            "priceProtect": False, "origType": self.orig_type or self.type, "priceMatch": "NONE",
            "selfTradePreventionMode": "EXPIRE_MAKER", "goodTillDate": 0, "time": self.at,
            "updateTime": self.updated or self.at,
        }  # fmt: skip

    def event(self, now: int, execution: str, fill: "Fill | None" = None) -> dict[str, Any]:
        """Return the ORDER_TRADE_UPDATE of *execution*, with *fill* for a trade."""
        order = {
            "s": self.contract.id, "c": self.client_id, "S": side_word(buys=self.buys),
            "o": self.type, "f": self.tif, "q": str(self.qty),
            "p": str(self.contract.price(self.ticks)), "ap": f"{self.average:.5f}",
            "sp": str(self.trigger), "x": execution, "X": self.status, "i": self.id, "l": "0",
            "z": str(self.filled_qty), "L": "0", "n": "0", "N": "USDT", "T": now, "t": 0,
            "b": "0", "a": "0", "m": False, "R": self.reduce_only, "wt": self.working_type,
            "ot": self.orig_type or self.type, "ps": "BOTH", "cp": self.close_position,
            "rp": "0", "pP": False, "si": 0, "ss": 0, "V": "EXPIRE_MAKER", "pm": "NONE",
            "gtd": 0, "er": "0",
        }  # fmt: skip
        if fill is not None:
            order |= {"l": str(fill.qty), "L": str(fill.price), "n": str(fill.fee), "t": fill.id,
                      "m": fill.maker, "rp": str(fill.realized)}  # fmt: skip
        return {"e": "ORDER_TRADE_UPDATE", "T": now, "E": now, "o": order}


@dataclass(frozen=True)
class Fill:
    """One execution of an order."""

    id: int
    order: Order
    qty: Decimal
    price: Decimal
    fee: Decimal
    realized: Decimal
    maker: bool
    at: int

    def row(self) -> dict[str, Any]:
        """Return the fill as userTrades tells it."""
        return {
            "symbol": self.order.contract.id, "id": self.id, "orderId": self.order.id,
            "side": side_word(buys=self.order.buys), "price": str(self.price),
            "qty": str(self.qty), "realizedPnl": str(self.realized),
            "quoteQty": str(self.qty * self.price), "commission": str(self.fee),
            "commissionAsset": "USDT", "time": self.at, "positionSide": "BOTH",
            "buyer": self.order.buys, "maker": self.maker,
        }  # fmt: skip

    def lite(self) -> dict[str, Any]:
        """Return the TRADE_LITE event."""
        order = self.order
        return {
            "e": "TRADE_LITE", "E": self.at, "T": self.at, "s": order.contract.id,
            "q": str(order.qty), "p": str(order.contract.price(order.ticks)), "m": self.maker,
            "c": order.client_id, "S": side_word(buys=order.buys), "L": str(self.price),
            "l": str(self.qty), "t": self.id, "i": order.id,
        }  # fmt: skip


def side_word(*, buys: bool) -> str:
    """Return BUY or SELL."""
    return "BUY" if buys else "SELL"
