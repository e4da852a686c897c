"""Takes from a client every way to change an account, so that watching cannot trade."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from exchange.real.client import BINANCE, ExchangeClient
from exchange.real.errors import Rejected

WATCHES: Final = "this deck only watches the account: nothing that changes it is sent"
# ccxt's own words for what moves money or orders, in both of its spellings
_CHANGES: Final = re.compile(
    r"(?:create|cancel|edit)_?.*orders?(?:_?ws)?$|close_?(?:all_?)?positions?$|withdraw|transfer"
    r"|set_?(?:leverage|margin|margin_?mode|position_?mode)$|(?:add|reduce|modify)_?.*margin|borrow|repay",
    re.IGNORECASE,
)
_LISTEN_KEY: Final = "/listenKey"


def forbid_trading(client: ExchangeClient) -> None:
    """Let *client* only read from now on.

    Whatever ccxt calls a change is refused; at Binance also every request that is no question,
    but for the keys of the account's stream.
    """
    api = client.api
    for name in dir(type(api)):
        if not name.startswith("_") and _CHANGES.match(name) and callable(getattr(api, name)):
            setattr(api, name, _refuse)
    if client.venue.id in BINANCE:
        _forbid_requests(api)


async def _refuse(*_: Any, **__: Any) -> None:
    raise Rejected(WATCHES)


def _forbid_requests(api: Any) -> None:
    send = api.fetch

    async def ask(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        if method != "GET" and not urlsplit(url).path.endswith(_LISTEN_KEY):
            raise Rejected(WATCHES)
        return await send(url, method, headers, body)

    api.fetch = ask
