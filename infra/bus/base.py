"""What every transport of the bus promises: facts one way, wishes the other."""

from collections.abc import AsyncGenerator, Generator, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import field

from core.errors import BusError
from core.stream import EventId, Frame
from infra.correlation import correlation_id


class EngineAway(BusError):  # noqa: N818 - it is no fault
    """The engine could not be reached, so it was told nothing."""


class CommandRequest(msgspec.Struct, frozen=True, array_like=True, tag="command"):
    """A wish of a person or program.

    Attributes:
        id: idempotency key: the same id is the same wish, however often it is sent.
        name: ``prepare``, ``confirm``, ``stop``, ``rule_add``, ``rule_remove``, ``acknowledge``.
        args: what it needs, plain builtins.
        actor: who asks, as the audit names them.
        role: viewer, trader or owner.
        owner: whose rules it is about; the actor's when it is empty.
        correlation_id: of the request it came with, for the logs.
    """

    id: str
    name: str
    args: dict[str, Any]
    actor: str
    role: str
    owner: str = ""
    correlation_id: str = field(default_factory=correlation_id)


class CommandFailure(msgspec.Struct, frozen=True):
    """Why a wish was not granted: a stable word, the fitting HTTP status, a sentence."""

    code: str
    status: int
    text: str


class CommandReply(msgspec.Struct, frozen=True, array_like=True, tag="reply"):
    """The answer to a `CommandRequest`: ``result`` when ``ok``, else ``error``."""

    ok: bool
    result: dict[str, Any] | None = None
    error: CommandFailure | None = None


class Welcome(msgspec.Struct, frozen=True, array_like=True, tag="welcome"):
    """The first delivery of a subscription.

    When ``resumed``, the missed frames follow and then live ones. Otherwise a `Whole`
    follows, then every frame the engine's ring still holds (``floor`` < seq ≤ ``seq``: they
    are folded into the whole already and only fill the reader's own ring), then live ones.
    """

    epoch: str
    seq: int
    floor: int
    resumed: bool


class Whole(msgspec.Struct, frozen=True, array_like=True, tag="whole"):
    """The data of a snapshot event, as JSON."""

    data: bytes


class Pulse(msgspec.Struct, frozen=True, array_like=True, tag="pulse"):
    """A sign of life with the engine clock (ms), or None if the engine does not say it."""

    at: int | None


Delivery = Welcome | Whole | Frame | Pulse


class BusServer(Protocol):
    """The engine's end."""

    @property
    def has_subscribers(self) -> bool:
        """Return whether anybody would receive a frame."""
        ...

    async def start(self) -> None:
        """Begin to accept subscribers and commands."""
        ...

    def publish(self, frames: Sequence[Frame]) -> None:
        """Send frames, already in the ring, to every subscriber; never waits."""
        ...

    async def stop(self) -> None:
        """Let the last frames out and close every connection."""
        ...


class BusSubscriber(Protocol):
    """A reader's end for facts."""

    def deliveries(self, resume: EventId | None) -> Generator[list[Delivery], None, None]:
        """Yield what arrives, a list for each read, until closed.

        Raises:
            BusError: the engine cannot be reached, went silent or broke the protocol.
        """
        ...

    def close(self) -> None:
        """End the subscription, also from another thread or greenlet."""
        ...


class CommandSender(Protocol):
    """A reader's end for wishes."""

    def send(self, request: CommandRequest, timeout_s: float) -> CommandReply:
        """Send a wish and wait for its answer.

        Raises:
            BusError: no answer came; whether it was carried out is unknown.
        """
        ...


class AsyncBusSubscriber(Protocol):
    """`BusSubscriber` for asyncio; cancelling or closing the generator ends it."""

    def deliveries(self, resume: EventId | None) -> AsyncGenerator[list[Delivery], None]:
        """Yield what arrives, a list for each read, until cancelled or closed.

        Raises:
            BusError: the engine cannot be reached, went silent or broke the protocol.
        """
        ...


class AsyncCommandSender(Protocol):
    """`CommandSender` for asyncio."""

    async def send(self, request: CommandRequest, timeout_s: float) -> CommandReply:
        """Send a wish and wait for its answer.

        Raises:
            BusError: no answer came; whether it was carried out is unknown.
        """
        ...
