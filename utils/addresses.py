"""Addresses of web pages and of who asks for them, in one form each."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
NAME: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*"
)
# who listens on every address is reached on the loopback one
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


def normal_url(text: str) -> str:
    """Return the address *text* as browsers write it, ending in a slash.

    Raises:
        ValueError: it is not http or https, has no proper host, or more than a plain path.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("it must begin with https:// or http://")
    if parts.query or parts.fragment or "@" in parts.netloc or text.strip().endswith(("?", "#")):
        raise ValueError("it must be scheme, host and path only")
    host = _normal_host(parts.hostname or "")
    port = parts.port
    shown = "" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown}{normal_prefix(parts.path)}/"


def reachable(host: str) -> str:
    """Return the address at which this machine reaches a server that listens on *host*."""
    return EVERYWHERE.get(host, host)


def local_url(host: str, port: int) -> str:
    """Return the address of our page on this machine, served on *host* and *port*."""
    name = reachable(host)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def normal_prefix(path: str) -> str:
    """Return the path that pages live below, without a slash at its end; empty for the root.

    Raises:
        ValueError: it has an empty or dotted part, or a character that would be encoded.
    """
    if not PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError(f"its path must be plain words between slashes, was {path[:80]!r}")
    return path.rstrip("/")


def _normal_host(host: str) -> str:
    """Return *host* in small letters, international ones encoded, an IPv6 address in brackets.

    Raises:
        ValueError: it is no host.
    """
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host)}]"
    name = host if host.isascii() else host.encode("idna").decode()
    if not NAME.fullmatch(name.lower()):
        raise ValueError(f"its host must be a name or an address, was {host[:80]!r}")
    return name.lower()
