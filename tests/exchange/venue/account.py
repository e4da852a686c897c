"""An account's truth: wallet, positions, orders, fills and income, exact to the last digit.

What is booked is cut towards zero to 8 decimals, as the exchange's figures are.
"""

from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from tests.exchange.venue.book import Hit
from tests.exchange.venue.contracts import MAKER_FEE, TAKER_FEE, Contract
from tests.exchange.venue.orders import ZERO, Fill, Order

_EIGHT: Final = Decimal("0.00000001")
DEFAULT_LEVERAGE: Final = 20


def cut(amount: Decimal) -> Decimal:
    """Return *amount* cut towards zero to 8 decimals."""
    return amount.quantize(_EIGHT, ROUND_DOWN)


@dataclass
class Position:
    """What is held of one contract; *qty* is signed, *wallet* is that of isolated margin."""

    contract: Contract
    qty: Decimal = ZERO
    entry: Decimal = ZERO
    wallet: Decimal = ZERO
    realized: Decimal = ZERO
    updated: int = 0

    def pnl(self, mark: Decimal) -> Decimal:
        """Return the unrealized P&L at *mark*."""
        return self.qty * (mark - self.entry)

    def maintenance(self, mark: Decimal) -> Decimal:
        """Return the maintenance margin at *mark*."""
        worth = abs(self.qty) * mark
        row = self.contract.bracket(worth)
        return worth * row.rate - row.cum

    def take(self, qty: Decimal, price: Decimal, at: int) -> Decimal:
        """Add signed *qty* at *price*; return the P&L this realizes, cut."""
        self.updated = at
        closes = self.qty * qty < 0
        closed = min(abs(qty), abs(self.qty)) if closes else ZERO
        realized = cut(closed * (price - self.entry) * (1 if self.qty > 0 else -1))
        if not closes:
            whole = abs(self.qty) * self.entry + abs(qty) * price
            self.entry = whole / (abs(self.qty) + abs(qty))
        elif abs(qty) > abs(self.qty):
            self.entry = price
        self.qty += qty
        if not self.qty:
            self.entry = ZERO
        self.realized += realized
        return realized


@dataclass(frozen=True)
class Income:
    """One line of the account's books."""

    id: int
    kind: str
    amount: Decimal
    at: int
    symbol: str = ""
    trade_id: str = ""

    def row(self) -> dict[str, Any]:
        """Return it as REST tells it."""
        return {
            "symbol": self.symbol, "incomeType": self.kind, "income": str(self.amount),
            "asset": "USDT", "info": self.kind, "time": self.at, "tranId": self.id,
            "tradeId": self.trade_id,
        }  # fmt: skip


@dataclass
class Account:
    """One key's account; tests read `wallet`, `positions`, `orders`, `trades`, `income`."""

    key: str
    secret: str
    wallet: Decimal
    positions: dict[str, Position] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    algos: list[Any] = field(default_factory=list)
    trades: list[Fill] = field(default_factory=list)
    income: list[Income] = field(default_factory=list)
    leverage: dict[str, int] = field(default_factory=dict)
    isolated: dict[str, bool] = field(default_factory=dict)
    hedge: bool = False
    multi_assets: bool = False
    can_trade: bool = True
    maker_fee: Decimal = MAKER_FEE
    taker_fee: Decimal = TAKER_FEE
    permissions: dict[str, bool] = field(default_factory=dict)
    listen_key: str | None = None
    listen_key_until: int = 0
    called: set[str] = field(default_factory=set)
    updated: int = 1

    @property
    def open_orders(self) -> list[Order]:
        """Return the orders that may still trade."""
        return [order for order in self.orders if order.is_open]

    @property
    def open_algos(self) -> list[Any]:
        """Return the conditional orders that wait."""
        return [algo for algo in self.algos if algo.status == "NEW"]

    @property
    def held(self) -> dict[str, Decimal]:
        """Return what is held, signed, by contract."""
        return {name: one.qty for name, one in self.positions.items() if one.qty}

    @property
    def cross_wallet(self) -> Decimal:
        """Return the wallet without what is put aside for isolated positions."""
        return self.wallet - sum((one.wallet for one in self.positions.values()), ZERO)

    def leverage_of(self, symbol: str) -> int:
        """Return the leverage set for *symbol*."""
        return self.leverage.get(symbol, DEFAULT_LEVERAGE)

    def position(self, contract: Contract) -> Position:
        """Return the position in *contract*, which may be flat."""
        return self.positions.setdefault(contract.id, Position(contract))

    def book(self, number: int, kind: str, amount: Decimal, at: int, **named: str) -> None:
        """Book income: it changes the wallet."""
        self.wallet += amount
        self.updated = at
        self.income.append(Income(number, kind, amount, at, **named))

    def fill(self, order: Order, hit: Hit, at: int, *, maker: bool) -> Fill:
        """Execute *hit* of *order* and book everything; return the fill."""
        contract, steps, trade_id = order.contract, hit.steps, hit.trade_id
        price, qty = contract.price(hit.ticks), contract.qty(steps)
        position = self.position(contract)
        before = position.qty
        realized = position.take(qty if order.buys else -qty, price, at)
        fee = cut(qty * price * (self.maker_fee if maker else self.taker_fee))
        order.filled += steps
        order.cost += qty * price
        order.updated = at
        order.status = "PARTIALLY_FILLED" if order.left else "FILLED"
        fill = Fill(trade_id, order, qty, price, fee, realized, maker, at)
        self.trades.append(fill)
        named = {"symbol": contract.id, "trade_id": str(trade_id)}
        if realized:
            self.book(trade_id * 10, "REALIZED_PNL", realized, at, **named)
        self.book(trade_id * 10 + 1, "COMMISSION", -fee, at, **named)
        self._put_aside(position, before, price)
        return fill

    def _put_aside(self, position: Position, before: Decimal, price: Decimal) -> None:
        symbol = position.contract.id
        if not self.isolated.get(symbol) or not position.qty:
            position.wallet = ZERO
        elif abs(position.qty) > abs(before) and position.qty * before >= 0:
            more = (abs(position.qty) - abs(before)) * price
            position.wallet += cut(more / self.leverage_of(symbol))
        elif position.qty * before > 0:
            position.wallet = cut(position.wallet * position.qty / before)
        else:
            position.wallet = cut(abs(position.qty) * price / self.leverage_of(symbol))
