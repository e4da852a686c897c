"""An account at an exchange as it is now: what REST said last, and what was heard since.

Order of things: a stream is opened first and what it says waits; then REST is asked; then what
waited is applied. Each asset, position and order has the exchange's time of its own last change,
so that what REST knew already is not applied again, and nothing that came after it is lost.
"""

from collections import OrderedDict
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from exchange.real.account import (
    AccountSnapshot,
    AssetBalance,
    Modes,
    RealOrder,
    RealPosition,
)
from exchange.real.updates import (
    ZERO,
    AlgoUpdate,
    BalanceUpdate,
    ConfigUpdate,
    OrderUpdate,
    PositionUpdate,
    Status,
    Update,
)

REMEMBERED: Final = 2_000  # final orders, so that a late word about one does not bring it back
SLACK_MS: Final = 5_000

K = TypeVar("K")
V = TypeVar("V", AssetBalance, RealPosition, RealOrder)


class AccountView:
    """The account as far as we know; give it every update and every snapshot.

    Promise: `apply` never takes back what a snapshot or a later update said.

    Attributes:
        quote: the asset that money is counted in.
        modes: how the account is set up.
        synced_at: the exchange's time (ms) of the last snapshot, None before the first.
        aged: something was heard that only REST tells whole, such as what is now available.
    """

    def __init__(self, quote: str = "USDT") -> None:
        self.quote = quote
        self.modes = Modes()
        self.synced_at: int | None = None
        self.aged = False
        self.balances: dict[str, AssetBalance] = {}
        self.positions: dict[tuple[str, str], RealPosition] = {}
        self.orders: dict[str, RealOrder] = {}
        self._total: Decimal | None = None
        self._final: OrderedDict[str, None] = OrderedDict()

    def take(self, snapshot: AccountSnapshot) -> None:
        """Take what REST said for all of it; updates heard meanwhile are applied after this."""
        self.synced_at, self.modes, self.aged = snapshot.asked_at, snapshot.modes, False
        self.balances = _newest(self.balances, {b.asset: b for b in snapshot.balances})
        held = {(p.symbol, p.position_side): p for p in snapshot.positions}
        self.positions = _newest(self.positions, held)
        resting = {o.key: o for o in snapshot.orders if o.key not in self._final}
        self.orders = _newest(self.orders, resting)
        self._total = snapshot.total

    def missed(self, snapshot: AccountSnapshot, since: int, until: int) -> bool:
        """Return whether *snapshot* has changes of [since, until) (ms) that were never heard of.

        Clocks within the exchange differ: changes less than `SLACK_MS` apart are one.
        """
        ours = {b.asset: b.at for b in self.balances.values()}
        ours |= {key: order.at for key, order in self.orders.items()}
        theirs = {b.asset: b.at for b in snapshot.balances}
        theirs |= {order.key: order.at for order in snapshot.orders}
        return any(
            since <= at < until and ours.get(key, 0) < at - SLACK_MS for key, at in theirs.items()
        )

    def apply(self, update: Update) -> bool:
        """Take one update of the stream; return whether it changed anything."""
        order = _as_order(update)
        if order is not None:
            return self._order(order)
        match update:
            case BalanceUpdate():
                return self._balance(update)
            case PositionUpdate():
                return self._position(update)
            case ConfigUpdate():
                return self._configured(update)
            case _:
                return False

    def mark(self, symbol: str, price: Decimal) -> None:
        """Value the positions in *symbol* at *price*."""
        for key, position in self.positions.items():
            if position.symbol == symbol:
                self.positions[key] = position.at_mark(price)

    @property
    def wallet_balance(self) -> Decimal:
        """Return what was paid in, earned and lost, without open results, in the quote."""
        held = self.balances.get(self.quote)
        own = held.wallet if held else ZERO
        return own + (self._total or ZERO)

    @property
    def available(self) -> Decimal:
        """Return what is free for new margin, as REST said last."""
        held = self.balances.get(self.quote)
        return held.available if held else ZERO

    @property
    def unrealized_pnl(self) -> Decimal:
        """Return the open results of all positions in contracts of the quote."""
        return sum((p.unrealized_pnl for p in self.counted()), ZERO)

    @property
    def margin_balance(self) -> Decimal:
        """Return the equity: wallet and open results."""
        return self.wallet_balance + self.unrealized_pnl

    def counted(self) -> list[RealPosition]:
        """Return the positions whose result comes into the quote's wallet."""
        every = self.modes.multi_asset is True
        ending = f"/{self.quote}"
        return [p for p in self.positions.values() if every or p.symbol.endswith(ending)]

    def _balance(self, update: BalanceUpdate) -> bool:
        held = self.balances.get(update.asset)
        if held is not None and update.at < held.at:
            return False
        available = held.available if held else ZERO
        self.balances[update.asset] = AssetBalance(
            asset=update.asset, wallet=update.wallet, available=available, at=update.at
        )
        self.aged = True
        return held is None or held.wallet != update.wallet

    def _position(self, update: PositionUpdate) -> bool:
        key = (update.symbol, update.position_side)
        held = self.positions.get(key)
        if held is not None and update.at < held.at:
            return False
        self.aged = True
        if not update.qty:
            return self.positions.pop(key, None) is not None
        known = held or RealPosition(symbol=update.symbol, qty=ZERO, entry_price=ZERO)
        self.positions[key] = msgspec.structs.replace(
            known, qty=update.qty, entry_price=update.entry_price, at=update.at,
            unrealized_pnl=update.unrealized_pnl, position_side=update.position_side,
            margin_mode=update.margin_mode or known.margin_mode,
        )  # fmt: skip
        return True

    def _order(self, order: RealOrder) -> bool:
        held = self.orders.get(order.key)
        if order.key in self._final or (held is not None and _is_older(order, held)):
            return False
        if order.status.is_final or (order.algo_id and order.status is Status.TRIGGERED):
            self._remember(order.key)
            return self.orders.pop(order.key, None) is not None
        created = held.created_at if held else order.created_at
        self.orders[order.key] = msgspec.structs.replace(order, created_at=created)
        return held != self.orders[order.key]

    def _remember(self, key: str) -> None:
        self._final[key] = None
        while len(self._final) > REMEMBERED:
            self._final.popitem(last=False)

    def _configured(self, update: ConfigUpdate) -> bool:
        self.aged = True
        if update.multi_asset is not None:
            self.modes = msgspec.structs.replace(self.modes, multi_asset=update.multi_asset)
        for key, position in self.positions.items():
            if position.symbol == update.symbol:
                changed = msgspec.structs.replace(position, leverage=update.leverage)
                self.positions[key] = changed
        return True


def _newest(held: "dict[K, V]", asked: "dict[K, V]") -> "dict[K, V]":
    """Return what was *asked*, but for what was heard to be newer."""
    return {
        key: held[key] if key in held and held[key].at > row.at else row
        for key, row in asked.items()
    }


def _is_older(order: RealOrder, held: RealOrder) -> bool:
    return order.filled_qty < held.filled_qty or (
        order.at < held.at and order.filled_qty == held.filled_qty
    )


def _as_order(update: Update) -> RealOrder | None:
    """Return the order that *update* tells of, None when it tells of none."""
    match update:
        case OrderUpdate():
            algo_id, order_id, filled = "", update.order_id, update.filled_qty
        case AlgoUpdate():
            algo_id, order_id, filled = update.algo_id, update.order_id, ZERO
        case _:
            return None
    return RealOrder(
        symbol=update.symbol, order_id=order_id, client_id=update.client_id, side=update.side,
        type=update.type, status=update.status, qty=update.qty, filled_qty=filled,
        price=update.price, trigger_price=update.trigger_price, reduce_only=update.reduce_only,
        close_position=update.close_position, position_side=update.position_side, algo_id=algo_id,
        created_at=update.at, at=update.at,
    )  # fmt: skip
