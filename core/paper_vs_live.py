"""The same orders carried out twice, live and on paper: what the difference comes to.

A round trip has two legs, one of each kind. Slippage is what fills cost against the price that was
aimed at, in basis points of it, adverse when positive; the aim is the same for both. P&L is net:
what was sold less what was bought, less fees, plus funding. Where the legs differ in size, because
the exchange filled a part, the paper leg's figures are scaled to the live one's size.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from core.arithmetic import truncate8
from core.orders import Fill, FundingCharged, Side

ZERO: Final = Decimal(0)
BPS: Final = Decimal(10_000)
ROWS: Final = 20
WAITS: Final = 500


class Leg(msgspec.Struct):
    """One way in which a round trip was made; ``flow`` is what was sold less what was bought."""

    entered: Decimal = ZERO
    held: Decimal = ZERO
    flow: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    lost: Decimal = ZERO
    aimed: Decimal = ZERO

    def fill(self, fill: Fill, aim: Decimal) -> None:
        """Take an execution that went for the price *aim*."""
        signed = fill.side.sign * fill.qty
        self.entered += ZERO if fill.reduce_only else fill.qty
        self.held += signed
        self.flow -= signed * fill.price
        self.fees += fill.fee
        self.lost += signed * (fill.price - aim)
        self.aimed += fill.qty * aim

    @property
    def is_over(self) -> bool:
        """Return whether it was entered and is flat again."""
        return self.entered > 0 and not self.held

    @property
    def pnl(self) -> Decimal:
        """Return the net result; of a leg that is over."""
        return self.flow - self.fees + self.funding

    @property
    def slippage_bps(self) -> Decimal | None:
        """Return what it lost against what it aimed at, None before the first fill."""
        return self.lost / self.aimed * BPS if self.aimed else None


class Round(msgspec.Struct):
    """A round trip under way; ``latency_ms`` is of its entry, None before that is filled."""

    symbol: str
    strategy: str
    side: Side
    live: Leg = msgspec.field(default_factory=Leg)
    paper: Leg = msgspec.field(default_factory=Leg)
    latency_ms: int | None = None
    closed_at: int = 0


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A round trip that both have closed; money in quote."""

    id: str
    symbol: str
    strategy: str
    side: Side
    closed_at: int
    live_pnl: Decimal
    paper_pnl: Decimal
    fee_live: Decimal
    fee_paper: Decimal
    slippage_live_bps: Decimal | None = None
    slippage_paper_bps: Decimal | None = None
    latency_ms: int | None = None


class Sums(msgspec.Struct):
    """What all pairs come to; ``told_…`` count those whose slippage is known."""

    trades: int = 0
    live_pnl: Decimal = ZERO
    paper_pnl: Decimal = ZERO
    fee_live: Decimal = ZERO
    fee_paper: Decimal = ZERO
    slippage_live_bps: Decimal = ZERO
    slippage_paper_bps: Decimal = ZERO
    told_live: int = 0
    told_paper: int = 0

    def add(self, pair: Pair) -> None:
        """Take one more."""
        self.trades += 1
        self.live_pnl += pair.live_pnl
        self.paper_pnl += pair.paper_pnl
        self.fee_live += pair.fee_live
        self.fee_paper += pair.fee_paper
        if pair.slippage_live_bps is not None:
            self.slippage_live_bps += pair.slippage_live_bps
            self.told_live += 1
        if pair.slippage_paper_bps is not None:
            self.slippage_paper_bps += pair.slippage_paper_bps
            self.told_paper += 1


class Comparison(msgspec.Struct):
    """All round trips, open and over; it is saved and loaded whole.

    ``rows`` are the newest pairs, oldest first; ``waits`` the newest latencies in ms.
    """

    rounds: dict[str, Round] = msgspec.field(default_factory=dict)
    rows: list[Pair] = msgspec.field(default_factory=list)
    waits: list[int] = msgspec.field(default_factory=list)
    sums: Sums = msgspec.field(default_factory=Sums)

    def live(self, fill: Fill, aim: Decimal, waited_ms: int | None) -> None:
        """Take a live execution, *waited_ms* after its order was sent if that is known."""
        found = self._round(fill)
        if found is None:
            return
        found.live.fill(fill, aim)
        found.closed_at = fill.at
        if waited_ms is not None:
            self.waits = [*self.waits, max(0, waited_ms)][-WAITS:]
            if found.latency_ms is None and not fill.reduce_only:
                found.latency_ms = max(0, waited_ms)
        self._close(fill.position_id)

    def paper(self, fill: Fill, aim: Decimal) -> None:
        """Take an execution on paper."""
        found = self._round(fill)
        if found is not None:
            found.paper.fill(fill, aim)
            self._close(fill.position_id)

    def funded(self, charge: FundingCharged, *, live: bool) -> None:
        """Take a funding payment of either leg."""
        found = self.rounds.get(charge.position_id)
        if found is not None:
            leg = found.live if live else found.paper
            leg.funding += charge.amount

    def forget(self, position_id: str) -> None:
        """Leave a round trip out that one of the two never entered."""
        self.rounds.pop(position_id, None)

    def latency_ms(self, percent: int) -> int | None:
        """Return the latency that *percent* of the orders do not pass, None without any."""
        ordered = sorted(self.waits)
        place = -(-len(ordered) * percent // 100) - 1
        return ordered[max(0, place)] if ordered else None

    def _round(self, fill: Fill) -> Round | None:
        """Return the round trip of *fill*, a new one for an entry; None if it was not followed."""
        found = self.rounds.get(fill.position_id)
        if found is None and not fill.reduce_only:
            found = Round(symbol=fill.symbol, strategy=fill.strategy, side=fill.side)
            self.rounds[fill.position_id] = found
        return found

    def _close(self, position_id: str) -> None:
        found = self.rounds[position_id]
        if found.live.is_over and found.paper.is_over:
            del self.rounds[position_id]
            pair = _pair(position_id, found)
            self.sums.add(pair)
            self.rows = [*self.rows, pair][-ROWS:]


def _pair(position_id: str, found: Round) -> Pair:
    live, paper = found.live, found.paper
    scale = live.entered / paper.entered
    return Pair(
        id=position_id, symbol=found.symbol, strategy=found.strategy, side=found.side,
        closed_at=found.closed_at, live_pnl=truncate8(live.pnl),
        paper_pnl=truncate8(paper.pnl * scale), fee_live=truncate8(live.fees),
        fee_paper=truncate8(paper.fees * scale), slippage_live_bps=_short(live.slippage_bps),
        slippage_paper_bps=_short(paper.slippage_bps), latency_ms=found.latency_ms,
    )  # fmt: skip


def _short(bps: Decimal | None) -> Decimal | None:
    return None if bps is None else truncate8(bps)


def figures(comparison: Comparison, at: int) -> dict[str, Any]:
    """Return what the pairs come to, in the words of the event ``paper_vs_live``, exactly."""
    sums = comparison.sums
    some = sums.trades > 0
    return {
        "at": at,
        "trades": sums.trades,
        "live_pnl": sums.live_pnl if some else None,
        "paper_pnl": sums.paper_pnl if some else None,
        "difference": sums.live_pnl - sums.paper_pnl if some else None,
        "slippage_live_bps": _mean(sums.slippage_live_bps, sums.told_live),
        "slippage_paper_bps": _mean(sums.slippage_paper_bps, sums.told_paper),
        "latency_ms_p50": comparison.latency_ms(50),
        "latency_ms_p95": comparison.latency_ms(95),
        "fee_live": sums.fee_live if some else None,
        "fee_paper": sums.fee_paper if some else None,
        "rows": _rows(comparison.rows),
    }


def _mean(total: Decimal, count: int) -> Decimal | None:
    return total / count if count else None


def _rows(pairs: Sequence[Pair]) -> list[Mapping[str, Any]]:
    return [
        {
            "id": pair.id,
            "symbol": pair.symbol,
            "strategy": pair.strategy,
            "side": "long" if pair.side is Side.BUY else "short",
            "closed_at": pair.closed_at,
            "live_pnl": pair.live_pnl,
            "paper_pnl": pair.paper_pnl,
            "slippage_live_bps": pair.slippage_live_bps,
            "slippage_paper_bps": pair.slippage_paper_bps,
            "latency_ms": pair.latency_ms,
        }
        for pair in reversed(pairs)
    ]
