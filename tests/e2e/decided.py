"""Stored signals of the last hours with the decisions on them, two strategies taking turns."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from core.market import MINUTE_MS
from infra.settings import Settings
from store.accounts import find_or_create_account
from store.database import Database
from store.records import SignalRow, TheoryRow
from store.writer import Batch, Writer
from tests.e2e import scene

# Minutes ago, action, decision, gate with value and limit: the newest first.
TAKEN: list[tuple[int, str, str, str, float | None, float | None, str]] = [
    (3, "hold", "held", "confidence", 0.18, 0.25, "Not traded: confidence 0.18 is below 0.25"),
    (18, "sell", "refused", "max_positions", 3, 3, "Not traded: 3 positions are open, limit 3"),
    (33, "buy", "traded", "", None, None, "An entry was sent"),
    (48, "hold", "held", "", None, None, "no edge after costs"),
    (63, "sell", "closed", "", None, None, "The position was closed"),
    (78, "hold", "held", "", None, None, "no edge after costs"),
    (200, "buy", "refused", "exposure", 120, 100, "Not traded: exposure would be 120%"),
]
PARTS = [
    {"name": "momentum", "score": 0.6, "weight": 0.5, "contribution": 0.3, "text": "it rises"},
    {"name": "entropy", "score": -0.5, "weight": 0.2, "contribution": -0.1, "text": "noise"},
]


def store_signals(data_dir: Path, now: int, led_to: str = "") -> None:
    """Store them; the one that was traded led to the trade *led_to*, and bears its id."""
    database = Database(Settings(data_dir=data_dir).database)
    account = find_or_create_account(database, "test", Decimal(10000), now=1)
    signals = [_signal(number, now, led_to) for number in range(len(TAKEN))]
    theories = [_theory(part, led_to, now) for part in PARTS] if led_to else []
    Writer(database, account.id).commit(Batch(signals=signals, theories=theories))
    database.close()


def _signal(number: int, now: int, led_to: str) -> SignalRow:
    minutes, action, decision, gate, value, threshold, why = TAKEN[number]
    traded = decision == "traded"
    levels: dict[str, Any] = (
        {
            "stop_price": Decimal("3060.5"), "target_price": Decimal(3190),
            "expected_pct": 0.31, "expected_pnl": Decimal("4.2"),
        }
        if traded
        else dict.fromkeys(("stop_price", "target_price", "expected_pct", "expected_pnl"))
    )  # fmt: skip
    return SignalRow(
        id=led_to if traded and led_to else f"signal-{number}", at=now - minutes * MINUTE_MS,
        strategy=("full_math", "trend")[number % 2], symbol=(scene.ETH, scene.BTC)[number % 2],
        action=action, confidence=round(0.18 + 0.1 * number, 2), price=Decimal("3112.65"),
        decision=decision, gate=gate, value=value, threshold=threshold, why=why,
        position_id=led_to if traded else "",
        detail={"reasons": ["momentum agrees", "the regime is calm"], "parts": PARTS}, **levels,
    )  # fmt: skip


def _theory(part: dict[str, Any], trade_id: str, now: int) -> TheoryRow:
    return TheoryRow(
        trade_id=trade_id, theory=part["name"], strategy="full_math", symbol=scene.ETH,
        opened_at=now - 60 * MINUTE_MS, closed_at=now - 30 * MINUTE_MS, score=part["score"],
        weight=part["weight"], net_pnl=Decimal("12.2"), hit=part["score"] > 0,
    )  # fmt: skip
