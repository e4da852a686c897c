"""Whether a secret may have come this way: not in plain text across the internet."""

import logging
from collections.abc import Callable
from typing import Final

from flask import Request

from telegram_webapp.problems import Problem
from telegram_webapp.proxies import parse_address

DETAIL: Final = (
    "keys, codes and sessions are taken over https only: this one went across the internet in "
    "plain text, so have it replaced; if a proxy ends TLS before this server, have it send "
    "X-Forwarded-Proto and name it in TRUSTED_PROXIES"
)

log = logging.getLogger(__name__)


class Transport:
    """Refuses secrets over plain http from the internet; warns of them once from a network."""

    def __init__(self, warn: Callable[[str], None] | None = None) -> None:
        self._warn = warn or log.warning
        self._warned = False

    def check(self, request: Request) -> None:
        """Raise if *request*, which carries a secret, came in plain text from the internet.

        Private, link-local and carrier networks are let be: many wear a tunnel of their own,
        and a phone at home has no other way to a machine without a certificate.

        Raises:
            Problem: it did.
        """
        if request.is_secure:
            return
        client = parse_address(request.remote_addr or "")
        if client is None or client.is_loopback:
            return
        if client.is_global:
            raise Problem(403, "https_needed", DETAIL)
        if not self._warned:
            self._warned = True
            self._warn(
                f"Secrets come over plain http from {client}: whoever shares that network can "
                "read them. docs/PROXY.md says how to get https."
            )
