"""What an exchange's REST tells of the past: closed minutes and funding, page by page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from core.market import HOUR_MS, MINUTE_MS, Bar, Funding
from exchange.real.client import ExchangeClient
from exchange.real.decode import Decoder, exact

Span = tuple[int, int]

# Of a page of candles: 200 rows for a unit of Binance's weight, which no other size exceeds by much
PAGE: Final = 1_000
FUNDING_PAGE: Final = 1_000
# Settlements jitter by milliseconds around the minute they are meant for.
JITTER_MS: Final = MINUTE_MS // 2


class Shelf(Protocol):
    """Where history is kept, so that only what is missing is fetched."""

    async def missing(self, symbol: str, since: int, until: int) -> Sequence[Span]:
        """Return the spans of [*since*, *until*) (ms) without minutes, oldest first."""
        ...

    async def funded(self, symbol: str) -> int | None:
        """Return the time (ms) of the newest settlement that is kept, if there is one."""
        ...

    async def keep(self, bars: Sequence[Bar], settlements: Sequence[Funding]) -> None:
        """Keep them; what is kept already stays as it is."""
        ...


class Source:
    """One market's past.

    Every method raises ExchangeError when the exchange does not answer.
    """

    def __init__(self, client: ExchangeClient, decoder: Decoder, name: str) -> None:
        """Ask *client* about the market that ccxt calls *name*."""
        self._client = client
        self._decoder = decoder
        self._name = name

    async def minutes(self, since: int, until: int) -> AsyncIterator[tuple[Span, list[Bar]]]:
        """Yield spans that follow each other, each with the minutes that the exchange has of it.

        They cover [*since*, *until*) (ms), which must be over.
        """
        while since < until:
            wanted = min(PAGE, (until - since) // MINUTE_MS)
            rows = await self._client.call("fetch_ohlcv", self._name, "1m", since, wanted)
            bars = [bar for bar in map(self._decoder.bar, rows) if bar is not None]
            bars = [bar for bar in bars if since <= bar.open_time < until]
            # A page that is not full may have been cut short: ask on from its last minute.
            end = min(until, since + wanted * MINUTE_MS)
            if bars and len(rows) < wanted:
                end = min(end, bars[-1].close_time)
            yield (since, end), bars
            since = end

    async def settlements(self, since: int, until: int) -> list[Funding]:
        """Return the funding that was settled in [*since*, *until*) (ms), oldest first.

        Where the exchange does not say at what price, it is 0.
        """
        if not self._client.api.has.get("fetchFundingRateHistory"):
            return []
        found: dict[int, Funding] = {}
        while since < until:
            rows = await self._client.call(
                "fetch_funding_rate_history", self._name, since, FUNDING_PAGE
            )
            page = [one for one in map(self._settlement, rows) if one is not None]
            found.update((one.at, one) for one in page if one.at < until)
            newest = max((one.at for one in page), default=until)
            if len(rows) < FUNDING_PAGE or newest < since:
                break
            since = newest + JITTER_MS
        return [found[at] for at in sorted(found)]

    def _settlement(self, row: Mapping[str, Any]) -> Funding | None:
        rate, at = exact(row.get("fundingRate")), row.get("timestamp")
        if rate is None or not isinstance(at, int):
            return None
        price = exact((row.get("info") or {}).get("markPrice")) or Decimal(0)
        return Funding(self._decoder.symbol, (at + JITTER_MS) // MINUTE_MS * MINUTE_MS, rate, price)


def whole(bars: Sequence[Bar], span: Span, before: Bar | None) -> list[Bar]:
    """Return *bars* with the minutes of *span* that have none, as they had no trade.

    They are the last price without volume; before the first price of all there is nothing.
    """
    told, last, found = {bar.open_time: bar for bar in bars}, before, list[Bar]()
    for at in range(span[0], span[1], MINUTE_MS):
        bar = told.get(at)
        if bar is None and last is not None:
            price = last.close
            bar = Bar(last.symbol, at, price, price, price, price, Decimal(0))
        if bar is not None:
            found.append(bar)
            last = bar
    return found


def priced(settlements: Iterable[Funding], opens: Mapping[int, Decimal]) -> list[Funding]:
    """Return *settlements* with a price: where none was told, the minute's open in *opens*.

    Those without either are left out.
    """
    found = []
    for one in settlements:
        price = one.mark_price or opens.get(one.at)
        if price:
            found.append(Funding(one.symbol, one.at, one.rate, price))
    return found


async def fill(
    source: Source, shelf: Shelf, symbol: str, span: Span, say: Callable[[int], Awaitable[None]]
) -> None:
    """Fetch what *shelf* has not of *symbol* in *span* (ms), and keep it page by page.

    Args:
        source: the exchange's past of that symbol.
        shelf: where it is kept; what was fetched before something fails stays there.
        symbol: ours.
        span: whole minutes that are over.
        say: told how many minutes more are there now.

    Raises:
        ExchangeError: the exchange does not answer.
    """
    missing = await shelf.missing(symbol, *span)
    await say((span[1] - span[0] - sum(end - start for start, end in missing)) // MINUTE_MS)
    opens: dict[int, Decimal] = {}
    for start, end in missing:
        last: Bar | None = None
        async for part, bars in source.minutes(start, end):
            found = whole(bars, part, last)
            last = found[-1] if found else last
            opens.update((bar.open_time, bar.open) for bar in found if not bar.open_time % HOUR_MS)
            await shelf.keep(found, [])
            await say((part[1] - part[0]) // MINUTE_MS)
    newest = await shelf.funded(symbol)
    since = max(span[0], newest + JITTER_MS) if newest is not None else span[0]
    settled = await source.settlements(since, span[1])
    await shelf.keep([], priced(settled, opens))
