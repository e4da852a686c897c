"""Why there is a trade in a symbol, or none: what was decided lately, and that in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from store.database import Database
from store.decisions import Decisions, count_decisions, newest_signals
from store.history import Wanted
from store.records import SignalRow


def lately(
    database: Database, account_id: int, *, symbol: str, since: int
) -> tuple[list[SignalRow], Decisions]:
    """Return each strategy's newest signal on *symbol* since then (ms), and all of them counted.

    Raises:
        StoreError: the database refused.
    """
    wanted = Wanted(symbol=symbol, since=since)
    newest = newest_signals(database, account_id, symbol, since)
    return newest, count_decisions(database, account_id, wanted)


def sentences(symbol: str, newest: list[SignalRow], state: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is open, what each strategy decided last, who is silent and why."""
    held = [p for p in state["positions"].values() if p["symbol"] == symbol]
    for position in held:
        yield f"{position['strategy']} has an open {position['side']} position in {symbol}."
    if not held:
        yield f"There is no position in {symbol}."
    for row in newest:
        yield f"{row.strategy} at {_hour(row.at)} UTC: {_sentence(row.why)}"
    spoke = {row.strategy for row in newest}
    for name, member in state["strategies"].items():
        if name not in spoke:
            rest = f"is {member['status']}: {member['note']}" if member["note"] else "was silent"
            yield _sentence(f"{name} {rest}")


def _hour(at: int) -> str:
    minutes = at // 60_000 % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
