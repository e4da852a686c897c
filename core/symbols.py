"""Finding the market that is meant, however it is written."""

from collections.abc import Iterable


def meant_symbol(asked: str, known: Iterable[str]) -> str | None:
    """Return the symbol of *known* that is meant, or None when it is none, or not one alone.

    `BTC/USDT` may be written so, as `BTCUSDT` or, where it is the only one of its base, `BTC`.
    """
    word = asked.replace("/", "").upper()
    names = sorted(known)
    exact = [name for name in names if name.replace("/", "").upper() == word]
    by_base = [name for name in names if name.partition("/")[0].upper() == word]
    found = exact or by_base
    return found[0] if len(found) == 1 else None
