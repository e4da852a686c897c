"""What a chat is told of the exchange: how it answers, which streams are in trouble."""

from typing import Any, Final

from core import words

State = dict[str, Any]
Row = tuple[str, str]

NAMED: Final = 3
DOING: Final = {
    "paper": "paper trading", "watch": "only watched", "testnet": "testnet", "live": "LIVE",
    "simulated": "not there: simulated",
}  # fmt: skip


def rows(state: State) -> list[Row]:
    """Return facts of the exchange, none without one."""
    venue, streams = state.get("venue") or {}, _streams(state)
    if not venue:
        return []
    found = [
        ("Exchange", str(venue["exchange"])),
        ("Mode", DOING.get(venue["mode"], str(venue["mode"]))),
        ("Answers", "yes" if venue["reachable"] else "no"),
    ]
    if venue["skew_ms"] is not None:
        found.append(("Its clock", f"{venue['skew_ms'] / 1000:+.2f} s, corrected"))
    if streams:
        live = sum(stream["state"] == "live" for stream in streams)
        found.append(("Streams live", f"{live} of {len(streams)}"))
        found.append(("Reconnects", str(sum(stream["reconnects"] for stream in streams))))
    return found


def troubles(state: State, at: int) -> list[str]:
    """Return in sentences what is not as it should be at *at*, engine clock in ms; may be empty."""
    venue, account = state.get("venue") or {}, state.get("real_account") or {}
    found = [str(venue["note"])] if venue.get("note") else []
    banned = venue.get("banned_until") or 0
    if banned > at:
        found.append(f"The exchange is not asked for {words.age(banned - at)}: its rate limit.")
    broken = [stream for stream in _streams(state) if stream["state"] in {"stale", "waiting"}]
    found += [f"{stream['name']}: {_why(stream)}" for stream in broken[:NAMED]]
    if len(broken) > NAMED:
        found.append(f"{len(broken) - NAMED} more streams are in trouble.")
    for difference in account.get("differences") or ():
        found.append(f"Our books differ from the exchange's: {difference['subject']}.")
    return found


def _streams(state: State) -> list[dict[str, Any]]:
    streams = (state.get("streams") or {}).values()
    return [stream for stream in streams if stream["state"] != "stopped"]


def _why(stream: dict[str, Any]) -> str:
    return f"{stream['state']}, {stream['error']}" if stream["error"] else str(stream["state"])
