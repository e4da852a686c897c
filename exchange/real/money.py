"""Money that comes and goes by no order: funding, transfers, rebates; each booked once."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.arithmetic import truncate8
from core.ledger import ZERO, Position
from core.market import Funding
from core.orders import FundingCharged
from exchange.real.requests import Moved
from exchange.real.shop import Shop

FUNDING: Final = "FUNDING_FEE"
BY_FILLS: Final = frozenset({"REALIZED_PNL", "COMMISSION"})
NEAR_MS: Final = 60_000
OVERLAP_MS: Final = 10 * 60_000  # the history is written a little later than what it tells
KEPT: Final = 500


class Income(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the exchange's income history; ``amount`` is negative when we pay."""

    kind: str
    id: str
    symbol: str
    asset: str
    amount: Decimal
    at: int

    @property
    def key(self) -> str:
        """Return what names it."""
        return f"{self.kind}:{self.id}:{self.symbol}:{self.asset}"


def part_id(name: str, strategy: str) -> str:
    """Return what names a sub-account's part of the money that *name* names."""
    return f"{name}:{strategy}"


class Money:
    """Turns lines of the income history into what the journal books.

    Promise: each line counts once. ``since`` is the exchange's time (ms) from which the history is
    to be asked, ``is_due`` says that something new is expected there.
    """

    def __init__(self, shop: Shop, quote: str = "USDT") -> None:
        self._shop = shop
        self._quote = quote
        self._seen: dict[str, None] = {}
        self._settled: dict[str, Funding] = {}
        self.since = 0
        self.is_due = False

    def settled(self, funding: Funding) -> None:
        """Take note of the market's settlement: an open position has paid or received."""
        self._settled[funding.symbol] = funding
        if any(p.symbol == funding.symbol for p in self._shop.portfolio.positions.values()):
            self.is_due = True

    def take(self, lines: Iterable[Income]) -> None:
        """Take the lines of the history since `since`, known or not.

        Funding of a symbol in which something is in doubt, and what came after it, waits.
        """
        self.is_due = False
        for line in sorted(lines, key=lambda line: line.at):
            if line.key in self._seen:
                continue
            if line.kind == FUNDING and not self._shop.is_settled(line.symbol):
                self.is_due = True
                break
            self._seen[line.key] = None
            self._book(line)
            self.since = max(self.since, line.at - OVERLAP_MS)
        while len(self._seen) > KEPT:
            del self._seen[next(iter(self._seen))]

    def _book(self, line: Income) -> None:
        if line.asset != self._quote or line.kind in BY_FILLS or not line.amount:
            return
        if line.kind == FUNDING:
            self._funding(line)
        else:
            self._move(line, line.kind.lower().replace("_", " "))

    def _move(self, line: Income, what: str, strategy: str = "") -> None:
        name = f"income:{line.key}"
        portfolio = self._shop.portfolio
        if not any(portfolio.knows("transfer", part_id(name, own)) for own in portfolio.cash):
            moved = Moved(id=name, amount=line.amount, at=line.at, what=what, strategy=strategy)
            self._shop.notes.append(moved)

    def _funding(self, line: Income) -> None:
        held = [p for p in self._shop.portfolio.positions.values() if p.symbol == line.symbol]
        if held and held[0].opened_at <= line.at:
            self._charge(held[0], line)
            return
        last = self._shop.last_held.get(line.symbol)
        if last is not None and last.opened_at <= line.at <= last.closed_at:
            self._move(line, "funding of a closed position", last.strategy)
        else:
            self._theirs()

    def _charge(self, position: Position, line: Income) -> None:
        """Book our share of a payment that is on all the exchange holds in the symbol."""
        if self._shop.portfolio.knows("funding", f"{position.id}:{line.at}"):
            return
        whole = position.qty + self._shop.foreign.get(line.symbol, ZERO)
        share = truncate8(line.amount * position.qty / whole) if whole else line.amount
        if share != line.amount:
            self._theirs()
        mark, rate = self._terms(position, line, share)
        self._shop.reports.append(
            FundingCharged(
                position_id=position.id, strategy=position.strategy, symbol=line.symbol,
                amount=share, rate=rate, mark_price=mark, at=line.at,
            )
        )  # fmt: skip

    def _terms(self, position: Position, line: Income, share: Decimal) -> tuple[Decimal, Decimal]:
        """Return mark price and rate: as the market told, else as the payment implies."""
        told = self._settled.get(line.symbol)
        if told is not None and abs(told.at - line.at) < NEAR_MS:
            return told.mark_price, told.rate
        mark = self._shop.marks.get(line.symbol, position.entry_price)
        return mark, (-share / (position.qty * mark)).quantize(Decimal("0.00000001"))

    def _theirs(self) -> None:
        """Take note that somebody else's money moved the wallet: the comparison allows for it."""
        self._shop.stirred = True

    def save(self) -> dict[str, Any]:
        """Return what a restart needs, JSON-able."""
        return {"since": self.since, "seen": list(self._seen)}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take back what `save` returned."""
        self.since = saved.get("since", 0)
        self._seen = dict.fromkeys(saved.get("seen", ()))
