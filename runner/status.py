"""What the engine says of itself: its status, its market's badge, who paused it."""

from dataclasses import dataclass
from typing import Any

from utils.version import VERSION


@dataclass(slots=True)
class Status:
    """The engine state's parts that do not come from the ledger or the market.

    ``blocked`` is why trading waits for the store, a sentence; empty when it does not.
    ``broker`` is who carries orders out: paper, watch, testnet or live.
    """

    market: str
    badge: str
    market_id: str
    currency: str
    started_at: int
    speed: float | None
    status: str
    note: str = ""
    progress_pct: float | None = None
    stops_held_by: str = "engine"
    blocked: str = ""
    broker: str = "paper"

    def payload(self, at: int, paused_by: str | None, paused_at: int | None) -> dict[str, Any]:
        """Return the payload of the engine state."""
        return {
            "at": at,
            "status": "blocked" if self.blocked else self.status,
            "market": self.market,
            "badge": self.badge,
            "market_id": self.market_id,
            "speed": self.speed,
            "note": self.blocked or self.note,
            "paused": paused_by is not None,
            "paused_by": paused_by,
            "paused_at": paused_at,
            "progress_pct": self.progress_pct,
            "stops_held_by": self.stops_held_by,
            "started_at": self.started_at,
            "version": VERSION,
            "currency": self.currency,
            "broker": self.broker,
        }
