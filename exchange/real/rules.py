"""The trading rules of a market, as far as the exchange tells them to us."""

import logging
from typing import Any, Final

from core.market import Instrument
from exchange.real.client import BINANCE, ExchangeClient
from exchange.real.decode import instrument
from exchange.real.errors import ExchangeError

log: Final = logging.getLogger(__name__)


async def rules_of(client: ExchangeClient, name: str) -> Instrument:
    """Return the rules of the market that ccxt calls *name*.

    The tiers of leverage are asked for where that needs no keys, or there are some. Otherwise,
    and when they are refused, those of `exchange.instruments` are supposed.
    """
    market = client.api.markets[name]
    tiers: list[Any] = []
    if market.get("swap"):
        try:
            tiers = await _tiers(client, name)
        except ExchangeError as error:
            log.warning("Leverage tiers of %s are supposed: %s", name, error)
    return instrument(market, tiers, client.api.precisionMode)


async def _tiers(client: ExchangeClient, name: str) -> list[Any]:
    has = client.api.has
    if client.venue.id in BINANCE and not client.api.apiKey:
        return []
    if has.get("fetchMarketLeverageTiers") is True:
        return list(await client.call("fetch_market_leverage_tiers", name))
    if has.get("fetchLeverageTiers") and client.api.apiKey:
        return list((await client.call("fetch_leverage_tiers", [name])).get(name, []))
    return []
