"""When Telegram wishes to be left alone: by one chat, or by all of them."""

from utils.clock import Clock


class Pauses:
    """Remembers until when nothing is to be sent.

    Promise: a chat that is told to wait waits alone; when several are, it is the whole bot that
    sends too much, and everybody waits.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[int, float] = {}

    def pause(self, chat_id: int, seconds: float) -> None:
        """Leave *chat_id* alone for *seconds*."""
        now = self._clock.monotonic()
        self._until = {chat: until for chat, until in self._until.items() if until > now}
        self._until[chat_id] = max(now + seconds, self._until.get(chat_id, 0.0))

    def wait_s(self, chat_id: int) -> float:
        """Return how long nothing may be sent to *chat_id*, 0 when it may be now."""
        now = self._clock.monotonic()
        waits = {chat: until - now for chat, until in self._until.items() if until > now}
        if len(waits) > 1:
            return max(waits.values())
        return waits.get(chat_id, 0.0)
