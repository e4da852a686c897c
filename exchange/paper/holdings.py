"""The account as the paper exchange sees it: the portfolio plus what is reported but not booked."""

from decimal import Decimal

from core.ledger import Portfolio, Position
from core.orders import Fill, Order

ZERO = Decimal(0)


class Holdings:
    """Reads the portfolio; never changes it.

    Fills reach the portfolio only when the engine books the reports. Until then they count here,
    so that two exits in one bar cannot close a position twice.
    """

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio
        self._unbooked: list[Fill] = []

    def reported(self, fill: Fill) -> None:
        """Take note of a fill that is on its way to the portfolio."""
        self._unbooked.append(fill)

    def qty(self, strategy: str, symbol: str) -> Decimal:
        """Return the signed quantity held, unbooked fills included."""
        position = self._portfolio.position(strategy, symbol)
        held = position.qty if position else ZERO
        if self._unbooked:
            self._forget_booked()
            for fill in self._unbooked:
                if (fill.strategy, fill.symbol) == (strategy, symbol):
                    held += fill.side.sign * fill.qty
        return held

    def position(self, strategy: str, symbol: str) -> Position | None:
        """Return the booked position."""
        return self._portfolio.position(strategy, symbol)

    def positions_in(self, symbol: str) -> list[Position]:
        """Return the booked positions in *symbol* that are still open."""
        held = self._portfolio.positions
        if not held:
            return []
        return [p for p in held.values() if p.symbol == symbol and self.qty(p.strategy, symbol)]

    def closable(self, order: Order) -> Decimal:
        """Return how much of its position a reduce-only order could still close."""
        held = self.qty(order.strategy, order.symbol)
        return ZERO if held * order.side.sign >= 0 else abs(held)

    def available(self, strategy: str) -> Decimal:
        """Return cash that is free for margin, less the margin of unbooked entries."""
        free = self._portfolio.available(strategy)
        self._forget_booked()
        for fill in self._unbooked:
            if fill.strategy == strategy and not fill.reduce_only:
                free -= fill.qty * fill.price / fill.leverage + fill.fee
        return free

    def _forget_booked(self) -> None:
        self._unbooked = [f for f in self._unbooked if not self._portfolio.knows("fill", f.id)]
