"""ccxt's unified structures as the messages of `core.market`: the only place that reads them.

ccxt holds prices and quantities as floats. `exact` takes the shortest text that gives the float
again, which is what the exchange sent for up to 15 significant digits; no price or quantity of an
exchange has more. Sums over a day may have (19 digits of quote volume): their last digits may
differ, and no money is reckoned from them.

Symbols become ours, contracts become base units, and the exchange's times become ours, except
those of a calendar: candles and funding keep the exchange's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.margin import margin_tiers
from core.market import MINUTE_MS, Bar, Book, DayStats, Instrument, MarginTier, MarkPrice, Tick
from exchange import instruments
from exchange.real.names import ours

Structure = Mapping[str, Any]

BOOK_DEPTH: Final = 10
ONE: Final = Decimal(1)
ZERO: Final = Decimal(0)
ROW: Final = 6  # of a candle
TICK_SIZE: Final = 4  # ccxt's word for precisions that are steps, not numbers of digits
# Where exchanges put what ccxt leaves out of the mark price that it watches: Binance, Bybit, OKX.
RATE_FIELDS: Final = ("fundingRate", "r", "lastFundingRate")
FUNDING_AT_FIELDS: Final = ("fundingTimestamp", "nextFundingTimestamp", "T", "nextFundingTime")


def exact(value: object) -> Decimal | None:
    """Return *value* (text, whole number or float) as the number that it shows, or None.

    What is missing, empty, not a number or not finite is None.
    """
    try:
        if isinstance(value, float):
            number = Decimal(int(value)) if value.is_integer() else Decimal(repr(value))
        elif isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
            number = Decimal(value)
        else:
            return None
    except (InvalidOperation, OverflowError):
        return None
    return number if number.is_finite() else None


class Decoder:
    """Turns what ccxt tells of one market into messages.

    Promise: what cannot be read is left out, never guessed; nothing is kept from call to call.

    Attributes:
        symbol: our name of the market.
        contract: base units a contract; 1 where quantities are told in base.
    """

    def __init__(self, market: Structure, to_local: Callable[[int | None], int]) -> None:
        """Read *market* of ccxt; *to_local* turns the exchange's time (ms) into ours."""
        self.symbol = ours(str(market["symbol"]))
        self.contract = _contract(market)
        self._to_local = to_local

    def ticks(self, trades: Iterable[Structure], bid: Decimal, ask: Decimal) -> list[Tick]:
        """Return trades, oldest first, each with the best *bid* and *ask* known with it."""
        found: list[Tick] = []
        for trade in trades:
            price, qty = exact(trade.get("price")), exact(trade.get("amount"))
            if price is not None and qty is not None:
                at = self._to_local(trade.get("timestamp"))
                found.append(Tick(self.symbol, at, bid, ask, price, qty * self.contract))
        return found

    def book(self, data: Structure, depth: int = BOOK_DEPTH) -> Book:
        """Return the best *depth* levels of each side."""
        at = self._to_local(data.get("timestamp"))
        return Book(
            self.symbol, at, self._side(data["bids"], depth), self._side(data["asks"], depth)
        )

    def _side(self, levels: Sequence[Any], depth: int) -> tuple[tuple[Decimal, Decimal], ...]:
        if self.contract == ONE:
            return tuple([(_number(row[0]), _number(row[1])) for row in levels[:depth]])
        return tuple([(_number(row[0]), _number(row[1]) * self.contract) for row in levels[:depth]])

    def mark(self, data: Structure, funding: Structure | None = None) -> MarkPrice | None:
        """Return the mark price, or None when *data* names none.

        Args:
            data: a ticker with ``markPrice``, or a funding rate structure.
            funding: a funding rate structure for what *data* leaves out.
        """
        price = exact(data.get("markPrice"))
        if not price:
            return None
        sources = [data, data.get("info") or {}, *([funding] if funding else [])]
        rate = _first(sources, RATE_FIELDS)
        due = _first(sources, FUNDING_AT_FIELDS)
        return MarkPrice(
            symbol=self.symbol,
            at=self._to_local(data.get("timestamp")),
            mark_price=price,
            funding_rate=ZERO if rate is None else rate,
            next_funding_at=0 if due is None else int(due),
            index_price=exact(data.get("indexPrice")) or None,
        )

    def bar(self, row: Sequence[Any], interval_ms: int = MINUTE_MS) -> Bar | None:
        """Return a row ``[open time, open, high, low, close, volume]``, None if one is missing.

        The row says not whether the candle is closed: a row of a later time does.
        """
        numbers = [number for value in row[1:6] if (number := exact(value)) is not None]
        if len(numbers) < ROW - 1 or not isinstance(row[0], int):
            return None
        opening, high, low, close, volume = numbers
        return Bar(
            self.symbol, row[0], opening, high, low, close, volume * self.contract, interval_ms
        )

    def day_stats(self, ticker: Structure) -> DayStats:
        """Return the 24-hour figures of *ticker*."""
        volume = exact(ticker.get("baseVolume"))
        return DayStats(
            symbol=self.symbol,
            at=self._to_local(ticker.get("timestamp")),
            high=exact(ticker.get("high")) or None,
            low=exact(ticker.get("low")) or None,
            volume=None if volume is None else volume * self.contract,
            quote_volume=exact(ticker.get("quoteVolume")),
            change_pct=_change_pct(ticker),
        )


def instrument(
    market: Structure, tiers: Sequence[Structure] = (), precision_mode: int = TICK_SIZE
) -> Instrument:
    """Return the trading rules of *market*.

    Args:
        market: ccxt's.
        tiers: ccxt's leverage tiers, smallest first. Without them (Binance tells them only to
            who has keys) those that `exchange.instruments` knows or supposes are taken.
        precision_mode: ``exchange.precisionMode``.
    """
    symbol = ours(str(market["symbol"]))
    supposed = instruments.instrument(symbol)
    limits = market.get("limits") or {}
    precision = market.get("precision") or {}
    step = _step(precision.get("amount"), precision_mode)
    told = _tiers(tiers)
    return Instrument(
        symbol=symbol,
        base=str(market["base"]),
        quote=str(market["quote"]),
        tick_size=_step(precision.get("price"), precision_mode) or supposed.tick_size,
        step_size=step * _contract(market) if step else supposed.step_size,
        min_notional=_limit(limits, "cost", "min") or supposed.min_notional,
        max_leverage=_max_leverage(limits, tiers) or supposed.max_leverage,
        maker_fee=_or(exact(market.get("maker")), supposed.maker_fee),
        taker_fee=_or(exact(market.get("taker")), supposed.taker_fee),
        liquidation_fee=_or(
            exact((market.get("info") or {}).get("liquidationFee")), supposed.liquidation_fee
        ),
        tiers=told or supposed.tiers,
    )


def trade_rank(trade: Structure) -> int:
    """Return a number that rises from trade to trade of a market: its id, else its time."""
    number = str(trade.get("id") or "")
    return int(number) if number.isdecimal() else int(trade.get("timestamp") or 0)


def book_rank(book: Structure) -> int:
    """Return a number that rises with each change of a book: its nonce, else its time."""
    return int(book.get("nonce") or book.get("timestamp") or 0)


def ticker_rank(ticker: Structure) -> int:
    """Return the time of *ticker* (ms), 0 when it tells none."""
    return int(ticker.get("timestamp") or 0)


def _contract(market: Structure) -> Decimal:
    """Return the base units of one contract, 1 where quantities are told in base."""
    return (exact(market.get("contractSize")) or ONE) if market.get("swap") else ONE


def _number(value: Any) -> Decimal:
    return Decimal(repr(value)) if type(value) is float else Decimal(str(value))


def _or(told: Decimal | None, supposed: Decimal) -> Decimal:
    return supposed if told is None else told


def _first(sources: Iterable[Structure], fields: Iterable[str]) -> Decimal | None:
    """Return the first field that any of *sources* has, in their order."""
    names = list(fields)
    for source in sources:
        for name in names:
            number = exact(source.get(name))
            if number is not None:
                return number
    return None


def _change_pct(ticker: Structure) -> Decimal | None:
    told = exact((ticker.get("info") or {}).get("P"))  # Binance's own, of the full ticker
    opening, last = exact(ticker.get("open")), exact(ticker.get("last"))
    if told is not None or not opening or last is None:
        return told
    return round((last - opening) / opening * 100, 4)


def _step(value: object, precision_mode: int) -> Decimal | None:
    number = exact(value)
    if number is None or precision_mode == TICK_SIZE:
        return number or None
    return ONE.scaleb(-int(number))


def _limit(limits: Structure, what: str, side: str) -> Decimal | None:
    return exact((limits.get(what) or {}).get(side))


def _max_leverage(limits: Structure, tiers: Sequence[Structure]) -> int | None:
    told = exact(tiers[0].get("maxLeverage")) if tiers else None
    most = told or _limit(limits, "leverage", "max")
    return int(most) if most else None


def _tiers(tiers: Sequence[Structure]) -> tuple[MarginTier, ...]:
    brackets: list[tuple[Decimal, Decimal]] = []
    for tier in tiers:
        cap, rate = exact(tier.get("maxNotional")), exact(tier.get("maintenanceMarginRate"))
        if cap and rate is not None:
            brackets.append((cap, rate))
    return margin_tiers(brackets)
