"""Hearing that a candle is closed where ccxt keeps it to itself: Binance says so in each kline.

ccxt's structure of a candle has no room for it, so its handler is listened to; the message goes on
as it came. Without this a minute is known to be closed when the next one begins.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange.real.client import BINANCE, ExchangeClient

LISTENERS: Final = "listeners_to_closings"
FIELDS: Final = ("o", "h", "l", "c", "v")

Row = list[Any]


def hear_closings(client: ExchangeClient, name: str, take: Callable[[Row], None]) -> None:
    """Have *take* called with the row of each minute that closes on the market *name* of ccxt.

    A second listener of a market takes the place of the first; other exchanges are silent.
    """
    api = client.api
    if client.venue.id not in BINANCE or not hasattr(api, "handle_ohlcv"):
        return
    listeners: dict[str, Callable[[Row], None]] | None = getattr(api, LISTENERS, None)
    if listeners is None:
        listeners = {}
        setattr(api, LISTENERS, listeners)
        api.handle_ohlcv = _listening(api.handle_ohlcv, listeners)
    listeners[str(api.markets[name]["id"])] = take


def _listening(
    handle: Callable[[Any, Any], None], listeners: Mapping[str, Callable[[Row], None]]
) -> Callable[[Any, Any], None]:
    def heard(connection: Any, message: Any) -> None:
        row = _closed(message)
        take = listeners.get(str(message.get("s"))) if row is not None else None
        if take is not None and row is not None:
            take(row)
        handle(connection, message)

    return heard


def _closed(message: Any) -> Row | None:
    """Return the row of a closed minute that *message* of Binance tells of, if it does."""
    candle = message.get("k") if isinstance(message, Mapping) else None
    if not isinstance(candle, Mapping) or message.get("e") != "kline":
        return None
    if candle.get("x") is not True or candle.get("i") != "1m":
        return None
    return [candle.get("t"), *(candle.get(field) for field in FIELDS)]
