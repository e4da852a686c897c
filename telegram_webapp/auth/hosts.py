"""Which names this server answers to.

A page of an attacker can point its own name at 127.0.0.1 and then read what is served there
(DNS rebinding); the name in the Host header gives that away. An address cannot be pointed
anywhere, so every address is fine.
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from telegram_webapp.problems import Problem

HOST: Final = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::\d{1,5})?")


class Hosts:
    """Names that may stand in a Host header; one that begins with a dot means all below it.

    That of the public URL is among them by itself.
    """

    def __init__(
        self, dashboard_host: str, trusted_hosts: Sequence[str], public_url: str | None = None
    ) -> None:
        public = urlsplit(public_url or "")
        self.public_origin = f"{public.scheme}://{public.netloc}" if public_url else ""
        names = {"localhost", dashboard_host, *trusted_hosts, *filter(None, [public.hostname])}
        self._names = {name.lower().rstrip(".") for name in names}

    def check(self, header: str | None) -> None:
        """Raise unless *header* names this server.

        Raises:
            Problem: it does not.
        """
        match = HOST.fullmatch(header or "")
        if match is None:
            raise Problem(400, "bad_host", "Host must be a name or address, with or without a port")
        if match["v6"] is None and not self._is_ours(match["name"].lower().rstrip(".")):
            raise Problem(
                400,
                "unknown_host",
                f"Host must be a name this server knows, was {match['name'][:80]!r}: "
                f"to use it, add it to TRUSTED_HOSTS",
            )

    def _is_ours(self, name: str) -> bool:
        parents = name.split(".")
        below = {"." + ".".join(parents[n:]) for n in range(1, len(parents))}
        return name in self._names or _is_address(name) or not below.isdisjoint(self._names)


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
