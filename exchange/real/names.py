"""Symbols in our words and in ccxt's: the only place that turns one into the other."""

from collections.abc import Mapping
from typing import Any

from core.errors import ConfigError


def ours(unified: str) -> str:
    """Return ``BTC/USDT`` for ccxt's ``BTC/USDT:USDT``, and for itself.

    A contract that expires keeps that: ``BTC/USDT-260327``, for it is another market.
    """
    name, _, settled = unified.partition(":")
    expiry = settled.partition("-")[2]
    return f"{name}-{expiry}" if expiry else name


def unified(symbol: str, markets: Mapping[str, Any]) -> str:
    """Return ccxt's name of our *symbol*: the linear perpetual contract, else the spot market.

    Args:
        symbol: such as ``BTC/USDT``, or ``BTC/USDT-260327`` for a contract that expires.
        markets: ``exchange.markets`` of ccxt, loaded.

    Raises:
        ConfigError: the exchange has neither.
    """
    pair, _, expiry = symbol.partition("-")
    perpetual = f"{pair}:{pair.partition('/')[2]}"
    for name in (f"{perpetual}-{expiry}",) if expiry else (perpetual, symbol):
        if name in markets:
            return name
    raise ConfigError(
        f"the exchange has no market {symbol}: take one that it lists, such as "
        f"{', '.join(sorted({ours(name) for name in markets})[:3]) or 'none'}"
    )


def ours_of_id(market_id: str, markets_by_id: Mapping[str, Any]) -> str:
    """Return our symbol for the exchange's own id, such as ``BTCUSDT``; the id if unknown.

    Of several markets of one id (spot and perpetual) the linear contract is meant.
    """
    found = markets_by_id.get(market_id) or []
    markets = found if isinstance(found, list) else [found]
    linear = [market for market in markets if market.get("linear") and market.get("swap")]
    for market in [*linear, *markets]:
        return ours(str(market["symbol"]))
    return market_id
