"""An exchange in memory with the semantics of USDT-M futures that the live broker relies on."""

from decimal import Decimal
from typing import Any

import msgspec

from core.arithmetic import truncate8
from core.orders import Liquidity, OrderType, Side
from exchange.real.account import AccountSnapshot, AssetBalance, Modes, RealOrder, RealPosition
from exchange.real.errors import Rejected
from exchange.real.money import Income
from exchange.real.requests import Ask, Request
from exchange.real.updates import (
    AlgoUpdate,
    OrderUpdate,
    PositionUpdate,
    Status,
    TradeUpdate,
    Update,
)

SYMBOL = "BTC/USDT"
FEE = Decimal("0.0005")
ZERO = Decimal(0)


class Row(msgspec.Struct, kw_only=True):
    """An order of the book, or a conditional one."""

    id: str
    client_id: str
    side: Side
    type: OrderType
    qty: Decimal
    reduce_only: bool
    at: int
    price: Decimal | None = None
    trigger: Decimal | None = None
    filled: Decimal = ZERO
    status: Status = Status.OPEN
    child: str = ""
    ours: bool = True

    @property
    def is_algo(self) -> bool:
        return self.type in {OrderType.STOP, OrderType.TAKE_PROFIT}


class MemoryExchange:
    """One account, one symbol. What happened waits in `told` until the test delivers it.

    ``child_names`` says whether an order that a conditional one became bears its client id.
    """

    def __init__(self, wallet: Decimal, price: Decimal, *, child_names: bool = True) -> None:
        self.wallet = wallet
        self.price = price
        self.now = 1
        self.qty = ZERO
        self.entry = ZERO
        self.rows: dict[str, Row] = {}
        self.trades: list[TradeUpdate] = []
        self.income: list[Income] = []
        self.told: list[Update] = []
        self.placed: list[str] = []
        self.leverage = 0
        self.thin = False  # a market order finds half of what it wants
        self.child_names = child_names
        self.strangers = ZERO  # what somebody else has bought in all
        self._ids = 100

    # -------------------------------------------------------------- what is asked of it

    def ask(self, request: Request) -> Any:
        """Answer one request as the exchange would.

        Raises:
            Rejected: it refuses.
        """
        match request.ask:
            case Ask.PREPARE:
                self.leverage = request.order.leverage
                return None
            case Ask.PLACE:
                return self._place(request)
            case Ask.CANCEL:
                return self._cancel(request)
            case Ask.QUERY:
                return self._query(request)
            case Ask.TRADES:
                wanted = request.child_id or request.exchange_id
                return [
                    msgspec.structs.replace(t, client_id="")
                    for t in self.trades
                    if t.order_id == wanted
                ]

    def _place(self, request: Request) -> Any:
        order = request.order
        if any(r.client_id == request.client_id and _is_open(r) for r in self.rows.values()):
            raise Rejected("ClientOrderId is duplicated.", code=-4116)
        if order.reduce_only and not request.is_conditional and self.qty * order.side.sign >= 0:
            raise Rejected("ReduceOnly Order is rejected.", code=-2022)
        row = Row(
            id=self._id(), client_id=request.client_id, side=order.side, type=order.type,
            qty=order.qty, reduce_only=order.reduce_only, at=self.now, price=order.price,
            trigger=order.trigger_price,
        )  # fmt: skip
        if row.is_algo and self._reached(row):
            raise Rejected("Order would immediately trigger.", code=-2021)
        self.placed.append(request.client_id)
        self.rows[row.id] = row
        self.told.append(self._update(row))
        if row.type is OrderType.MARKET:
            self._market(row)
        elif row.type is OrderType.LIMIT:
            self._limits()
        return (self._update(row),)

    def _cancel(self, request: Request) -> Any:
        row = self._named(request.client_id)
        if row is None or not _is_open(row) or row.child:
            raise Rejected("Unknown order sent.", code=-2011)
        row.status = Status.CANCELLED
        self.told.append(self._update(row))
        return () if row.is_algo else (self._update(row),)

    def _query(self, request: Request) -> Any:
        row = self._named(request.client_id)
        if row is None:
            raise Rejected("Order does not exist.", code=-2013)
        child = self.rows.get(row.child)
        return (self._update(row), *([self._update(child)] if child else []))

    def lookup(self, order_id: str) -> OrderUpdate | None:
        row = self.rows.get(order_id)
        found = None if row is None else self._update(row)
        assert not isinstance(found, AlgoUpdate)
        return found

    def snapshot(self, asked_at: int) -> AccountSnapshot:
        open_rows = [row for row in self.rows.values() if _is_open(row)]
        held = RealPosition(
            symbol=SYMBOL, qty=self.qty, entry_price=self.entry, margin_mode="isolated",
            leverage=self.leverage or None,
        )  # fmt: skip
        return AccountSnapshot(
            asked_at=asked_at,
            balances=(AssetBalance(asset="USDT", wallet=self.wallet, available=self.wallet),),
            positions=(held,) if self.qty else (),
            orders=tuple(_real(row) for row in open_rows),
            modes=Modes(position_mode="one_way", multi_asset=False),
        )

    # -------------------------------------------------------------- what happens there

    def move(self, price: Decimal) -> None:
        """Let the market go to *price*."""
        self.price = price
        for row in list(self.rows.values()):
            if row.is_algo and _is_open(row) and not row.child and self._reached(row):
                self._trigger(row)
        self._limits()

    def stranger(self, signed: Decimal, client_id: str = "web_1") -> None:
        """Let somebody else trade at market on the same account."""
        self.strangers += signed
        side = Side.BUY if signed > 0 else Side.SELL
        row = Row(
            id=self._id(), client_id=client_id, side=side, type=OrderType.MARKET,
            qty=abs(signed), reduce_only=False, at=self.now, ours=False,
        )  # fmt: skip
        self.rows[row.id] = row
        self._market(row)

    def fund(self, rate: Decimal) -> None:
        """Settle funding."""
        if self.qty:
            amount = -truncate8(self.qty * self.price * rate)
            self._book("FUNDING_FEE", amount, SYMBOL)

    def transfer(self, amount: Decimal) -> None:
        """Move money in or out."""
        self._book("TRANSFER", amount, "")

    def _book(self, kind: str, amount: Decimal, symbol: str) -> None:
        self.wallet += amount
        line = Income(
            kind=kind, id=self._id(), symbol=symbol, asset="USDT", amount=amount, at=self.now
        )
        self.income.append(line)

    def _reached(self, row: Row) -> bool:
        assert row.trigger is not None
        rises = (row.side is Side.BUY) == (row.type is OrderType.STOP)
        return self.price >= row.trigger if rises else self.price <= row.trigger

    def _trigger(self, row: Row) -> None:
        row.status = Status.TRIGGERED
        if row.reduce_only and self.qty * row.side.sign >= 0:
            row.status = Status.REJECTED
            self.told.append(self._update(row))
            return
        name = row.client_id if self.child_names else f"x-{row.id}"
        child = Row(
            id=self._id(), client_id=name, side=row.side, type=OrderType.MARKET, qty=row.qty,
            reduce_only=row.reduce_only, at=self.now,
        )  # fmt: skip
        self.rows[child.id] = child
        row.child = child.id
        self.told.append(self._update(row))
        self._market(child)
        row.status = Status.FILLED
        self.told.append(self._update(row))

    def _limits(self) -> None:
        for row in list(self.rows.values()):
            if row.type is not OrderType.LIMIT or not _is_open(row) or row.price is None:
                continue
            if (row.price - self.price) * row.side.sign >= 0:
                self._trade(row, row.qty - row.filled)

    def _market(self, row: Row) -> None:
        wanted = row.qty
        if row.reduce_only:
            wanted = min(wanted, abs(self.qty)) if self.qty * row.side.sign < 0 else ZERO
        half = (wanted / 2).quantize(Decimal("0.001"))
        for part in (half, ZERO if self.thin and half else wanted - half):
            if part > 0:
                self._trade(row, part)
        if row.filled < row.qty:
            row.status = Status.EXPIRED
            self.told.append(self._update(row))

    def _trade(self, row: Row, qty: Decimal) -> None:
        if row.reduce_only:
            qty = min(qty, abs(self.qty)) if self.qty * row.side.sign < 0 else ZERO
        if qty <= 0:
            row.status = Status.EXPIRED
            self.told.append(self._update(row))
            return
        pnl = self._net(row.side.sign * qty)
        fee = truncate8(qty * self.price * FEE)
        self.wallet += pnl - fee
        row.filled += qty
        row.status = Status.FILLED if row.filled >= row.qty else Status.PARTIALLY_FILLED
        trade = TradeUpdate(
            symbol=SYMBOL, trade_id=self._id(), order_id=row.id, client_id=row.client_id,
            side=row.side, qty=qty, price=self.price, commission=fee, commission_asset="USDT",
            liquidity=Liquidity.TAKER, realized_pnl=pnl, at=self.now,
        )  # fmt: skip
        self.trades.append(trade)
        self.told.append(self._update(row, trade))
        self.told.append(PositionUpdate(symbol=SYMBOL, qty=self.qty, entry_price=self.entry, at=1))

    def _net(self, signed: Decimal) -> Decimal:
        """Change the position; return what that realized."""
        pnl = ZERO
        if self.qty * signed < 0:
            closing = min(abs(self.qty), abs(signed)) * (1 if self.qty > 0 else -1)
            pnl = truncate8(closing * (self.price - self.entry))
            if abs(signed) > abs(self.qty):
                self.entry = self.price
        else:
            whole = abs(self.qty) + abs(signed)
            self.entry = (abs(self.qty) * self.entry + abs(signed) * self.price) / whole
        self.qty += signed
        return pnl

    def _named(self, client_id: str) -> Row | None:
        """Return the newest order that was sent under *client_id*, not one it became."""
        children = {row.child for row in self.rows.values()}
        named = [r for r in self.rows.values() if r.client_id == client_id]
        return next((r for r in reversed(named) if r.id not in children), None)

    def _id(self) -> str:
        self._ids += 1
        return str(self._ids)

    def _update(self, row: Row, trade: TradeUpdate | None = None) -> OrderUpdate | AlgoUpdate:
        if row.is_algo:
            return AlgoUpdate(
                symbol=SYMBOL, client_id=row.client_id, algo_id=row.id, side=row.side,
                type=row.type, status=row.status, qty=row.qty, at=self.now, order_id=row.child,
                trigger_price=row.trigger, reduce_only=row.reduce_only,
            )  # fmt: skip
        return OrderUpdate(
            symbol=SYMBOL, client_id=row.client_id, order_id=row.id, side=row.side, type=row.type,
            status=row.status, qty=row.qty, filled_qty=row.filled, at=self.now, price=row.price,
            reduce_only=row.reduce_only, trade=trade,
        )  # fmt: skip


def _is_open(row: Row) -> bool:
    return row.status in {Status.OPEN, Status.PARTIALLY_FILLED, Status.TRIGGERED}


def _real(row: Row) -> RealOrder:
    return RealOrder(
        symbol=SYMBOL, order_id="" if row.is_algo else row.id, client_id=row.client_id,
        side=row.side, type=row.type, status=row.status, qty=row.qty, filled_qty=row.filled,
        price=row.price, trigger_price=row.trigger, reduce_only=row.reduce_only,
        algo_id=row.id if row.is_algo else "",
    )  # fmt: skip
