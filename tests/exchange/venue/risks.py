"""Funding, margin calls and liquidations of the accounts."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from typing import Final

from tests.exchange.venue.account import Account, Position, cut
from tests.exchange.venue.margins import eight, update_event
from tests.exchange.venue.matching import Matching
from tests.exchange.venue.orders import ZERO, Order
from tests.exchange.venue.pair import Pair
from tests.exchange.venue.triggers import Triggers

_WARN_AT: Final = Decimal("0.8")


class Risks:
    """What happens to positions without an order of their owner."""

    def __init__(self, matching: Matching, triggers: Triggers) -> None:
        self.matching = matching
        self.triggers = triggers
        self._numbers = count(9_000_000_001)

    def fund(
        self, accounts: Iterable[Account], pair: Pair, at: int, rate: Decimal, mark: Decimal
    ) -> None:
        """Settle the funding of *pair*."""
        for account in accounts:
            position = account.position(pair.contract)
            if not position.qty:
                continue
            paid = -cut(position.qty * mark * rate)
            account.book(next(self._numbers), "FUNDING_FEE", paid, at, symbol=pair.contract.id)
            told = []
            if account.isolated.get(pair.contract.id):
                position.wallet += paid
                told = [position]
            event = update_event(account, self.matching.mark, at, "FUNDING_FEE", paid, told)
            self.matching.tell(account, [event])

    def check(self, account: Account, now: int) -> None:
        """Warn *account*, and liquidate what its margin no longer carries."""
        mark = self.matching.mark
        cross: list[Position] = []
        for symbol, position in account.positions.items():
            if position.qty and account.isolated.get(symbol):
                balance = position.wallet + position.pnl(mark(symbol))
                self._judge(account, [position], balance, now)
            elif position.qty:
                cross.append(position)
        if cross:
            pnl = sum((one.pnl(mark(one.contract.id)) for one in cross), ZERO)
            self._judge(account, cross, account.cross_wallet + pnl, now)

    def _judge(
        self, account: Account, positions: list[Position], balance: Decimal, now: int
    ) -> None:
        mark = self.matching.mark
        kept = sum((one.maintenance(mark(one.contract.id)) for one in positions), ZERO)
        names = {one.contract.id for one in positions}
        if balance <= kept:
            for position in positions:
                self._liquidate(account, position, now)
            account.called -= names
        elif kept < balance * _WARN_AT:
            account.called -= names
        elif not names <= account.called:
            account.called |= names
            self._call(account, positions, now)

    def _call(self, account: Account, positions: list[Position], now: int) -> None:
        told = []
        for one in positions:
            mark = self.matching.mark(one.contract.id)
            isolated = account.isolated.get(one.contract.id, False)
            told.append({
                "s": one.contract.id, "ps": "BOTH", "pa": str(one.qty),
                "mt": "ISOLATED" if isolated else "CROSSED", "iw": eight(one.wallet),
                "mp": str(mark), "up": eight(one.pnl(mark)), "mm": eight(one.maintenance(mark)),
            })  # fmt: skip
        event = {"e": "MARGIN_CALL", "E": now, "cw": eight(account.cross_wallet), "p": told}
        self.matching.tell(account, [event])

    def _liquidate(self, account: Account, position: Position, now: int) -> None:
        contract = position.contract
        pair = self.matching.market.pairs[contract.id]
        for order in account.open_orders:
            if order.contract.id == contract.id:
                self.matching.cancel(order)
        isolated = account.isolated.get(contract.id, False)
        most = position.wallet if isolated else account.wallet
        before = account.wallet
        number = next(self.matching.numbers)
        steps = int(abs(position.qty) / contract.step)
        while position.qty:
            order = Order(
                contract=contract, id=number, client_id=f"autoclose-{number}", account=account,
                buys=position.qty < 0, type="LIQUIDATION", tif="IOC", steps=steps, ticks=0,
                at=now, reduce_only=True,
            )  # fmt: skip
            self.matching.enter(pair, order, now)
            pair.restock(now)
            number, steps = next(self.matching.numbers), order.left
        self._clear(account, pair, before, most, now)

    def _clear(
        self, account: Account, pair: Pair, before: Decimal, most: Decimal, now: int
    ) -> None:
        """Take the clearance fee, or cover what went beyond the margin."""
        last = account.trades[-1]
        lost = before - account.wallet
        fee = cut(last.qty * last.price * pair.contract.liquidation_fee)
        booked = lost - most if lost > most else -min(fee, most - lost)
        if booked:
            symbol = pair.contract.id
            account.book(next(self._numbers), "INSURANCE_CLEAR", booked, now, symbol=symbol)
            event = update_event(account, self.matching.mark, now, "INSURANCE_CLEAR", booked, [])
            self.matching.tell(account, [event])
