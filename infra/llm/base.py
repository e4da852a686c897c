"""What is asked of a language model, what comes back, and who pays."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

import msgspec
from pydantic import SecretStr

MILLION: Final = 1_000_000
OVERHEAD_TOKENS: Final = 64  # what a server's chat template may add to our words


@dataclass(frozen=True, slots=True)
class Access:
    """Where a model is, what it may take and what it costs; prices are USD a million tokens."""

    base_url: str
    model: str
    api_key: SecretStr
    timeout_s: float
    retries: int
    max_output_tokens: int
    input_usd: Decimal
    output_usd: Decimal

    def cost_usd(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """Return the price of that many tokens, in USD."""
        cost = prompt_tokens * self.input_usd + completion_tokens * self.output_usd
        return (cost / MILLION).quantize(Decimal("0.000000000001"))


class Usage(msgspec.Struct, frozen=True):
    """How much of a model was used."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    def plus(self, other: "Usage") -> "Usage":
        """Return the sum of both."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cost_usd + other.cost_usd,
        )


class Chat(msgspec.Struct, frozen=True):
    """One question: ``system`` sets the rules, ``user`` asks, ``schema`` is the answer's."""

    system: str
    user: str
    schema: dict[str, object]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: ``text``, or why there is none in ``failure``.

    ``gate`` is a short stable word for a failure: timeout, unreachable, budget, protocol, refused.
    ``note`` says when what it cost had to be estimated.
    """

    text: str = ""
    failure: str = ""
    gate: str = ""
    note: str = ""


class Purse(Protocol):
    """Pays for one question, which may take several attempts."""

    def hold(self, worst: Usage) -> bool:
        """Set *worst* aside for an attempt; False when so much is not left."""
        ...

    def settle(self, worst: Usage, used: Usage) -> None:
        """Give *worst* back, which was set aside, and pay for what was used."""
        ...


class ChatModel(Protocol):
    """Answers questions."""

    async def ask(self, chat: Chat, purse: Purse) -> Reply:
        """Return the model's answer, or why there is none."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


class ChatFailedError(Exception):
    """An attempt brought no answer; never leaves this package.

    Attributes:
        gate: as in `Reply`.
        again: whether the same question may be asked again.
        wait_s: how long the server wants to be left alone, if it said so.
    """

    def __init__(
        self, gate: str, text: str, *, again: bool = False, wait_s: float | None = None
    ) -> None:
        super().__init__(text)
        self.gate = gate
        self.again = again
        self.wait_s = wait_s
