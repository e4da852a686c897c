"""Which facts people are told of: at most one row of the outbox for each."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from core.alerts import CODES, LEVELS, Alarm, AlertType, Level
from runner.payloads import Data
from store.outbox import OutboxRow

# Where an alert that names no place of its own is looked at.
PLACES: Final[Mapping[AlertType, str]] = {
    **dict.fromkeys(AlertType, "alerts"),
    AlertType.SIGNAL: "signals",
    AlertType.DRAWDOWN: "performance",
    AlertType.DAILY_LOSS: "performance",
    AlertType.FEED_STALE: "system",
    AlertType.ENGINE: "system",
    AlertType.RECONCILIATION: "system",
    AlertType.MODEL_COST: "system",
    AlertType.SYSTEM: "system",
}

_EXITS: Final = {
    "stop": AlertType.STOP_HIT,
    "target": AlertType.TARGET_HIT,
    "liquidation": AlertType.LIQUIDATION_NEAR,
}


def row_of(kind: str, body: Data, about: Data, alarm: Alarm | None = None) -> OutboxRow | None:
    """Return what is told of a fact, None of one that is nobody's business.

    Args:
        kind: the fact's type.
        body: its payload.
        about: what every row says too, such as the market's badge.
        alarm: what it is about, of an ``alert_raised``.
    """
    make = _MAKERS.get(kind)
    row = None if make is None else make(body, alarm)
    if row is None:
        return None
    alert_type, level, link, owner = row
    amount = body.get("amount")
    return OutboxRow(
        fact_id=body["fact_id"], at=body["at"], type=alert_type.value, level=level.value,
        owner=owner, symbol=_of(body, alarm, "symbol"), strategy=_of(body, alarm, "strategy"),
        title=body["title"], detail=_detail(body), link=link or PLACES[alert_type],
        amount=None if amount is None else Decimal(str(amount)), data={**body, **about},
    )  # fmt: skip


def symbol_link(symbol: str) -> str:
    """Return the word that opens *symbol* on the page."""
    return f"symbol_{symbol.replace('/', '')}"


_Row = tuple[AlertType, Level, str, str]


def _filled(body: Data, _: Alarm | None) -> _Row:
    return AlertType.FILL, Level.INFO, f"position_{body['position_id']}", ""


def _closed(body: Data, _: Alarm | None) -> _Row:
    alert_type = _EXITS.get(body["exit_reason"], AlertType.TRADE_CLOSED)
    liquidated = alert_type is AlertType.LIQUIDATION_NEAR
    level = Level.ERROR if liquidated else LEVELS[alert_type]
    return alert_type, level, f"trade_{body['id']}", ""


def _refused(body: Data, _: Alarm | None) -> _Row:
    return AlertType.ORDER_REFUSED, Level.WARN, symbol_link(body["symbol"]), ""


def _funding(body: Data, _: Alarm | None) -> _Row:
    return AlertType.FUNDING, Level.INFO, f"position_{body['position_id']}", ""


def _signal(body: Data, _: Alarm | None) -> _Row | None:
    if body["decision"] not in {"traded", "closed"}:
        return None
    return AlertType.SIGNAL, Level.INFO, "signals", ""


def _alert(body: Data, alarm: Alarm | None) -> _Row:
    alert_type = CODES.get(body["code"], AlertType.SYSTEM)
    link, owner = (alarm.link, alarm.owner) if alarm else ("", "")
    return alert_type, Level(body["level"]), link, owner


_MAKERS: Final[Mapping[str, Callable[[Data, Alarm | None], _Row | None]]] = {
    "order_filled": _filled,
    "trade_closed": _closed,
    "order_refused": _refused,
    "funding_paid": _funding,
    "signal_raised": _signal,
    "alert_raised": _alert,
}


def _of(body: Data, alarm: Alarm | None, name: str) -> str:
    return str(getattr(alarm, name) if alarm else body.get(name, ""))


def _detail(body: Mapping[str, Any]) -> str:
    """Return the fact's detail; a signal says why."""
    told = body.get("detail")
    return str(told if told is not None else f"{body['strategy']}, {body['reason']}")
