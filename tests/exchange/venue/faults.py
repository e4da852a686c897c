"""What goes wrong on purpose: in streams, in answers, with orders, with connections and time.

A pattern is a part of a stream's name (``btcusdt@depth``) or of a path (``/order``); the empty
pattern fits all. *times* counts down; ``FOREVER`` lasts until `clear`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aiohttp import WSMsgType

if TYPE_CHECKING:
    from tests.exchange.venue.hub import Connection

FOREVER: Final = 1 << 60
Frame = tuple[bytes, WSMsgType]
_BINARY: Final = bytes(range(256))


@dataclass
class StreamFault:
    """One thing that is done to messages of fitting streams."""

    kind: str
    pattern: str
    times: int
    held: dict[int, bytes] = field(default_factory=dict)  # connection: a frame kept back


@dataclass
class AnswerFault:
    """One thing that is done to requests of fitting paths.

    With *after* the request is carried out first and only its answer is replaced; without a
    *status* the connection is cut instead of an answer.
    """

    status: int | None
    pattern: str
    method: str
    times: int
    after: bool = False
    code: int | None = None
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def fits(self, method: str, path: str) -> bool:
        """Tell whether the request is meant."""
        return self.times > 0 and self.pattern in path and self.method in {"", method}


class Faults:
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

    # -- streams
    def gap(self, stream: str = "@depth", times: int = 1) -> None:
        """Lose the next messages of *stream*."""
        self.streams.append(StreamFault("gap", stream, times))

    def duplicate(self, stream: str = "", times: int = 1) -> None:
        """Send the next messages of *stream* twice."""
        self.streams.append(StreamFault("duplicate", stream, times))

    def reorder(self, stream: str = "@depth", times: int = 1) -> None:
        """Send the next message of *stream* after the one that follows it."""
        self.streams.append(StreamFault("reorder", stream, times))

    def stall(self, stream: str = "") -> None:
        """Let *stream* fall silent; its connection stays open and answers pings."""
        self.streams.append(StreamFault("gap", stream, FOREVER))

    def half(self, stream: str = "", times: int = 1) -> None:
        """Cut the next messages of *stream* in the middle of their JSON."""
        self.streams.append(StreamFault("half", stream, times))

    def garbage(self, stream: str = "", times: int = 1) -> None:
        """Send a binary frame that means nothing before the next messages of *stream*."""
        self.streams.append(StreamFault("garbage", stream, times))

    # -- answers
    def http(
        self, status: int, path: str = "", *, times: int = 1, method: str = "",
        code: int | None = None, text: str = "", retry_after_s: int | None = None,
        after: bool = False,
    ) -> None:  # fmt: skip
        """Answer requests of *path* with *status*; *after* carries them out all the same."""
        headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
        self.answers.append(AnswerFault(status, path, method, times, after, code, text, headers))

    def lose_answer(self, path: str = "/order", times: int = 1, method: str = "POST") -> None:
        """Carry requests out and cut the connection instead of answering."""
        self.answers.append(AnswerFault(None, path, method, times, after=True))

    def cut_request(self, path: str = "", times: int = 1, method: str = "") -> None:
        """Cut the connection without carrying the request out."""
        self.answers.append(AnswerFault(None, path, method, times))

    def unknown_outcome(
        self, path: str = "/order", times: int = 1, *, carried_out: bool = True
    ) -> None:
        """Answer 504 with -1007, which says nothing about whether the order was taken."""
        self.http(
            504, path, times=times, method="POST", code=-1007, after=carried_out,
            text="Timeout waiting for response from backend server. Send status unknown; "
            "execution status unknown.",
        )  # fmt: skip

    def maintenance(self, times: int = FOREVER) -> None:
        """Be down for maintenance: 503 and -1016 to everything, websockets too."""
        self.http(503, times=times, code=-1016, text="This service is no longer available.")

    def region(self, status: int = 451, times: int = FOREVER) -> None:
        """Refuse to serve where the client is (451, or 403 with a page of HTML)."""
        text = "Service unavailable from a restricted location according to 'b. Eligibility'."
        self.http(status, times=times, code=0, text=text)

    # -- orders
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

    # -- connections and time
    def expire_listen_keys(self, *, quietly: bool = False) -> None:
        """Expire all listen keys; *quietly* sends no listenKeyExpired and just falls silent."""
        self.keys_to_expire.append(quietly)

    def let_keys_die_quietly(self) -> None:
        """Say nothing when a listen key expires for want of a renewal within the hour."""
        self.quiet_expiry = True

    def tell_triggers_late(self) -> None:
        """Send ALGO_UPDATE TRIGGERED only after the fills of the order it became."""
        self.late_algo_word = True

    def hang_up(self) -> None:
        """Cut all websockets once."""
        self.hang_ups += 1

    def disconnect_every(self, seconds: float) -> None:
        """Cut every websocket when it is *seconds* of the venue's time old."""
        self.disconnect_every_ms = int(seconds * 1000)

    def clock_off(self, ms: int) -> None:
        """Tell times that are *ms* ahead of what is true, and judge requests by them."""
        self.clock_off_ms = ms

    # -- what the servers ask
    def frames(self, connection: "Connection", stream: str, frame: bytes) -> list[Frame]:
        """Return what is really sent to *connection* for *frame*."""
        frames = [frame]
        extra: list[Frame] = []
        for fault in self._fitting(stream):
            if fault.kind == "garbage":
                extra.append((_BINARY, WSMsgType.BINARY))
            frames = self._changed(fault, id(connection), frames)
        return extra + [(one, WSMsgType.TEXT) for one in frames]

    def answer(self, method: str, path: str) -> AnswerFault | None:
        """Return what is to happen to a request, counted down."""
        for fault in self.answers:
            if fault.fits(method, path):
                fault.times -= 1
                return fault
        return None

    def _fitting(self, stream: str) -> Iterator[StreamFault]:
        for fault in self.streams:
            if fault.times > 0 and fault.pattern in stream:
                if fault.kind != "reorder" or fault.held:
                    fault.times -= 1
                yield fault

    @staticmethod
    def _changed(fault: StreamFault, who: int, frames: list[bytes]) -> list[bytes]:
        match fault.kind:
            case "gap":
                return []
            case "duplicate":
                return [*frames, *frames]
            case "half":
                return [one[: len(one) // 2] for one in frames]
            case "reorder" if who in fault.held:
                return [*frames, fault.held.pop(who)]
            case "reorder":
                fault.held[who] = b"".join(frames)
                return []
            case _:
                return frames

    def order(self, do: str, args: dict[str, Any]) -> None:
        """Order the fault *do* by name, for tests of other processes.

        Raises:
            AttributeError: there is no such fault.
        """
        if do.startswith("_") or do in {"frames", "answer", "order"}:
            raise AttributeError(do)
        getattr(self, do)(**args)
