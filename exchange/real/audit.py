"""Whether a book that was kept from changes is still the exchange's own.

A book can only be compared with an answer that was true at another moment. So only what stood
still is judged: a level of the same quantity before the question and after its answer must be in
the answer, as must be every level of the answer that we do not have.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from exchange.real.client import ExchangeClient

DEPTH: Final = 50  # levels of a side that are asked for: weight 2 at Binance
TOLERANCE: Final = 0.1  # of the compared levels: one may have changed and changed back
CATCH_UP_S: Final = 5.0
LOOK_S: Final = 0.1

Levels = dict[float, float]
Book = tuple[Levels, Levels]


async def differs(client: ExchangeClient, symbol: str) -> bool:
    """Return whether ccxt's book of *symbol* (its word) differs from the exchange's.

    A book that is not there, or was begun anew meanwhile, does not differ.

    Raises:
        ExchangeError: the exchange does not answer.
    """
    before = _copy(client, symbol)
    answer = await client.call("fetch_order_book", symbol, DEPTH)
    if not await _caught_up(client, symbol, answer.get("nonce")):
        return False
    after = _copy(client, symbol)
    if before is None or after is None:
        return False
    told = (_levels(answer["bids"]), _levels(answer["asks"]))
    wrong, compared = 0, 0
    for side in (0, 1):
        bad, looked_at = _judge(before[side], told[side], after[side])
        wrong, compared = wrong + bad, compared + looked_at
    return wrong > 1 + compared * TOLERANCE


def _judge(before: Levels, told: Levels, after: Levels) -> tuple[int, int]:
    """Return how many levels are wrong, and how many were compared."""
    if not told:
        return 0, 0
    low, high = min(told), max(told)
    still = {
        price: qty
        for price, qty in before.items()
        if after.get(price) == qty and low <= price <= high
    }
    wrong = sum(told.get(price) != qty for price, qty in still.items())
    wrong += sum(price not in before and price not in after for price in told)
    return wrong, len(still)


def _copy(client: ExchangeClient, symbol: str) -> Book | None:
    book: Mapping[str, Any] | None = (client.api.orderbooks or {}).get(symbol)
    if book is None or not book["bids"] or not book["asks"]:
        return None
    return _levels(book["bids"]), _levels(book["asks"])


def _levels(side: Sequence[Sequence[float]]) -> Levels:
    return {row[0]: row[1] for row in side}


async def _caught_up(client: ExchangeClient, symbol: str, nonce: int | None) -> bool:
    """Wait until our book is as new as the answer *nonce*; return whether it is."""
    waited_s = 0.0
    while nonce is not None:
        book = (client.api.orderbooks or {}).get(symbol)
        ours = None if book is None else book.get("nonce")
        if ours is None or waited_s >= CATCH_UP_S:
            return False
        if int(ours) >= nonce:
            return True
        await client.clock.sleep(LOOK_S)
        waited_s += LOOK_S
    return True
