"""Whether a request that changes something was made by our own page.

Source: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Request

from telegram_webapp.problems import Problem

SAFE_METHODS: Final = {"GET", "HEAD"}


def check_origin(request: Request, *, by_cookie: bool, public_origin: str = "") -> None:
    """Raise if another site sends *request*, or if a cookie came without proof of the site.

    A browser adds the cookie whoever asks; a program sends its key on purpose. A proxy may hand
    on another Host than the browser asked for, so a page of *public_origin* is ours as well.

    Raises:
        Problem: it may not be ours, or its body is not JSON, which other sites' forms cannot send.
    """
    if request.method in SAFE_METHODS:
        return
    if not _is_ours(request, public_origin, unless_told=not by_cookie):
        detail = "a request that changes something must come from this page, or with an API key"
        raise Problem(403, "cross_site", detail)
    if request.mimetype != "application/json":
        raise Problem(415, "not_json", "Content-Type must be application/json")


def _is_ours(request: Request, public_origin: str, *, unless_told: bool) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    if origin is None:
        return unless_told
    if public_origin and origin.lower() == public_origin:
        return True
    try:
        return urlsplit(origin).netloc.lower() == request.headers.get("Host", "").lower()
    except ValueError:
        return False
