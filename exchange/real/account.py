"""An account at an exchange: what REST says of it, and who asks."""

from decimal import Decimal
from typing import Any, Protocol

import msgspec

from core.orders import OrderType, Side
from exchange.real.updates import ZERO, FundingUpdate, Status, TradeUpdate


class AssetBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What a wallet holds of an asset; ``available`` is free for new margin, as of REST."""

    asset: str
    wallet: Decimal
    available: Decimal
    at: int = 0


class RealPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position at the exchange; ``qty`` is signed.

    ``margin`` is what is set aside for it (isolated: its wallet; crossed: its initial margin).
    """

    symbol: str
    qty: Decimal
    entry_price: Decimal
    mark_price: Decimal | None = None
    liquidation_price: Decimal | None = None
    margin_mode: str = ""
    leverage: int | None = None
    unrealized_pnl: Decimal = ZERO
    margin: Decimal = ZERO
    position_side: str = "both"
    at: int = 0

    def at_mark(self, mark: Decimal) -> "RealPosition":
        """Return it with the result that *mark* gives it."""
        pnl = (mark - self.entry_price) * self.qty
        return msgspec.structs.replace(self, mark_price=mark, unrealized_pnl=pnl)


class RealOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that rests at the exchange; ``algo_id`` names a conditional one, else empty."""

    symbol: str
    order_id: str
    client_id: str
    side: Side
    type: OrderType | str
    status: Status
    qty: Decimal
    filled_qty: Decimal = ZERO
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    reduce_only: bool = False
    close_position: bool = False
    position_side: str = "both"
    algo_id: str = ""
    created_at: int = 0
    at: int = 0

    @property
    def key(self) -> str:
        """Return what names it among all orders of the account."""
        return f"algo:{self.algo_id}" if self.algo_id else f"{self.symbol}:{self.order_id}"


class Modes(msgspec.Struct, frozen=True, kw_only=True):
    """How the account is set up; None or empty is not known.

    ``position_mode`` is one_way or hedge; with ``multi_asset`` all assets together are margin.
    """

    position_mode: str = ""
    multi_asset: bool | None = None
    bnb_fees: bool | None = None
    can_trade: bool | None = None


class AccountSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What REST said; ``asked_at`` is the exchange's time (ms) before the first question.

    ``total`` is the exchange's own sum of all assets as margin, in the quote currency, or None.
    """

    asked_at: int
    balances: tuple[AssetBalance, ...]
    positions: tuple[RealPosition, ...]
    orders: tuple[RealOrder, ...]
    modes: Modes = Modes()
    total: Decimal | None = None


class Caller(Protocol):
    """What is needed of an `exchange.real.client.ExchangeClient`."""

    api: Any

    @property
    def skew_ms(self) -> int | None:
        """Return the exchange's clock minus ours, None before it was measured."""
        ...

    async def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Ask the exchange, through the guard.

        Raises:
            ExchangeError: it did not answer as it should.
        """
        ...


class AccountReader(Protocol):
    """Asks one kind of exchange about an account, by REST.

    Promise: it only reads. Every method raises ExchangeError when the exchange refuses and
    DataError when its answer makes no sense.
    """

    def now(self) -> int:
        """Return the exchange's time (ms), as near as we know it."""
        ...

    async def snapshot(self) -> AccountSnapshot:
        """Return the account as it is."""
        ...

    async def trades(self, symbol: str, since: int) -> list[TradeUpdate]:
        """Return the executions in our *symbol* since *since* (ms), oldest first."""
        ...

    async def funding(self, since: int) -> list[FundingUpdate]:
        """Return the funding payments since *since* (ms), oldest first, with symbol and id."""
        ...
