"""What goes wrong with answers: refusals, outages, lost answers."""

from dataclasses import dataclass, field
from typing import Any

from tests.exchange.venue.stream_faults import FOREVER


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


class AnswerFaults:
    """Faults of REST answers; *path* is a part of the path, empty for all."""

    answers: list[AnswerFault]

    def http(
        self, status: int, path: str = "", *, times: int = 1, after: bool = False, **told: Any
    ) -> None:
        """Answer requests of *path* with *status*; *after* carries them out all the same.

        *told* are fields of `AnswerFault` (method, code, text) and ``retry_after_s``.
        """
        wait_s = told.pop("retry_after_s", None)
        headers = {} if wait_s is None else {"Retry-After": str(wait_s)}
        method = told.pop("method", "")
        self.answers.append(
            AnswerFault(status, path, method, times, after, headers=headers, **told)
        )

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

    def answer(self, method: str, path: str) -> AnswerFault | None:
        """Return what is to happen to a request, counted down."""
        for fault in self.answers:
            if fault.fits(method, path):
                fault.times -= 1
                return fault
        return None
