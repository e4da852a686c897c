"""What is kept beside the ledger: signals, what became of them, predictions, models, figures."""

from decimal import Decimal
from typing import Any

import msgspec


class SignalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A signal and the decision on it.

    ``decision`` is ``traded`` (an entry was sent), ``closed`` (an exit was sent), ``refused`` (a
    wish that a gate stopped: ``gate``, its ``value`` and ``threshold``) or ``held`` (nothing was
    wished). ``why`` says it in words. ``position_id`` is the position that was opened or closed,
    empty otherwise. ``detail`` holds ``reasons`` and ``parts``.
    """

    id: str
    at: int
    strategy: str
    symbol: str
    action: str
    confidence: float
    price: Decimal
    stop_price: Decimal | None
    target_price: Decimal | None
    expected_pct: float | None
    expected_pnl: Decimal | None
    decision: str
    gate: str
    value: float | None
    threshold: float | None
    why: str
    position_id: str
    detail: dict[str, Any]


class TheoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one part of an entry's signal said, and how the trade ended.

    ``hit`` is whether the side it leaned to was the side that made money, None when it leaned to
    none or the trade broke even.
    """

    trade_id: str
    theory: str
    strategy: str
    symbol: str
    opened_at: int
    closed_at: int
    score: float
    weight: float
    net_pnl: Decimal
    hit: bool | None


class PredictionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A prediction; ``outcome_price`` and ``rose`` are None until ``due_at`` has come."""

    id: str
    at: int
    strategy: str
    symbol: str
    model: str
    horizon_ms: int
    due_at: int
    up_probability: float
    price: Decimal
    outcome_price: Decimal | None = None
    rose: bool | None = None


class ModelScore(msgspec.Struct, frozen=True, kw_only=True):
    """How well a model did: ``kind`` is ``walk_forward`` (before it was used) or ``live``."""

    model: str
    kind: str
    at: int
    strategy: str
    samples: int
    accuracy: float | None
    brier: float | None
    baseline_accuracy: float | None
    baseline_brier: float | None
    passes: bool
    detail: dict[str, Any]


class ModelUsage(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a language model and what it cost, at the machine's own time.

    ``outcome`` is ``ok``, a gate, or ``stopped`` when the engine did not wait for the answer.
    """

    strategy: str
    at: int
    symbol: str
    model: str
    cost_usd: Decimal
    prompt_tokens: int
    completion_tokens: int
    outcome: str


class PerformancePoint(msgspec.Struct, frozen=True, kw_only=True):
    """Headline figures at a moment, of one strategy or (empty) of the whole account.

    Those of a ``symbol`` are the account's as if it had traded nothing else.
    """

    strategy: str
    symbol: str = ""
    at: int
    equity: Decimal
    balance: Decimal
    closed_trades: int
    wins: int
    losses: int
    net_pnl: Decimal
    win_rate_pct: float | None
    profit_factor: float | None
    drawdown_pct: float


class AnomalyRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something out of the ordinary: how far ``value`` was from what is ``usual``.

    ``z`` is that distance in units of ``deviation``; the words say what happened, how much it was
    against what is usual, and what the engine did.
    """

    id: str
    at: int
    symbol: str
    measure: str
    value: float
    usual: float
    deviation: float
    z: float
    severity: str
    title: str
    detail: str
    did: str


class AlertAcknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """That *actor* has seen to the alert whose id in the outbox is ``alert_id``."""

    alert_id: int
    at: int
    actor: str


class AlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of somebody's own: ``text`` is its normal form, ``cooldown_s`` its shortest pause.

    ``state`` is what it was at when it was last looked at: of each thing it is about (such as a
    position's id) 1 when it is true and was told, or the side of the level that it was on.
    """

    id: str
    owner: str
    text: str
    cooldown_s: int
    created_at: int
    created_by: str
    state: dict[str, int] = {}
    fired_at: int | None = None
    fired_count: int = 0
