"""A broker that trades nothing, for who only watches."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from core.errors import OrderRejected
from core.market import MarketMessage
from core.orders import Order, Report

WATCHES: Final = (
    "this deck only watches the account: nothing is sent to the exchange. Start it with broker "
    "testnet or live to trade"
)


class WatchBroker:
    """Keeps the `exchange.base.Broker` contract by refusing everything.

    Promise: it knows no exchange, so it cannot trade.
    """

    answers_later = False

    def submit(self, order: Order) -> None:
        """Refuse an order.

        Raises:
            OrderRejected: always.
        """
        raise OrderRejected(f"order {order.id}: {WATCHES}")

    def cancel(self, order_id: str, reason: str) -> None:  # noqa: ARG002 - the contract's
        """Refuse to take an order back.

        Raises:
            OrderRejected: always.
        """
        raise OrderRejected(f"order {order_id}: {WATCHES}")

    def move(self, order_id: str, price: Decimal) -> None:  # noqa: ARG002 - the contract's
        """Refuse to move an order.

        Raises:
            OrderRejected: always.
        """
        raise OrderRejected(f"order {order_id}: {WATCHES}")

    def on_message(self, message: MarketMessage) -> None:
        """Take no notice."""

    def drain(self) -> list[Report]:
        """Return nothing: nothing happens here."""
        return []

    def open_orders(self) -> list[Order]:
        """Return nothing: what rests at the exchange is shown as the real account's."""
        return []

    def restore(self, orders: Iterable[Order]) -> None:
        """Take nothing back."""

    def committed(self) -> None:
        """Send nothing."""

    def save(self) -> dict[str, Any]:
        """Return nothing to keep."""
        return {}

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Take nothing back."""
