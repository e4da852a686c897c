"""One leg of the way from the exchange to the page, as it is told of."""

from typing import Any, Final

from utils.spread import Spread

SHARES: Final = ("p50_ms", "p95_ms", "p99_ms")


def hop(name: str, title: str, spread: Spread, reason: str) -> dict[str, Any]:
    """Return a hop as the page is told of it; *reason* is why there is nothing, if so."""
    figures = spread.figures()
    told = dict.fromkeys(SHARES) if figures is None else figures
    return {
        "name": name,
        "title": title,
        **{share: told[share] for share in SHARES},
        "samples": 0 if figures is None else int(figures["samples"]),
        "reason": reason if figures is None else None,
    }


def unknown_hop(name: str, title: str, reason: str) -> dict[str, Any]:
    """Return a hop that nobody measures now, with why."""
    return {"name": name, "title": title, **dict.fromkeys(SHARES), "samples": 0, "reason": reason}
