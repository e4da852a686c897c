"""How the bot's process is: sampled by itself, told to the engine by a file."""

from typing import Any

from core.errors import StoreError
from infra.vitals.sampler import SelfSampler, keep_telling
from store.deliveries import oldest_waiting
from telegram_bot.deck import Deck
from telegram_bot.sending import OurBot


class BotVitals:
    """Tells how this process is and how long alerts wait, for as long as the bot runs."""

    def __init__(self, deck: Deck, _bot: OurBot) -> None:
        self._deck = deck
        self._sampler = SelfSampler("bot", deck.settings.run_dir, deck.clock, self.counters)

    async def run(self) -> None:
        """Tell until cancelled."""
        await keep_telling(self._sampler, lambda: self._deck.settings.system.update_interval)

    def counters(self) -> dict[str, Any]:
        """Return how many alerts were sent, how long the oldest has waited, and what is wrong."""
        try:
            oldest = oldest_waiting(self._deck.access.database)
        except StoreError as error:
            return {"sent": self._deck.sent, "outbox_lag_ms": None, "error": str(error)}
        lag_ms = 0 if oldest is None else max(0, self._deck.clock.now() - oldest)
        return {"sent": self._deck.sent, "outbox_lag_ms": lag_ms, "error": ""}
