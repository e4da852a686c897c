"""The contract of what tells of an account: one connection after the other."""

from typing import Protocol

from exchange.real.errors import Unreachable
from exchange.real.updates import Update


class StreamExpiredError(Unreachable):
    """What the stream was opened with is no more: open it anew at once."""


class SilentStreamError(Unreachable):
    """The stream stands but does not tell what happens: open it anew."""


class Source(Protocol):
    """One connection after the other to what an exchange tells of an account."""

    async def open(self) -> None:
        """Connect.

        Raises:
            ExchangeError: it failed.
        """
        ...

    async def next(self) -> list[Update] | None:
        """Return what was heard next; None when REST must be asked what it was.

        Raises:
            ExchangeError: the connection has ended.
        """
        ...

    async def keep(self) -> None:
        """Keep the connection alive until cancelled.

        Raises:
            ExchangeError: that failed.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...
