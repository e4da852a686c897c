import asyncio
from typing import Any

from exchange.real.client import ExchangeClient
from exchange.real.venue import Venue
from utils.clock import SystemClock


def test_a_book_forgets_no_level_however_often_it_is_watched() -> None:
    async def watched() -> list[Any]:
        client = await ExchangeClient.open(Venue("binanceusdm"), SystemClock())
        try:
            book = client.api.order_book({"bids": [[9.0, 1.0]]}, 1)
            for price in (8.0, 7.0, 9.5):
                book["bids"].store(price, 1.0)
            return list(book.limit()["bids"])
        finally:
            await client.close()

    assert asyncio.run(watched()) == [[9.5, 1.0], [9.0, 1.0], [8.0, 1.0], [7.0, 1.0]]
