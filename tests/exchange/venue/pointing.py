"""Point an unmodified ccxt exchange at a venue."""

import re
from typing import Any, Final

_HOST: Final = re.compile(r"^(http|ws)s?://[^/]+")


def point(exchange: Any, url: str) -> Any:
    """Replace every host in the addresses of *exchange* by that of *url*; return *exchange*."""
    host = url.partition("://")[2]

    def moved(addresses: Any) -> Any:
        if isinstance(addresses, dict):
            return {name: moved(one) for name, one in addresses.items()}
        return _HOST.sub(rf"\1://{host}", addresses) if isinstance(addresses, str) else addresses

    exchange.urls["api"] = moved(exchange.urls["api"])
    exchange.options["fetchCurrencies"] = False
    return exchange
