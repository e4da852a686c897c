"""Which exchange, and where it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Venue:
    """Which exchange, and where.

    Attributes:
        id: ccxt's, such as ``binanceusdm``.
        testnet: its place for play money.
        url: a base URL in the place of each of its hosts, such as ``http://127.0.0.1:8000``.
    """

    id: str
    testnet: bool = False
    url: str | None = None
