"""What stands in for ccxt's websocket connections while a recording is played."""

from typing import Any, Protocol

import msgspec

from core.errors import DataError


class Hearer(Protocol):
    """What a connection needs of the exchange that hears through it.

    Attributes:
        api: ccxt's exchange.
        client_class: ccxt's websocket client, whose methods read frames.
    """

    api: Any
    client_class: Any

    def before(self, connection: "Connection", message: Any) -> None:
        """Prepare for a frame that ccxt has read and is about to handle."""
        ...


class Result(msgspec.Struct, frozen=True):
    """What ccxt made of a frame: ``value`` for who watches ``name``, or why it refused it."""

    name: str
    value: Any
    error: str = ""


class Connection:
    """Stands in for ccxt's websocket client: it is connected to nothing and catches what is told.

    Attributes:
        results: what the newest frame gave.
        message: the newest frame, read.
    """

    def __init__(self, url: str, exchange: Hearer) -> None:
        self.url = url
        self.subscriptions: dict[str, Any] = {}
        self.futures: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.error: Any = None
        self.results: list[Result] = []
        self.message: Any = None
        self.verbose = False
        self.decompressBinary = True  # - ccxt's name
        self.gunzip = bool(exchange.api.streaming.get("gunzip"))
        self.inflate = bool(exchange.api.streaming.get("inflate"))
        self.last_message_at = 0
        self._exchange = exchange

    def on_message_callback(self, client: "Connection", message: Any) -> None:
        """Take a frame that ccxt has read."""
        self.message = message
        self._exchange.before(self, message)
        self._exchange.api.handle_message(client, message)

    def handle_text_or_binary_message(self, data: str | bytes) -> None:
        """Let ccxt read a frame."""
        self._exchange.client_class.handle_text_or_binary_message(self, data)

    def resolve(self, result: Any, message_hash: Any = None) -> Any:
        """Catch what ccxt tells whoever watches *message_hash*."""
        self.results.append(Result(str(message_hash), result))
        return result

    def reject(self, error: Any, message_hash: Any = None) -> Any:
        """Catch why ccxt refuses a frame."""
        self.results.append(Result(str(message_hash), None, said(error)))
        return error

    def reset(self, error: Any) -> None:
        """Catch that the exchange said something is wrong with the connection."""
        self.reject(error)

    def future(self, message_hash: str) -> Any:
        """Refuse to wait.

        Raises:
            DataError: always, for nothing more will come for it.
        """
        raise DataError(f"nothing is waited for in a recording, was {message_hash}")


def said(error: object) -> str:
    """Return the class and the words of an error, cut to what fits a line."""
    return f"{type(error).__name__}: {str(error)[:200]}"
