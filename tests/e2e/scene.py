"""A plausible account with two positions, as an engine would tell it, for tests of the page."""

from typing import Any

from core.market import MINUTE_MS

Data = dict[str, Any]

BTC, ETH, SOL = "BTC/USDT", "ETH/USDT", "SOL/USDT"
PRICES = {BTC: 64212.4, ETH: 3112.65, SOL: 146.05}
DECIMALS = {BTC: (1, 3), ETH: (2, 2), SOL: (2, 0)}
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def engine(at: int, **changes: Any) -> Data:
    """Return the engine's state."""
    return {
        "at": at, "status": "running", "market": "simulated", "badge": "SIMULATED",
        "market_id": "test", "speed": 1.0, "note": "", "paused": False, "paused_by": None,
        "paused_at": None, "progress_pct": None, "stops_held_by": "engine",
        "started_at": at - DAY_MS, "version": "0.1.0", "currency": "USDT", "broker": "paper",
        **changes,
    }  # fmt: skip


def feed(at: int, **changes: Any) -> Data:
    """Return the feed's state."""
    return {
        "at": at, "status": "live", "last_message_at": at, "stale_after_ms": 600_000,
        "refused": 0, "refused_note": "", **changes,
    }  # fmt: skip


def account(at: int, **changes: Any) -> Data:
    """Return the account's state."""
    return {
        "at": at, "currency": "USDT", "initial_balance": 10000.0, "balance": 10394.62,
        "equity": 10443.26, "unrealized_pnl": 48.64, "realized_pnl": 394.62,
        "realized_pnl_today": 96.4, "day_open_equity": 10311.08,
        "day_open_at": at // DAY_MS * DAY_MS, "pnl_today": 132.18, "pnl_today_pct": 1.282,
        "roi_pct": 4.4326, "margin_used": 1212.0, "margin_used_pct": 11.6, "available": 9182.0,
        "positions": 2, "closed_trades": 128, "wins": 75, "losses": 50, "breakevens": 3,
        "win_rate_pct": 58.5938, "win_rate_reason": "", "fees": 61.2, "funding": -3.1,
        "max_drawdown_pct": 2.83, "started_at": at - 23 * DAY_MS, **changes,
    }  # fmt: skip


def price(at: int, symbol: str, last: float | None = None) -> Data:
    """Return the price of *symbol*."""
    value = PRICES[symbol] if last is None else last
    return {
        "at": at, "symbol": symbol, "last": value, "bid": value, "ask": value,
        "mark_price": value, "change_24h_pct": 1.24, "open_time": at // MINUTE_MS * MINUTE_MS,
        "open": value, "high": value, "low": value, "volume": 12.5,
        "index_price": None,
    }  # fmt: skip


def stats(at: int, symbol: str) -> Data:
    """Return the rules and the day of *symbol*."""
    price_decimals, qty_decimals = DECIMALS[symbol]
    return {
        "at": at, "symbol": symbol, "base": symbol.partition("/")[0],
        "price_decimals": price_decimals, "qty_decimals": qty_decimals, "max_leverage": 50,
        "high_24h": PRICES[symbol] * 1.02, "low_24h": PRICES[symbol] * 0.98, "volume_24h": 1200.0,
        "funding_rate": 0.0001, "next_funding_at": at + HOUR_MS,
        "spark": [PRICES[symbol] * (1 + n % 7 / 500) for n in range(48)],
        "quote_volume_24h": None, "day_told_by": "candles",
    }  # fmt: skip


def position(at: int, position_id: str = "p1", **changes: Any) -> Data:
    """Return an open position: a BTC long unless changed."""
    return {
        "at": at, "id": position_id, "symbol": BTC, "side": "long", "strategy": "trend",
        "qty": 0.042, "entry_price": 63480.0, "mark_price": 64212.4, "leverage": 5,
        "notional": 2696.92, "margin": 533.23, "unrealized_pnl": 30.76, "roe_pct": 5.77,
        "margin_ratio_pct": 1.91,
        "realized_pnl": 0.0, "fees": 1.33, "funding": 0.0, "liquidation_price": 50988.0,
        "liquidation_distance_pct": 20.59, "stop_price": 62850.0, "target_price": 65000.0,
        "stop_order_id": "o1", "target_order_id": "o2", "opened_at": at - 192 * MINUTE_MS,
        **changes,
    }  # fmt: skip


SHORT = {
    "symbol": ETH, "side": "short", "qty": 1.2, "entry_price": 3148.2, "mark_price": 3112.65,
    "leverage": 8, "unrealized_pnl": 42.66, "roe_pct": 9.03, "liquidation_price": 3527.61,
    "margin_ratio_pct": 2.59,
    "liquidation_distance_pct": 13.3, "stop_price": 3182.0, "target_price": 3060.0,
    "stop_order_id": "o3", "target_order_id": None,
}  # fmt: skip


def order(at: int, order_id: str, **changes: Any) -> Data:
    """Return a resting order: the stop of the BTC long unless changed."""
    return {
        "fact_id": f"f-{order_id}", "kind": "order_placed", "at": at, "id": order_id,
        "position_id": "p1", "strategy": "trend", "symbol": BTC, "side": "sell", "type": "stop",
        "role": "stop", "qty": 0.042, "filled_qty": 0.0, "price": None, "trigger_price": 62850.0,
        "reduce_only": True, "leverage": 5, "status": "open", "created_at": at, **changes,
    }  # fmt: skip


def trade_closed(at: int, position_id: str = "p1", **changes: Any) -> Data:
    """Return the end of a position."""
    return {
        "fact_id": f"t-{position_id}", "kind": "trade_closed", "at": at,
        "title": "Target hit, BTC long closed", "detail": "trend, held 3h 12m", "amount": 27.9,
        "id": position_id, "symbol": BTC, "strategy": "trend", "side": "long", "leverage": 5,
        "qty": 0.042, "entry_price": 63480.0, "exit_price": 64212.4, "opened_at": at - HOUR_MS,
        "closed_at": at, "gross_pnl": 30.76, "fees": 2.86, "funding": 0.0, "net_pnl": 27.9,
        "roe_pct": 5.2, "exit_reason": "target", "mae": -8.0, "mfe": 31.0, **changes,
    }  # fmt: skip


def refusal(at: int, fact_id: str = "r1", **changes: Any) -> Data:
    """Return an order that was not taken."""
    return {
        "fact_id": fact_id, "kind": "order_refused", "at": at, "title": "ETH buy entry not taken",
        "detail": "trend, volatility 0.82 over limit 0.75", "amount": None, "strategy": "trend",
        "symbol": ETH, "side": "buy", "qty": 0.5, "gate": "volatility", "value": 0.82,
        "limit": 0.75, **changes,
    }  # fmt: skip


def signal(at: int, signal_id: str = "s1", **changes: Any) -> Data:
    """Return a signal with the decision on it: ETH held for want of an edge unless changed."""
    signal = {
        "fact_id": f"signal:{signal_id}", "kind": "signal_raised", "at": at - 40_000,
        "title": "Hold ETH", "id": signal_id, "strategy": "trend", "symbol": ETH,
        "action": "hold", "confidence": 0.31, "price": PRICES[ETH], "stop_price": None,
        "target_price": None, "expected_pct": None, "expected_pnl": None, "reason": "no edge",
        "decision": "held", "why": "no edge", "gate": "", "value": None, "limit": None,
        "position_id": "", **changes,
    }  # fmt: skip
    return {**signal, "key": f"{signal['strategy']}:{signal['symbol']}"}


def strategy(at: int, name: str = "trend", **changes: Any) -> Data:
    """Return a strategy with its sub-account."""
    return {
        "at": at, "id": name, "status": "trading", "note": "", "initial_balance": 5000.0,
        "balance": 5197.31, "equity": 5221.63, "net_pnl": 221.63, "roi_pct": 4.4326,
        "positions": 1, "closed_trades": 67, "wins": 47, "losses": 20, "breakevens": 0,
        "win_rate_pct": 70.1493, "max_drawdown_pct": 2.2, "model": "",
        "model_cost_today_usd": None, "model_cost_limit_usd": None, **changes,
    }  # fmt: skip


OFF = {
    "status": "off", "note": "DEEPSEEK_API_KEY is not set", "initial_balance": 0.0,
    "balance": 0.0, "equity": 0.0, "net_pnl": 0.0, "roi_pct": None, "positions": 0,
    "closed_trades": 0, "wins": 0, "losses": 0, "win_rate_pct": None, "max_drawdown_pct": 0.0,
    "model": "deepseek-chat", "model_cost_today_usd": 0.42, "model_cost_limit_usd": 1.0,
}  # fmt: skip


def stream(at: int, name: str = "trades BTC/USDT", **changes: Any) -> Data:
    """Return a stream of the exchange that works."""
    kind, _, symbol = name.partition(" ")
    return {
        "at": at, "name": name, "kind": kind, "symbol": symbol, "state": "live", "last_at": at,
        "rate_per_s": 12.0, "messages": 4321, "reconnects": 2, "gaps": 1, "duplicates": 0,
        "error": "", **changes,
    }  # fmt: skip


def venue(at: int, **changes: Any) -> Data:
    """Return an exchange that answers."""
    return {
        "at": at, "exchange": "binanceusdm", "mode": "paper", "reachable": True, "skew_ms": 1270,
        "round_trip_ms": 84, "used_weight": 45, "weight_limit": 2400, "banned_until": None,
        "note": "", "retry": None, "connections": 6, "garbled": 0, **changes,
    }  # fmt: skip


def real_account(at: int, **changes: Any) -> Data:
    """Return an account at the exchange, where somebody else trades as well."""
    ours = {
        "symbol": BTC, "side": "long", "qty": 0.042, "entry_price": 63480.0,
        "mark_price": 64212.4, "leverage": 5, "margin_mode": "isolated", "unrealized_pnl": 30.76,
        "liquidation_price": 50988.0, "ours": True,
    }  # fmt: skip
    theirs = {
        **ours, "symbol": "DOGE/USDT", "side": "short", "qty": 1500.0, "entry_price": 0.1421,
        "mark_price": 0.1433, "unrealized_pnl": -1.8, "liquidation_price": None, "ours": False,
    }  # fmt: skip
    stop = {
        "id": "x1", "symbol": BTC, "side": "sell", "type": "stop", "qty": 0.042, "filled_qty": 0.0,
        "price": None, "trigger_price": 62850.0, "reduce_only": True, "status": "open",
        "created_at": at - HOUR_MS, "ours": True,
    }  # fmt: skip
    limit = {
        **stop, "id": "x2", "symbol": "DOGE/USDT", "side": "buy", "type": "limit", "qty": 1500.0,
        "price": 0.135, "trigger_price": None, "ours": False,
    }  # fmt: skip
    difference = {
        "subject": "ETH/USDT position",
        "ours": "1.20 long",
        "theirs": "nothing",
        "detail": "It was closed at the exchange while the engine was away.",
    }
    return {
        "at": at, "exchange": "binanceusdm", "mode": "live", "wallet_balance": 1204.5,
        "available": 671.3, "unrealized_pnl": 28.96, "margin_balance": 1233.46,
        "positions": [ours, theirs], "orders": [stop, limit], "differences": [difference],
        "checked_at": at - 20_000, "position_mode": "one_way", "note": "", "multi_asset": False,
        "bnb_fees": False, "balances": [{"asset": "USDT", "wallet": 1204.5, "available": 671.3}],
        **changes,
    }  # fmt: skip


def paper_vs_live(at: int, **changes: Any) -> Data:
    """Return how paper did beside live over two trades."""
    row = {
        "id": "t1", "symbol": BTC, "strategy": "trend", "side": "long", "closed_at": at - HOUR_MS,
        "live_pnl": 11.2, "paper_pnl": 12.9, "slippage_live_bps": 2.1, "slippage_paper_bps": 0.9,
        "latency_ms": 143,
    }  # fmt: skip
    other = {**row, "id": "t2", "symbol": ETH, "side": "short", "live_pnl": -3.1, "paper_pnl": -3.4}
    return {
        "at": at, "trades": 2, "live_pnl": 8.1, "paper_pnl": 9.5, "difference": -1.4,
        "slippage_live_bps": 2.1, "slippage_paper_bps": 0.9, "latency_ms_p50": 143,
        "latency_ms_p95": 310, "fee_live": 1.21, "fee_paper": 1.18, "rows": [row, other],
        **changes,
    }  # fmt: skip
