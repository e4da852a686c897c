"""What every response says to the browser about trust."""

from typing import Final

from flask import Flask, Response

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


def install_headers(app: Flask) -> None:
    """Add `SECURITY_HEADERS` to every response; what says nothing else is not stored."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    response.headers.extend(
        (name, value) for name, value in SECURITY_HEADERS.items() if name not in response.headers
    )
    response.headers.setdefault("Cache-Control", "no-store")
    return response
