"""The page itself, and its files."""

import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request
from werkzeug.wsgi import wrap_file

from core.changes import FIELDS
from core.dashboard import FOLD_TABLE
from core.errors import StoreError
from store.access import Identity
from store.preferences import Preferences, read_preferences
from telegram_webapp.assets import Packed
from telegram_webapp.auth.needs import public
from telegram_webapp.compression import accepted
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply_html
from telegram_webapp.routes.state import told
from telegram_webapp.site import Site
from utils.version import VERSION

VIEWS: Final = (
    "/", "/market", "/signals", "/performance", "/ab-test", "/trades", "/more",
    "/alerts", "/access", "/settings", "/exchange", "/system", "/enhanced", "/display",
)  # fmt: skip
# what those who are not signed in see
SIGN_IN: Final = ("css/signin.css", "js/views/signin.js")
FOR_EVER: Final = "public, max-age=31536000, immutable"
FOR_A_DAY: Final = "public, max-age=86400"
ICON: Final = "icon.svg"
# what a page needs before it draws anything, of those who wish to see it otherwise than it comes
DRESS: Final = ("css/display.css", "js/display.js", "js/layout.js")

log = logging.getLogger(__name__)


def page_routes(site: Site) -> Blueprint:
    """Serve the page to everybody, with data in it only for those who are signed in."""
    blueprint = Blueprint("page", __name__)

    @public
    def page() -> Response:
        """Return the page; its script opens the view that the path names."""
        identity = site.guard.optional_identity()
        snapshot = site.link.snapshot() if identity else None
        known = snapshot is not None and snapshot.data is not None
        wishes = _wishes(site, identity) if identity else None
        boot = {
            "static": site.assets.base,
            "plotly": site.assets.plotly,
            "version": VERSION,
            "role": identity.role if identity else None,
            "fold": FOLD_TABLE,
            "fields": FIELDS,
            "preferences": wishes,
            **_trading(site),
            "snapshot": msgspec.Raw(told(snapshot)) if snapshot and known else None,
        }
        dressed = wishes is not None and wishes != Preferences()
        more = DRESS if dressed else ()
        return reply_html(site.assets.page(boot, more if identity else SIGN_IN))

    for path in VIEWS:
        blueprint.add_url_rule(path, view_func=page)

    @blueprint.get("/static/<digest>/<path:name>")
    @public
    def static(digest: str, name: str) -> Response:
        """Return one of the page's files.

        Raises:
            Problem: there is none of that name in this version.
        """
        found = site.assets.file(name, accepted(request)) if digest == site.assets.digest else None
        if found is None:
            detail = "the page has no such file, or it is of another version: load the page again"
            raise Problem(404, "not_found", detail)
        return _file(site, found, FOR_EVER)

    @blueprint.get("/favicon.ico")
    @public
    def favicon() -> Response:
        """Return the icon to browsers that do not read the page first.

        Raises:
            Problem: there is none.
        """
        found = site.assets.file(ICON, accepted(request))
        if found is None:
            raise Problem(404, "not_found", "the page has no icon")
        return _file(site, found, FOR_A_DAY)

    return blueprint


def _wishes(site: Site, identity: Identity) -> Preferences | None:
    """Return how *identity* wishes to see the page, None when that cannot be told now."""
    try:
        kept, _ = in_thread(read_preferences, site.doorman.store.database, identity.owner_id)
    except StoreError as error:
        log.warning("the page is shown as it comes: %s", error)
        return None
    return kept


def _trading(site: Site) -> dict[str, Any]:
    """Return what the settings say of pages about trading, where that is not the usual."""
    said = site.settings.trading.model_dump(exclude_defaults=True, exclude={"chart_history_days"})
    return {"trading": said} if said else {}


def _file(site: Site, found: Packed, kept: str) -> Response:
    response = Response(mimetype=found.mimetype)
    if found.encoding:
        response.content_encoding = found.encoding
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = kept
    # What is kept for ever has its version in its path; here it would only weigh.
    version = "" if kept == FOR_EVER else site.assets.digest
    response.set_etag(f"{version}{found.encoding or 'plain'}", weak=True)
    if response.make_conditional(request).status_code == HTTPStatus.OK:
        _fill(response, found.body)
    return response


def _fill(response: Response, body: bytes | Path) -> None:
    """Make *body* that of *response*; a file is sent piece by piece, not held in memory.

    Raises:
        Problem: the file is not there any more.
    """
    if isinstance(body, bytes):
        response.set_data(body)
        return
    try:
        response.content_length = body.stat().st_size
        if request.method == "GET":
            response.response = wrap_file(request.environ, body.open("rb"))
            response.direct_passthrough = True
    except OSError as error:
        raise Problem(404, "not_found", "the file is not there any more") from error
