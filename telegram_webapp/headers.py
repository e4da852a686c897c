"""What every response says to the browser about trust."""

from collections.abc import Iterable
from typing import Final

from flask import Flask, Response, request

# style-src and img-src are what Plotly needs; Telegram Web shows the page in a frame.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self' https://telegram.org; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; "
    "connect-src 'self'; "
    "font-src 'self'; "
    "manifest-src 'self'; "
    "base-uri 'none'; "
    "form-action 'none'; "
    "frame-ancestors 'self' https://web.telegram.org"
)

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# The other rules are about documents; on each of the page's many parts they would only weigh.
PARTS: Final = {"text/javascript", "text/css"}
PART_HEADERS: Final = {
    name: SECURITY_HEADERS[name]
    for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
}


# Half a year: long enough to matter, and a name that is given up is free again in the end.
# Names below it are left alone: they may belong to somebody else's machine.
STRICT_TRANSPORT: Final = "max-age=15552000"


def install_headers(app: Flask) -> None:
    """Add what the browser must know to every response; what says nothing else is not stored."""

    @app.after_request
    def add(response: Response) -> Response:
        if request.is_secure and response.mimetype not in PARTS:
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        return add_headers(response)


def add_headers(response: Response) -> Response:
    """Return *response* with what it does not say itself."""
    wanted = PART_HEADERS if response.mimetype in PARTS else SECURITY_HEADERS
    response.headers.extend(
        (name, value) for name, value in wanted.items() if name not in response.headers
    )
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def closing_head(status: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the head of a response that is written past the server and ends the connection."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
