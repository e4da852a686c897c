"""Time spans behind a command, with the sentence that says what was expected."""

from core.errors import CommandError
from core.spans import span_ms


def parse_span(text: str, longest_s: int) -> int:
    """Return the seconds that *text* says.

    Raises:
        CommandError: it says none, or more than *longest_s*.
    """
    seconds = (span_ms(text) or 0) // 1000
    if not 0 < seconds <= longest_s:
        detail = (
            f"A time looks like 30m, 2h or 1d, at most {longest_s // 86_400}d; was {text[:40]!r}."
        )
        raise CommandError("bad_span", detail, 400)
    return seconds
