"""Limits on real orders that stand outside of every strategy and of `core.risk`.

What opens or enlarges a position passes all of them. What can only make one smaller passes the
money, the kill file and the list of symbols, but not the number of orders a minute: it waits.
"""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from core.errors import GateRefused
from core.market import DAY_MS
from core.orders import Order

ZERO: Final = Decimal(0)
MINUTE_MS: Final = 60_000
TRIO: Final = 3  # an entry brings its stop and its target along


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The limits as a person set them; notionals are in quote, no ``symbols`` means any."""

    max_order_notional: Decimal
    max_daily_notional: Decimal
    max_total_notional: Decimal
    symbols: frozenset[str]
    max_orders_a_minute: int
    kill_file: Path


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """What is at stake before an order, in quote: ``held`` in positions, ``waiting`` in entries
    that are not known to be over."""  # noqa: D205, D209

    held: Decimal
    waiting: Decimal


class Limits:
    """Says no, and counts what was sent and what was traded.

    Promise: the day's turnover is that of the stored fills (`traded` is told of each, those of
    today at the start too), so that a restart does not reset it.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self.settings = settings
        self._sent: deque[int] = deque()
        self._day = 0
        self._day_notional = ZERO

    @property
    def is_killed(self) -> bool:
        """Return whether the kill file is there; one that cannot be looked at counts as there."""
        try:
            return self.settings.kill_file.exists()
        except OSError:
            return True

    def traded(self, notional: Decimal, at: int) -> None:
        """Take note of a fill that opened or enlarged a position, at the exchange's time (ms)."""
        self._roll(at)
        if at // DAY_MS == self._day:
            self._day_notional += notional

    def today(self, now: int) -> Decimal:
        """Return what was traded since 00:00 UTC to open or enlarge positions."""
        self._roll(now)
        return self._day_notional

    def check_entry(self, order: Order, price: Decimal, exposure: Exposure, now: int) -> None:
        """Let an entry pass.

        Args:
            order: it.
            price: what a unit of it will cost at the worst that is to be expected.
            exposure: what is at stake without it.
            now: our time, ms.

        Raises:
            GateRefused: the first limit that it breaks.
        """
        refusal = next(self._refusals(order, price, exposure, now), None)
        if refusal is not None:
            raise refusal

    def _refusals(
        self, order: Order, price: Decimal, exposure: Exposure, now: int
    ) -> Iterator[GateRefused]:
        limits, notional = self.settings, order.remaining_qty * price
        if self.is_killed:
            yield GateRefused(
                f"the kill file {limits.kill_file.name} is there: remove it to trade again",
                gate="kill_file",
            )
        if limits.symbols and order.symbol not in limits.symbols:
            yield GateRefused(f"{order.symbol} is not in live.symbols", gate="live_symbols")
        for gate, what, value, limit in (
            ("order_notional", "the order is worth", notional, limits.max_order_notional),
            ("daily_notional", "the day's entries would be worth",
             self.today(now) + exposure.waiting + notional, limits.max_daily_notional),
            ("total_notional", "all positions would be worth",
             exposure.held + exposure.waiting + notional, limits.max_total_notional),
        ):  # fmt: skip
            if value > limit:
                yield GateRefused(
                    f"{what} {value:.2f}, limit {limit}", gate=gate, value=value, limit=limit
                )
        yield from self._rate(now)

    def _rate(self, now: int) -> Iterator[GateRefused]:
        used, limit = self._used(now), self.settings.max_orders_a_minute
        if used + TRIO > limit:
            yield GateRefused(
                f"{used} orders were sent within a minute, limit {limit}, and an entry needs "
                f"room for its stop and target",
                gate="orders_a_minute", value=Decimal(used), limit=Decimal(limit),
            )  # fmt: skip

    def wait_ms(self, now: int) -> int:
        """Return how long an order that must not be refused has to wait, in ms; 0 not at all."""
        if self._used(now) < self.settings.max_orders_a_minute:
            return 0
        return max(1, self._sent[0] + MINUTE_MS - now) if self._sent else MINUTE_MS

    def sent(self, now: int) -> None:
        """Take note of an order that is sent."""
        self._sent.append(now)

    def _used(self, now: int) -> int:
        while self._sent and self._sent[0] <= now - MINUTE_MS:
            self._sent.popleft()
        return len(self._sent)

    def _roll(self, at: int) -> None:
        day = at // DAY_MS
        if day > self._day:
            self._day, self._day_notional = day, ZERO
