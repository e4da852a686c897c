"""Our books against the exchange's: orders, positions and money, at the start and every minute.

What differs is told; what an execution explains is booked; nothing is guessed. Orders and
positions of others are shown as such and left alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.ledger import ZERO, Position
from exchange.real.account import AccountSnapshot, RealOrder, RealPosition
from exchange.real.client_ids import is_ours
from exchange.real.fills import Fills
from exchange.real.money import Money
from exchange.real.orders import Orders
from exchange.real.requests import Difference, Said
from exchange.real.shop import Shop
from exchange.real.tickets import LegState
from exchange.real.updates import OrderUpdate, PositionUpdate, TradeUpdate

TOLERANCE: Final = Decimal("0.01")  # of money, in quote: each line is rounded for itself
OVERLAP_MS: Final = 60_000
TWICE: Final = 2  # a difference is one when it was seen as often in a row
LASTING_MS: Final = {"balance": 60_000}  # and so long, for the history lags behind the wallet


class Reconciler:
    """Compares, and keeps what differs.

    Promise: a position is booked as closed only by executions, never by a figure alone; a
    difference is alerted once while it lasts. ``since`` is the exchange's time (ms) from which
    executions are to be asked, ``skew_ms`` its clock minus ours, ``is_due`` says that the next
    comparison should not wait for its minute.
    """

    def __init__(self, shop: Shop, fills: Fills, orders: Orders, quote: str = "USDT") -> None:
        self._shop = shop
        self._fills = fills
        self._orders = orders
        self._quote = quote
        self.money = Money(shop, quote)
        self.differences: list[Difference] = []
        self.since = 0
        self.skew_ms = 0
        self.compared_at = 0
        self.is_due = True
        self._gap = ZERO
        self._seen: dict[str, tuple[Difference, int, int]] = {}

    def compare(self, snapshot: AccountSnapshot, explained: AbstractSet[str]) -> set[str]:
        """Compare; return the symbols whose executions are wanted to explain what differs.

        Args:
            snapshot: what the exchange says.
            explained: the symbols whose executions were taken before it was asked.
        """
        self.is_due = False
        self._shop.now = max(self._shop.now, snapshot.asked_at)
        found = [*self._modes(snapshot), *self._compare_orders(snapshot)]
        wanted = set[str]()
        for symbol, theirs, mine in self._pairs(snapshot):
            if not self._is_quiet(symbol, snapshot.asked_at):
                self.is_due = True
                continue
            difference = self._compare_position(symbol, theirs, mine)
            if difference is None:
                self._shop.unsettled.discard(symbol)
            elif symbol in explained:
                found.append(difference)
            else:
                wanted.add(symbol)
        found += self._compare_money(snapshot)
        if not wanted:
            self.since = max(self.since, snapshot.asked_at + self.skew_ms - OVERLAP_MS)
            self.compared_at, self._shop.compared = snapshot.asked_at, True
            self._keep(found)
        return wanted

    def traded(self, symbol: str, trades: Sequence[TradeUpdate]) -> list[TradeUpdate]:
        """Take the executions in *symbol* that belong to our orders; return the others' new ones.

        They bear no client id: ask for each one's order and give it to `attribute`.
        """
        strange = []
        for trade in trades:
            if self._fills.knows(trade):
                continue
            found = self._shop.tickets.find("", trade.order_id, symbol)
            if found is None:
                strange.append(trade)
            else:
                self._orders.traded(found[0], [trade])
        return strange

    def attribute(self, trade: TradeUpdate, order: OrderUpdate | None) -> None:
        """Take an execution with its order, None when the exchange does not know it."""
        name = "" if order is None else order.client_id
        told = msgspec.structs.replace(trade, client_id=name)
        found = self._shop.tickets.find(name, trade.order_id, trade.symbol)
        if found is not None:
            self._orders.traded(found[0], [told])
        elif is_ours(name, self._shop.tickets.tag):
            self._orders.strangers.orphan(told)
        else:
            self._orders.strangers.strange(told)

    def trade_told(self, trade: TradeUpdate) -> None:
        """Take an execution that nobody told with its order."""
        if self._fills.knows(trade):
            return
        found = self._shop.tickets.find("", trade.order_id, trade.symbol)
        if found is not None:
            self._orders.traded(found[0], [trade])
        else:
            self._shop.unsettled.add(trade.symbol)
            self.is_due = True

    def position_told(self, update: PositionUpdate) -> None:
        """Take note of a position that is not what our books say: compare soon."""
        mine = sum(
            (p.qty for p in self._shop.portfolio.positions.values() if p.symbol == update.symbol),
            ZERO,
        )
        if update.qty != mine + self._shop.foreign.get(update.symbol, ZERO):
            self.is_due = True

    def _pairs(
        self, snapshot: AccountSnapshot
    ) -> Iterator[tuple[str, RealPosition | None, Position | None]]:
        theirs = {p.symbol: p for p in snapshot.positions}
        ours = {p.symbol: p for p in self._shop.portfolio.positions.values()}
        for symbol in sorted({*theirs, *ours, *self._shop.foreign, *self._shop.unsettled}):
            yield symbol, theirs.get(symbol), ours.get(symbol)

    def _is_quiet(self, symbol: str, since: int) -> bool:
        if self._shop.reports or self._orders.strangers.is_sorting:
            return False
        return self._shop.is_quiet(symbol, since)

    def _compare_position(
        self, symbol: str, theirs: RealPosition | None, mine: Position | None
    ) -> Difference | None:
        """Book what others closed of our position; return what nothing explains."""
        there = theirs.qty if theirs is not None else ZERO
        if mine is None:
            self._set_foreign(symbol, there)
            return None
        covered = max(ZERO, there * mine.direction)
        short = abs(mine.qty) - covered
        if short <= ZERO:
            self._set_foreign(symbol, there - mine.qty)
            return self._setup(theirs, mine)
        left = self._fills.closed_elsewhere(mine, short)
        if left <= ZERO:
            self._set_foreign(symbol, there if covered == ZERO else ZERO)
            self.is_due = True
            return None
        return Difference(
            subject=f"{symbol} position", ours=f"{mine.qty:f}", theirs=f"{there:f}",
            detail=f"No execution says what became of {left:f}. Nothing is booked for it.",
        )  # fmt: skip

    def _setup(self, theirs: RealPosition | None, mine: Position) -> Difference | None:
        if theirs is None or self._shop.foreign.get(mine.symbol):
            return None
        said = (theirs.margin_mode or "isolated", theirs.leverage or mine.leverage)
        if said == ("isolated", mine.leverage):
            return None
        return Difference(
            subject=f"{mine.symbol} margin", ours=f"isolated, {mine.leverage}×",
            theirs=f"{said[0]}, {said[1]}×",
            detail="It was changed at the exchange: the liquidation price is another one.",
        )  # fmt: skip

    def _set_foreign(self, symbol: str, qty: Decimal) -> None:
        key = f"foreign:{symbol}"
        if not qty:
            if self._shop.foreign.pop(symbol, None) is not None:
                self._shop.stirred = True
            self._shop.unsay(key)
            return
        self._shop.foreign[symbol] = qty
        self._shop.stirred = True
        self._shop.say(
            Said(
                level="warn",
                code="foreign_position",
                title=f"{symbol}: a position that is not ours",
                detail=f"{qty:f} are held at the exchange by somebody else. They are left alone, "
                f"and no entry is made in {symbol}.",
                key=key,
            )
        )

    def _compare_orders(self, snapshot: AccountSnapshot) -> Iterator[Difference]:
        there = set[str]()
        for order in snapshot.orders:
            found = self._shop.tickets.find(
                order.client_id, order.algo_id or order.order_id, order.symbol,
                conditional=bool(order.algo_id),
            )  # fmt: skip
            if found is not None:
                leg = found[1]
                there.add(leg.client_id)
                if order.filled_qty > leg.executed and leg.state is LegState.LIVE:
                    leg.ask, leg.next_at = True, 0
            elif is_ours(order.client_id, self._shop.tickets.tag):
                yield _orphan(order)
        for ticket in self._shop.tickets:
            for leg in ticket.legs:
                if leg.state is LegState.UNKNOWN:
                    yield Difference(
                        subject=f"order {ticket.order.id}", ours="sent", theirs="unknown",
                        detail="Its outcome is looked for. It is not sent again.",
                    )  # fmt: skip
        self._ask_about_missing(there, snapshot.asked_at)

    def _ask_about_missing(self, there: AbstractSet[str], asked_at: int) -> None:
        """Have those legs looked for that should rest at the exchange and do not."""
        for ticket in self._shop.tickets:
            for leg in ticket.legs:
                settled = leg.live_at < asked_at and not leg.busy
                if leg.state is LegState.LIVE and settled and leg.client_id not in there:
                    leg.ask, leg.next_at = True, 0

    def _compare_money(self, snapshot: AccountSnapshot) -> Iterator[Difference]:
        wallet = sum((b.wallet for b in snapshot.balances if b.asset == self._quote), ZERO)
        ledger, shop = self._shop.portfolio.balance, self._shop
        if shop.outside is None:
            shop.outside = wallet - ledger
            self.money.since = self.money.since or snapshot.asked_at + self.skew_ms
            self.since = self.since or snapshot.asked_at + self.skew_ms
        busy = bool(shop.reports or shop.notes or shop.unsettled)
        busy = busy or any(ticket.is_in_doubt for ticket in shop.tickets)
        difference = wallet - ledger - shop.outside
        if busy or max(shop.touched.values(), default=0) >= snapshot.asked_at:
            return
        if abs(difference) <= TOLERANCE:
            if shop.stirred and not self.money.is_due:  # what others paid adds up
                shop.outside += difference
                shop.stirred = bool(shop.foreign)
        elif shop.stirred or shop.foreign:  # somebody else's results and fees
            if difference == self._gap and not self.money.is_due:  # the history told all it knows
                shop.outside += difference
                shop.stirred = bool(shop.foreign)
            self._gap, self.is_due = difference, True
        else:
            yield Difference(
                subject="balance", ours=f"{ledger + shop.outside:.2f}", theirs=f"{wallet:.2f}",
                detail=f"{difference:+.2f} {self._quote} came or went, and no order, funding or "
                f"transfer accounts for it.",
            )  # fmt: skip

    def _modes(self, snapshot: AccountSnapshot) -> Iterator[Difference]:
        halts = []
        if snapshot.modes.position_mode == "hedge":
            halts.append(("position mode", "one-way", "hedge"))
        if snapshot.modes.multi_asset:
            halts.append(("margin assets", "USDT alone", "multi-assets mode"))
        self._shop.halt = " and ".join(theirs for _, _, theirs in halts)
        for subject, ours, theirs in halts:
            detail = "It was changed at the exchange: no entry is made until it is changed back."
            yield Difference(subject=subject, ours=ours, theirs=theirs, detail=detail)

    def _keep(self, found: Sequence[Difference]) -> None:
        """Show and alert what was seen twice in a row; forget what is over."""
        before, self._seen = self._seen, {}
        now, lasting = self._shop.now, []
        for difference in found:
            known, times, since = before.pop(difference.subject, (None, 0, now))
            times, since = (times + 1, since) if known == difference else (1, now)
            self._seen[difference.subject] = (difference, times, since)
            if times >= TWICE and now - since >= LASTING_MS.get(difference.subject, 0):
                lasting.append(difference)
                self._alert(difference)
            else:
                self.is_due = True
        for subject in before:
            self._shop.unsay(f"difference:{subject}")
        self.differences = lasting

    def _alert(self, difference: Difference) -> None:
        self._shop.say(
            Said(
                level="error",
                code="real_difference",
                title=f"The exchange says something else: {difference.subject}",
                detail=f"Ours {difference.ours}, theirs {difference.theirs}. {difference.detail}",
                key=f"difference:{difference.subject}",
            )
        )

    def save(self) -> dict[str, Any]:
        """Return what a restart needs, JSON-able."""
        outside = self._shop.outside
        return {
            "outside": None if outside is None else str(outside),
            "foreign": {symbol: str(qty) for symbol, qty in self._shop.foreign.items()},
            "stirred": self._shop.stirred,
            "since": self.since,
            "money": self.money.save(),
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Take back what `save` returned; entries wait for the first comparison all the same."""
        outside = saved.get("outside")
        self._shop.outside = None if outside is None else Decimal(outside)
        foreign: Mapping[str, str] = saved.get("foreign", {})
        self._shop.foreign = {symbol: Decimal(qty) for symbol, qty in foreign.items()}
        self._shop.stirred = saved.get("stirred", False)
        self.since = saved.get("since", 0)
        self.money.load(saved.get("money", {}))


def _orphan(order: RealOrder) -> Difference:
    return Difference(
        subject=f"order {order.client_id}", ours="none",
        theirs=f"{order.side} {order.qty:f} {order.symbol}",
        detail="It bears our mark and our books do not know it. Cancel it at the exchange.",
    )  # fmt: skip
