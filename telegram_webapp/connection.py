"""How the exchange and its streams are at this moment: asked of the engine, else as last told."""

import secrets
from typing import Any, Final

from core.errors import BusError
from infra.bus.base import CommandRequest
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.site import Site

QUESTION: Final = "connection"
PATIENCE_S: Final = 2.0


def connection_now(site: Site) -> dict[str, Any]:
    """Return ``at``, ``venue`` (None without an exchange), ``streams`` and whether it is ``stale``.

    Raises:
        Problem: nothing was ever heard from an engine.
    """
    _, data = site.heard()
    told = _asked(site)
    if told:
        return {"stale": False, **told}
    state = data["state"]
    return {
        "stale": not site.link.is_up,
        "at": data["at"],
        "venue": state.get("venue") or None,
        "streams": list(state.get("streams", {}).values()),
    }


def _asked(site: Site) -> dict[str, Any]:
    """Return what the engine says, empty when it says nothing."""
    identity = current_identity()
    request = CommandRequest(
        secrets.token_hex(8), QUESTION, {}, identity.subject, identity.role, identity.owner_id
    )
    try:
        told = site.link.command(request, PATIENCE_S).result or {}
    except BusError:
        return {}
    return told if "streams" in told else {}
