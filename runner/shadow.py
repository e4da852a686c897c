"""The paper side of paper beside live: a broker with a portfolio that is nobody's but its own."""

import contextlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from core.errors import OrderRejected
from core.ledger import Entry, EntryKind, Portfolio, fill_entries, funding_entry
from core.market import Instrument, MarketMessage
from core.orders import Closed, Filled, FundingCharged, Order, OrderRole, Report
from exchange.paper.broker import PaperBroker
from runner.booking import protection


class Shadow:
    """Carries orders out on paper and books them.

    Promise: stops and targets are its own, at the levels that the entry asked for.
    """

    def __init__(
        self, instruments: Mapping[str, Instrument], cash: Mapping[str, Decimal], *, bps: Decimal
    ) -> None:
        """Begin with *cash* by strategy; *bps* is the slippage where there is no book."""
        self._instruments, self._bps = instruments, bps
        self.entries: dict[str, list[Entry]] = {}
        self.start(cash, (), ())

    def start(
        self, cash: Mapping[str, Decimal], entries: Iterable[Entry], orders: Iterable[Order]
    ) -> None:
        """Begin anew with *cash*, the journal of what is open, and the orders that rest."""
        self.portfolio = Portfolio.replay(_transfer(name, money) for name, money in cash.items())
        self.entries = {}
        for entry in entries:
            self._apply(entry)
        self.broker = PaperBroker(self._instruments, self.portfolio, slippage_bps=self._bps)
        self.broker.restore(orders)

    def cash_before(self) -> dict[str, Decimal]:
        """Return the cash by strategy without what the open positions did to it."""
        cash = dict(self.portfolio.cash)
        for entry in self._open_entries():
            cash[entry.strategy] -= entry.amount
        return cash

    def _open_entries(self) -> list[Entry]:
        return [entry for entries in self.entries.values() for entry in entries]

    def save(self) -> dict[str, Any]:
        """Return what `load` needs, JSON-able."""
        return {
            "cash": {name: str(money) for name, money in self.cash_before().items()},
            "entries": msgspec.to_builtins(self._open_entries()),
            "orders": msgspec.to_builtins(self.broker.open_orders()),
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` returned."""
        cash = {name: Decimal(money) for name, money in saved["cash"].items()}
        entries = msgspec.convert(saved["entries"], list[Entry], strict=False)
        orders = msgspec.convert(saved["orders"], list[Order], strict=False)
        self.start(cash, entries, orders)

    def submit(self, order: Order) -> None:
        """Take an order; an exit closes whatever is held here.

        Raises:
            OrderRejected: it cannot be carried out on paper.
        """
        held = self.portfolio.position(order.strategy, order.symbol)
        if order.reduce_only and held is not None:
            order = msgspec.structs.replace(order, qty=abs(held.qty))
        self.broker.submit(order)

    def see(self, message: MarketMessage) -> None:
        """Match against the newest of the market."""
        if message.symbol in self._instruments:
            self.broker.on_message(message)

    def drain(self) -> list[Filled | FundingCharged]:
        """Return what traded and was paid since the last call, booked in its own portfolio."""
        found: list[Filled | FundingCharged] = []
        while reports := self.broker.drain():
            for report in reports:
                self._book(report)
                if isinstance(report, (Filled, FundingCharged)):
                    found.append(report)
        return found

    def _book(self, report: Report) -> None:
        match report:
            case Filled(order, fill):
                held = self.portfolio.position(fill.strategy, fill.symbol)
                for entry in fill_entries(fill, held):
                    self._apply(entry)
                if order.status.is_final:
                    self._protect(order, fill.at)
            case Closed(order) if order.filled_qty:
                self._protect(order, order.created_at)
            case FundingCharged():
                if self.portfolio.position(report.strategy, report.symbol) is not None:
                    self._apply(funding_entry(report))
            case _:
                pass

    def _apply(self, entry: Entry) -> None:
        closed = self.portfolio.apply(entry)
        if entry.position_id and closed is None:
            self.entries.setdefault(entry.position_id, []).append(entry)
        elif closed is not None:
            self.entries.pop(closed.id, None)

    def _protect(self, entry: Order, at: int) -> None:
        if entry.role is not OrderRole.ENTRY:
            return
        if self.portfolio.position(entry.strategy, entry.symbol) is None:
            return
        for order in protection(entry, at):
            with contextlib.suppress(OrderRejected):
                self.broker.submit(order)


def _transfer(strategy: str, amount: Decimal) -> Entry:
    return Entry(
        at=0, kind=EntryKind.TRANSFER, strategy=strategy, amount=amount, source="transfer",
        source_id=strategy,
    )  # fmt: skip
