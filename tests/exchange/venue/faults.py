"""What goes wrong on purpose: in streams, in answers, with orders, with connections and time.

A pattern is a part of a stream's name (``btcusdt@depth``) or of a path (``/order``); the empty
pattern fits all. *times* counts down; what has none lasts until `clear`.
"""

from typing import Any

from tests.exchange.venue.answer_faults import AnswerFault, AnswerFaults
from tests.exchange.venue.stream_faults import FOREVER, StreamFault, StreamFaults


class OrderFaults:
    """Faults of orders and of the order in which an account hears of them."""

    ack_delay_s: float
    event_delay_s: float
    late_algo_word: bool
    refusals: list[tuple[int, str]]
    shares: list[float]

    def refuse_order(self, code: int = -2010, text: str = "NEW_ORDER_REJECTED") -> None:
        """Refuse the next order."""
        self.refusals.append((code, text))

    def partial(self, share: float = 0.5) -> None:
        """Fill only *share* of the next order and take the rest back."""
        self.shares.append(share)

    def fill_before_ack(self, seconds: float = 0.2) -> None:
        """Answer orders only *seconds* after their events were sent."""
        self.ack_delay_s = seconds

    def fill_after_ack(self, seconds: float = 0.2) -> None:
        """Send the events of orders only *seconds* after the answer."""
        self.event_delay_s = seconds

    def tell_triggers_late(self) -> None:
        """Send ALGO_UPDATE TRIGGERED only after the fills of the order it became."""
        self.late_algo_word = True


class ConnectionFaults:
    """Faults of websockets, listen keys and time."""

    clock_off_ms: int
    disconnect_every_ms: int
    hang_ups: int
    quiet_expiry: bool
    keys_to_expire: list[bool]

    def expire_listen_keys(self, *, quietly: bool = False) -> None:
        """Expire all listen keys; *quietly* sends no listenKeyExpired and just falls silent."""
        self.keys_to_expire.append(quietly)

    def let_keys_die_quietly(self) -> None:
        """Say nothing when a listen key expires for want of a renewal within the hour."""
        self.quiet_expiry = True

    def hang_up(self) -> None:
        """Cut all websockets once."""
        self.hang_ups += 1

    def disconnect_every(self, seconds: float) -> None:
        """Cut every websocket when it is *seconds* of the venue's time old."""
        self.disconnect_every_ms = int(seconds * 1000)

    def clock_off(self, ms: int) -> None:
        """Tell times that are *ms* ahead of what is true, and judge requests by them."""
        self.clock_off_ms = ms


class Faults(StreamFaults, AnswerFaults, OrderFaults, ConnectionFaults):
    """The faults of one venue; each method orders one, `clear` ends all."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Behave from now on."""
        self.clock_off_ms = 0
        self.disconnect_every_ms = 0
        self.ack_delay_s = 0.0
        self.event_delay_s = 0.0
        self.refusals: list[tuple[int, str]] = []
        self.shares: list[float] = []
        self.streams: list[StreamFault] = []
        self.answers: list[AnswerFault] = []
        self.keys_to_expire: list[bool] = []
        self.quiet_expiry = False
        self.late_algo_word = False
        self.hang_ups = 0

    def order(self, do: str, args: dict[str, Any]) -> None:
        """Order the fault *do* by name, for tests of other processes.

        Raises:
            AttributeError: there is no such fault.
        """
        if do.startswith("_") or do in {"frames", "answer", "order"}:
            raise AttributeError(do)
        getattr(self, do)(**args)


__all__ = ["FOREVER", "Faults"]
