"""Event payloads as ``core/events.json`` names them, made from the engine's own objects.

This is the border where `Decimal` becomes a JSON number: at most 8 decimals, never -0.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from core.arithmetic import notional
from core.ledger import Position
from core.margin import liquidation_price, margin_ratio
from core.market import MINUTE_MS, Bar, DayStats, Instrument
from core.orders import Fill, FundingCharged, Order, OrderRole, OrderType
from core.trades import Trade
from runner.board import Market
from store.records import AnomalyRow, SignalRow
from store.writer import EquityPoint

Data = dict[str, Any]
ONE = Decimal(1)
_SPARK = 48
_DAY_LIFE_MS = 5 * MINUTE_MS


def num(value: Decimal) -> float:
    """Return *value* as a JSON number with at most 8 decimals."""
    return round(float(value), 8) + 0.0


def maybe(value: Decimal | None) -> float | None:
    """Return `num` of *value*, or None."""
    return None if value is None else num(value)


def rough(value: Decimal | None) -> float | None:
    """Return *value* for people to read: at most 4 decimals, or None."""
    return None if value is None else round(float(value), 4) + 0.0


def pct(part: Decimal, whole: Decimal) -> float:
    """Return 100 · part ÷ whole with 4 decimals, or 0 of nothing."""
    return round(float(100 * part / whole), 4) + 0.0 if whole else 0.0


def signal(row: SignalRow, title: str) -> Data:
    """Return the payload of signal_raised."""
    return {
        "fact_id": f"signal:{row.id}",
        "kind": "signal_raised",
        "at": row.at,
        "title": title,
        "id": row.id,
        "key": f"{row.strategy}:{row.symbol}",
        "strategy": row.strategy,
        "symbol": row.symbol,
        "action": row.action,
        "confidence": row.confidence,
        "price": num(row.price),
        "stop_price": maybe(row.stop_price),
        "target_price": maybe(row.target_price),
        "expected_pct": row.expected_pct,
        "expected_pnl": maybe(row.expected_pnl),
        "reason": row.detail["reasons"][0],
        "decision": row.decision,
        "why": row.why,
        "gate": row.gate,
        "value": row.value,
        "limit": row.threshold,
        "position_id": row.position_id,
    }


def anomaly(row: AnomalyRow) -> Data:
    """Return the payload of anomaly_detected."""
    return {
        "fact_id": f"anomaly:{row.id}",
        "at": row.at,
        "id": row.id,
        "symbol": row.symbol,
        "measure": row.measure,
        "value": row.value,
        "usual": row.usual,
        "deviation": row.deviation,
        "z": row.z,
        "severity": row.severity,
        "title": row.title,
        "detail": row.detail,
        "did": row.did,
    }


def order(o: Order, at: int) -> Data:
    """Return the payload of order_placed and order_changed."""
    return {
        "at": at,
        "id": o.id,
        "position_id": o.position_id,
        "strategy": o.strategy,
        "symbol": o.symbol,
        "side": o.side.value,
        "type": o.type.value,
        "role": o.role.value,
        "qty": num(o.qty),
        "filled_qty": num(o.filled_qty),
        "price": maybe(o.price),
        "trigger_price": maybe(o.trigger_price),
        "reduce_only": o.reduce_only,
        "leverage": o.leverage,
        "status": o.status.value,
        "created_at": o.created_at,
    }


def order_closed(o: Order, at: int) -> Data:
    """Return the payload of order_closed."""
    return {
        "at": at,
        "id": o.id,
        "strategy": o.strategy,
        "symbol": o.symbol,
        "status": o.status.value,
        "reason": o.reason,
    }


def order_filled(fill: Fill, realized_pnl: Decimal) -> Data:
    """Return the payload of order_filled but for its words; *realized_pnl* is gross."""
    worse = (fill.price - fill.reference_price) * fill.side.sign
    return {
        "at": fill.at,
        "id": fill.id,
        "order_id": fill.order_id,
        "position_id": fill.position_id,
        "strategy": fill.strategy,
        "symbol": fill.symbol,
        "side": fill.side.value,
        "role": fill.role.value,
        "qty": num(fill.qty),
        "price": num(fill.price),
        "fee": num(fill.fee),
        "liquidity": fill.liquidity.value,
        "realized_pnl": num(realized_pnl),
        "reduce_only": fill.reduce_only,
        "leverage": fill.leverage,
        "slippage_bps": round(float(worse / fill.reference_price * 10_000), 4) + 0.0,
    }


def trade_closed(trade: Trade) -> Data:
    """Return the payload of trade_closed but for its words."""
    return {
        "at": trade.closed_at,
        "id": trade.id,
        "symbol": trade.symbol,
        "strategy": trade.strategy,
        "side": trade.side.value,
        "leverage": trade.leverage,
        "qty": num(trade.qty),
        "entry_price": num(trade.entry_price),
        "exit_price": num(trade.exit_price),
        "opened_at": trade.opened_at,
        "closed_at": trade.closed_at,
        "gross_pnl": num(trade.gross_pnl),
        "fees": num(trade.fees),
        "funding": num(trade.funding),
        "net_pnl": num(trade.net_pnl),
        "roe_pct": round(float(trade.roe_pct), 4) + 0.0,
        "exit_reason": trade.exit_reason.value,
        "mae": num(trade.mae),
        "mfe": num(trade.mfe),
    }


def funding_paid(charge: FundingCharged) -> Data:
    """Return the payload of funding_paid but for its words."""
    return {
        "at": charge.at,
        "position_id": charge.position_id,
        "strategy": charge.strategy,
        "symbol": charge.symbol,
        "rate": num(charge.rate),
        "mark_price": num(charge.mark_price),
    }


def position(p: Position, market: Market, orders: Iterable[Order], at: int) -> Data:
    """Return the payload of a position state; *orders* are those resting with the broker."""
    mark = market.mark if market.mark is not None else p.entry_price
    liquidation = liquidation_price(p, market.instrument)
    mine = [o for o in orders if o.position_id == p.id and o.reduce_only]
    stop = next((o for o in mine if o.type is OrderType.STOP), None)
    target = next((o for o in mine if o.role is OrderRole.TARGET), None)
    pnl, ratio = p.unrealized_pnl(mark), margin_ratio(p, mark, market.instrument)
    return {
        "at": at,
        "id": p.id,
        "symbol": p.symbol,
        "side": "long" if p.qty > 0 else "short",
        "strategy": p.strategy,
        "qty": num(abs(p.qty)),
        "entry_price": num(p.entry_price),
        "mark_price": num(mark),
        "leverage": p.leverage,
        "notional": num(notional(p.qty, mark)),
        "margin": num(p.margin),
        "unrealized_pnl": num(pnl),
        "roe_pct": pct(pnl, p.margin),
        "margin_ratio_pct": None if ratio is None else pct(ratio, ONE),
        "realized_pnl": num(p.realized_pnl),
        "fees": num(p.fees),
        "funding": num(p.funding),
        "liquidation_price": maybe(liquidation),
        "liquidation_distance_pct": None
        if liquidation is None
        else pct(abs(mark - liquidation), mark),
        "stop_price": maybe(stop.trigger_price) if stop else None,
        "target_price": maybe(target.trigger_price or target.price) if target else None,
        "stop_order_id": stop.id if stop else None,
        "target_order_id": target.id if target else None,
        "opened_at": p.opened_at,
    }


def candle(bar: Bar) -> Data:
    """Return the payload of candle_closed."""
    return {
        "fact_id": f"candle:{bar.symbol}:{bar.open_time}",
        "at": bar.close_time,
        "symbol": bar.symbol,
        "open_time": bar.open_time,
        "open": float(bar.open),
        "high": float(bar.high),
        "low": float(bar.low),
        "close": float(bar.close),
        "volume": float(bar.volume),
    }


def equity_point(point: EquityPoint) -> Data:
    """Return the payload of equity_point."""
    return {
        "fact_id": f"equity:{point.at}",
        "at": point.at,
        "equity": num(point.equity),
        "balance": num(point.balance),
    }


def price(market: Market) -> Data | None:
    """Return the payload of a price state, or None before the first price."""
    if market.last is None:
        return None
    bar = market.forming
    opened = bar.open_time if bar else market.at
    return {
        "at": market.at,
        "symbol": market.instrument.symbol,
        "last": num(market.last),
        "bid": num(market.bid),
        "ask": num(market.ask),
        "mark_price": num(market.mark if market.mark is not None else market.last),
        "change_24h_pct": _change_pct(market, market.last),
        "open_time": opened,
        "open": num(bar.open if bar else market.last),
        "high": num(bar.high if bar else market.last),
        "low": num(bar.low if bar else market.last),
        "volume": num(bar.volume) if bar else 0.0,
        "index_price": maybe(market.index_price),
    }


def stats(market: Market) -> Data:
    """Return the payload of a stats state."""
    bars, day = market.bars, _told_day(market)
    # On a grid of time, so that the line stays as it is until its next point.
    grid_ms = max(1, len(bars) // _SPARK) * MINUTE_MS
    rules: Instrument = market.instrument
    return {
        "at": market.at,
        "symbol": rules.symbol,
        "base": rules.base,
        "price_decimals": decimals(rules.tick_size),
        "qty_decimals": decimals(rules.step_size),
        "max_leverage": rules.max_leverage,
        **_day_figures(bars, day),
        "funding_rate": maybe(market.funding_rate),
        "next_funding_at": market.next_funding_at,
        "spark": [num(b.close) for b in bars if b.close_time % grid_ms == 0][-_SPARK:],
        "quote_volume_24h": None if day is None else maybe(day.quote_volume),
        "day_told_by": "candles" if day is None else "exchange",
    }


def _told_day(market: Market) -> DayStats | None:
    """Return what the exchange says of the last 24 hours, None if it is not of now."""
    day = market.day
    return None if day is None or market.at - day.at > _DAY_LIFE_MS else day


def _change_pct(market: Market, last: Decimal) -> float | None:
    day, day_ago = _told_day(market), market.day_ago
    if day is not None and day.change_pct is not None:
        return rough(day.change_pct)
    return None if day_ago is None else pct(last - day_ago, day_ago)


def _day_figures(bars: Sequence[Bar], day: DayStats | None) -> Data:
    if day is not None:
        high, low, volume = day.high, day.low, day.volume
    else:
        high = max((b.high for b in bars), default=None)
        low = min((b.low for b in bars), default=None)
        volume = sum((b.volume for b in bars), Decimal(0)) if bars else None
    return {"high_24h": maybe(high), "low_24h": maybe(low), "volume_24h": maybe(volume)}


def decimals(step: Decimal) -> int:
    """Return how many decimals a tick or step size has."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
