"""What proxies before us say of a request, believed only of those that are trusted.

Source: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from utils.addresses import normal_prefix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORWARDED: Final = "HTTP_X_FORWARDED_"
BELIEVED: Final = "quarterdeck.proxies"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Proxies:
    """Wraps an application that shall see each request as its sender made it.

    Promise: below it ``REMOTE_ADDR`` is who asks, the scheme and Host are those of the page's
    address, ``SCRIPT_NAME`` is the path that the page lives under, and no ``X-Forwarded-*`` of
    anybody is left. The chain of addresses is read from the right: the first that is no trusted
    proxy is who asks, so nobody can put another's address before their own.

    Werkzeug's ProxyFix counts a fixed number of proxies; this one knows them by address, so that
    the same instance can be reached through a tunnel, through a proxy and directly.
    """

    def __init__(
        self, app: "WSGIApplication", trusted: Sequence[str], public_url: str | None
    ) -> None:
        self._app = app
        self._trusted = [ipaddress.ip_network(network) for network in trusted]
        parts = urlsplit(public_url or "")
        self._public_scheme = parts.scheme
        self._public_host = parts.netloc
        self._public_prefix = parts.path.rstrip("/")

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        told = _take_forwarded(environ)
        peer = parse_address(environ.get("REMOTE_ADDR", ""))
        hops = self._believe(environ, peer, told)
        environ[BELIEVED] = hops
        if not hops or "PROTO" not in told:
            self._infer_scheme(
                environ, is_near=bool(hops) or (peer is not None and peer.is_loopback)
            )
        prefix = _prefix(_nearest(told.get("PREFIX", ""), hops)) if hops else ""
        self._take_prefix(environ, prefix)
        if environ["SCRIPT_NAME"] and not environ["PATH_INFO"]:
            return _with_slash(environ, start_response)
        return self._app(environ, start_response)

    def _believe(
        self, environ: "WSGIEnvironment", peer: Address | None, told: dict[str, str]
    ) -> int:
        """Take over what trusted proxies say; return how many of them the request came through."""
        if peer is None or not self._is_trusted(peer):
            return 0
        hops, client = 1, peer
        for text in reversed(told.get("FOR", "").split(",")):
            address = parse_address(text)
            if address is None:
                break
            client = address
            if not self._is_trusted(address):
                break
            hops += 1
        environ["REMOTE_ADDR"] = str(client)
        scheme = _nearest(told.get("PROTO", ""), hops).lower()
        if scheme in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme
        if host := _nearest(told.get("HOST", ""), hops):
            environ["HTTP_HOST"] = host
        return hops

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)

    def _infer_scheme(self, environ: "WSGIEnvironment", *, is_near: bool) -> None:
        """Take a request for the public address, from a proxy that says no scheme, as its own."""
        if is_near and self._public_host and self._is_public(environ):
            environ["wsgi.url_scheme"] = self._public_scheme

    def _is_public(self, environ: "WSGIEnvironment") -> bool:
        return str(environ.get("HTTP_HOST", "")).lower() == self._public_host

    def _take_prefix(self, environ: "WSGIEnvironment", told: str) -> None:
        """Part the path that the page lives under from the path in it.

        A proxy may have taken it off already: then it says so, or the public URL does.
        """
        path = environ.get("PATH_INFO", "")
        for prefix in filter(None, (told, self._public_prefix)):
            if path == prefix or path.startswith(f"{prefix}/"):
                environ["SCRIPT_NAME"], environ["PATH_INFO"] = prefix, path[len(prefix) :]
                return
        stripped = self._public_prefix if self._is_public(environ) else ""
        environ["SCRIPT_NAME"] = told or stripped


def parse_address(text: str) -> Address | None:
    """Return the address that *text* is, with a port or without; None if it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.version == 6 and address.ipv4_mapped) or address  # noqa: PLR2004


def _take_forwarded(environ: "WSGIEnvironment") -> dict[str, str]:
    """Take what is said in the name of proxies out of *environ*, whoever says it."""
    names = [name for name in environ if name.startswith(FORWARDED)]
    return {name.removeprefix(FORWARDED): str(environ.pop(name)) for name in names}


def _nearest(text: str, hops: int) -> str:
    """Return what the farthest of *hops* trusted proxies said; they add to the right, if at all."""
    said = [part.strip() for part in text.split(",") if part.strip()]
    return said[-min(hops, len(said))] if said else ""


def _prefix(text: str) -> str:
    try:
        return normal_prefix(text)
    except ValueError:
        return ""


def _with_slash(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Send who asks for the path itself to the page in it: links on it are relative."""
    query = environ.get("QUERY_STRING", "")
    place = quote(environ["SCRIPT_NAME"]) + "/" + (f"?{query}" if query else "")
    start_response(
        "308 Permanent Redirect",
        [("Location", place), ("Content-Length", "0"), ("Cache-Control", "no-store")],
    )
    return [b""]
