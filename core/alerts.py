"""What a person can be told of: the types of alerts, how each is told unless they say otherwise.

A type is what a person switches on and off; its level is how grave one of them is.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec


class AlertType(StrEnum):
    """What an alert is about."""

    FILL = "fill"
    TRADE_CLOSED = "trade_closed"
    STOP_HIT = "stop_hit"
    TARGET_HIT = "target_hit"
    LIQUIDATION_NEAR = "liquidation_near"
    ORDER_REFUSED = "order_refused"
    SIGNAL = "signal"
    DRAWDOWN = "drawdown"
    DAILY_LOSS = "daily_loss"
    FEED_STALE = "feed_stale"
    ENGINE = "engine"
    RECONCILIATION = "reconciliation"
    NEW_SESSION = "new_session"
    FUNDING = "funding"
    ANOMALY = "anomaly"
    MODEL_COST = "model_cost"
    RULE = "rule"
    SYSTEM = "system"


class Mode(StrEnum):
    """How a person wants to hear of a type: with a sound, without one, or not at all."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


class Level(StrEnum):
    """How grave an alert is."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"


TITLES: Final[Mapping[AlertType, str]] = {
    AlertType.FILL: "Fills",
    AlertType.TRADE_CLOSED: "Trades closed",
    AlertType.STOP_HIT: "Stops hit",
    AlertType.TARGET_HIT: "Targets hit",
    AlertType.LIQUIDATION_NEAR: "Liquidation near",
    AlertType.ORDER_REFUSED: "Orders refused",
    AlertType.SIGNAL: "Signals acted on",
    AlertType.DRAWDOWN: "Drawdown",
    AlertType.DAILY_LOSS: "Daily loss",
    AlertType.FEED_STALE: "Market data stale",
    AlertType.ENGINE: "Engine away or back",
    AlertType.RECONCILIATION: "Ledger differences",
    AlertType.NEW_SESSION: "New sign-ins",
    AlertType.FUNDING: "Funding",
    AlertType.ANOMALY: "Unusual market data",
    AlertType.MODEL_COST: "Language model cost",
    AlertType.RULE: "Your own rules",
    AlertType.SYSTEM: "System",
}

DEFAULT_MODES: Final[Mapping[AlertType, Mode]] = {
    **dict.fromkeys(AlertType, Mode.ON),
    AlertType.FILL: Mode.SILENT,
    AlertType.ORDER_REFUSED: Mode.SILENT,
    AlertType.FUNDING: Mode.SILENT,
    AlertType.ANOMALY: Mode.SILENT,
    AlertType.SIGNAL: Mode.OFF,  # its fill says the same a moment later
}

# How grave one is that does not say so itself.
LEVELS: Final[Mapping[AlertType, Level]] = {
    **dict.fromkeys(AlertType, Level.INFO),
    AlertType.STOP_HIT: Level.WARN,
    AlertType.LIQUIDATION_NEAR: Level.WARN,
    AlertType.ORDER_REFUSED: Level.WARN,
    AlertType.DRAWDOWN: Level.WARN,
    AlertType.DAILY_LOSS: Level.WARN,
    AlertType.FEED_STALE: Level.WARN,
    AlertType.RECONCILIATION: Level.ERROR,
    AlertType.NEW_SESSION: Level.WARN,
    AlertType.ANOMALY: Level.WARN,
    AlertType.MODEL_COST: Level.WARN,
    AlertType.RULE: Level.WARN,
}

# What the alert codes of `alert_raised` are about; one that is not here concerns the system.
CODES: Final[Mapping[str, AlertType]] = {
    "feed_stale": AlertType.FEED_STALE,
    "feed_back": AlertType.FEED_STALE,
    "exchange_away": AlertType.FEED_STALE,
    "exchange_back": AlertType.FEED_STALE,
    "exchange_near": AlertType.FEED_STALE,
    "funding_differs": AlertType.RECONCILIATION,
    "engine_restarted": AlertType.ENGINE,
    "ledger_mismatch": AlertType.RECONCILIATION,
    **dict.fromkeys(
        (
            "real_difference",
            "foreign_position",
            "closed_elsewhere",
            "position_forced",
            "traded_beyond",
            "orphan_traded",
            "orphan_order",
            "fill_missing",
            "pnl_differs",
            "not_compared",
            "real_transfer",
            "fee_in_bnb",
        ),
        AlertType.RECONCILIATION,
    ),
    "data_refused": AlertType.ANOMALY,
    "data_believed": AlertType.ANOMALY,
    "rows_refused": AlertType.ANOMALY,
    "price_jump": AlertType.ANOMALY,
    "model_budget": AlertType.MODEL_COST,
    "liquidation_near": AlertType.LIQUIDATION_NEAR,
    "margin_call": AlertType.LIQUIDATION_NEAR,
    "drawdown": AlertType.DRAWDOWN,
    "daily_loss": AlertType.DAILY_LOSS,
    "funding_rate": AlertType.FUNDING,
    "funding_due": AlertType.FUNDING,
    "rule": AlertType.RULE,
}


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something a person should know, in words.

    ``code`` is a stable word for programs. ``link`` opens its place on the page, by default that
    of its type; ``owner`` is whom alone it concerns, empty for everybody.
    """

    level: Level
    code: str
    title: str
    detail: str = ""
    symbol: str = ""
    strategy: str = ""
    amount: Decimal | None = None
    link: str = ""
    owner: str = ""
