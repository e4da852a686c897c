"""Questions to the engine about the exchange, which change nothing and so need no audit."""

import secrets
from typing import Any, Final

from core.errors import BusError
from infra.bus.base import CommandRequest
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.site import Site

PATIENCE_S: Final = 2.0


def connection_now(site: Site) -> dict[str, Any]:
    """Return ``at``, ``venue`` (None without an exchange), ``streams`` and whether it is ``stale``.

    The engine is asked; what it does not answer is as it was told last, if anything ever was.
    """
    data = site.link.snapshot().data or {"at": site.clock.now(), "state": {}}
    told = ask_engine(site, "connection", {})
    if "streams" in told:
        return {"stale": False, **told}
    state = data["state"]
    return {
        "stale": not site.link.is_up,
        "at": data["at"],
        "venue": state.get("venue") or None,
        "streams": list(state.get("streams", {}).values()),
    }


def markets_now(site: Site, search: str, limit: int) -> list[str]:
    """Return the symbols of the exchange that hold *search*; none without an exchange."""
    told = ask_engine(site, "markets", {"search": search, "limit": limit})
    return list(told.get("symbols", []))


def ask_engine(site: Site, question: str, args: dict[str, Any]) -> dict[str, Any]:
    """Return what the engine says, empty when it says nothing."""
    identity = current_identity()
    request = CommandRequest(
        secrets.token_hex(8), question, args, identity.subject, identity.role, identity.owner_id
    )
    try:
        return site.link.command(request, PATIENCE_S).result or {}
    except BusError:
        return {}
