"""What goes wrong between a bot and Telegram."""

from dataclasses import dataclass

from tests.telegram_bot.bot_api.errors import ApiError, too_many


@dataclass
class Fault:
    """Something that happens to the next calls.

    Attributes:
        method: of which it happens, ``*`` all.
        times: to how many.
        error: answered instead of the result.
        slow_s: waited before anything.
        is_cut: the connection is dropped: nothing was done.
        is_lost: what was asked is done, then the connection is dropped before the answer.
        chat_id: of this chat alone, if given.
    """

    method: str = "*"
    times: int = 1
    error: ApiError | None = None
    slow_s: float = 0.0
    is_cut: bool = False
    is_lost: bool = False
    chat_id: int | None = None


def flood(retry_after: int, method: str = "sendMessage", times: int = 1) -> Fault:
    return Fault(method, times, error=too_many(retry_after))


def broken(status: int = 502, method: str = "*", times: int = 1) -> Fault:
    return Fault(method, times, error=ApiError(status, "Bad Gateway"))


def cut(method: str = "*", times: int = 1) -> Fault:
    return Fault(method, times, is_cut=True)


def lost(method: str = "sendMessage", times: int = 1) -> Fault:
    return Fault(method, times, is_lost=True)


def slow(seconds: float, method: str = "*", times: int = 1) -> Fault:
    return Fault(method, times, slow_s=seconds)
