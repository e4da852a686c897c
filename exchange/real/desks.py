"""The symbols that are followed at an exchange, which may change while it runs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.market import Instrument
from exchange.instruments import instrument
from exchange.real.client import ExchangeClient
from exchange.real.desk import Desk
from utils.clock import Clock


class Desks:
    """The desks by symbol.

    Attributes:
        rules: of each symbol; supposed until the exchange has told them.
    """

    def __init__(self, symbols: Sequence[str], clock: Clock, wake: Callable[[str], None]) -> None:
        """Have a desk for each of *symbols*, which calls *wake* when something has arrived."""
        self.rules: dict[str, Instrument] = {}
        self._asked = list(symbols)
        self._clock = clock
        self._wake = wake
        self._client: ExchangeClient | None = None
        self._desks: dict[str, Desk] = {}
        for symbol in symbols:
            self.add(symbol)

    def __iter__(self) -> Iterator[Desk]:
        """Yield the desks."""
        return iter(list(self._desks.values()))

    def __getitem__(self, symbol: str) -> Desk:
        """Return the desk of *symbol*, which is followed."""
        return self._desks[symbol]

    def get(self, symbol: str) -> Desk | None:
        """Return the desk of *symbol*, if it is followed."""
        return self._desks.get(symbol)

    def add(self, symbol: str) -> None:
        """Add *symbol*, which is silent until it is opened, followed and begun."""
        self._desks[symbol] = Desk(symbol, self._clock, self._wake)
        self.rules[symbol] = instrument(symbol)

    def drop(self, symbol: str) -> Desk:
        """Tell of *symbol* no more; return what is to `Desk.leave` its streams."""
        del self.rules[symbol]
        return self._desks.pop(symbol)

    def keep(self, checkpoint: Mapping[str, Any] | None, held: Iterable[str]) -> None:
        """Take the symbols that were chosen while it ran, and those that are *held*.

        Symbols that the settings ask for now, and did not then, win over the choice.
        """
        chosen = self._asked
        if checkpoint is not None and checkpoint["asked"] == self._asked:
            chosen = checkpoint["symbols"]
        wanted = dict.fromkeys([*chosen, *held])
        for symbol in [symbol for symbol in self._desks if symbol not in wanted]:
            self.drop(symbol)
        for symbol in wanted:
            if symbol not in self._desks:
                self.add(symbol)

    def checkpoint(self) -> dict[str, Any]:
        """Return the symbols, and of each the last minute and settlement handed out."""
        desks = self._desks.items()
        return {
            "asked": self._asked,
            "symbols": list(self._desks),
            "after": {s: d.minutes.after for s, d in desks if d.minutes.after is not None},
            "funded": {s: d.settlements.last for s, d in desks if d.settlements.last is not None},
        }

    def resume(self, checkpoint: Mapping[str, Any]) -> None:
        """Go on after *checkpoint*."""
        for symbol, desk in self._desks.items():
            if symbol in checkpoint["after"]:
                desk.minutes.begin(checkpoint["after"][symbol])
            if symbol in checkpoint["funded"]:
                desk.settlements.resume(checkpoint["funded"][symbol], self._clock.now())

    async def open(self, client: ExchangeClient) -> None:
        """Take the rules that the exchange has for every symbol.

        Raises:
            ConfigError: it does not have one of them.
            ExchangeError: it does not answer.
        """
        self._client = client
        for symbol in list(self._desks):
            await self.open_symbol(symbol)

    async def open_symbol(self, symbol: str) -> None:
        """Take the rules that the exchange has for *symbol*.

        Raises:
            ConfigError: it does not have it.
            ExchangeError: it does not answer.
        """
        if self._client is not None:
            rules = await self._desks[symbol].open(self._client)
            if symbol in self._desks:
                self.rules[symbol] = rules

    def unbegun(self) -> list[str]:
        """Return the symbols whose minutes are not told yet: their history is to be fetched."""
        return [symbol for symbol, desk in self._desks.items() if desk.minutes.after is None]
