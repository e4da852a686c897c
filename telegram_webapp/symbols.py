"""Finding the market that is meant, however it is written."""

from typing import Any

from core.symbols import meant_symbol
from telegram_webapp.problems import Problem


def known_symbol(asked: str, state: dict[str, Any]) -> str:
    """Return the symbol of *state* meant by *asked*: `BTC/USDT`, `BTCUSDT` or, of one only, `BTC`.

    Raises:
        Problem: it is not traded here.
    """
    known: list[str] = sorted(state["stats"])
    found = meant_symbol(asked, known)
    if found is None:
        detail = f"symbol must be one of {', '.join(known)}, was {asked[:40]!r}"
        raise Problem(404, "unknown_symbol", detail)
    return found
