"""Files for programs without our credentials: Telegram's own downloader, or a browser it opens.

A page in Telegram may not save files itself, and the client that does knows no token. So the page
asks for a link that is good once and for a minute.

Source: https://core.telegram.org/bots/webapps#downloadfileparams
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, TypedDict
from urllib.parse import unquote_to_bytes

import msgspec
from flask import Blueprint, Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from store.access import Identity, Role
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import needs_of, public, requires
from telegram_webapp.body import read_body
from telegram_webapp.described import Refusal, described
from telegram_webapp.problems import BadParameter, Problem
from telegram_webapp.query import of_path, part
from telegram_webapp.replies import reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site
from telegram_webapp.tickets import LIFE_MS, Ticket, Tickets

TELEGRAM_WEB: Final = "https://web.telegram.org"
MAX_PATH: Final = 1000
# What an address may hold, percent-encoded: nothing beyond ASCII, no space, no hash.
WANTED: Final = re.compile(r"/?(?P<path>api/[!-\"$->@-~]+)(?:\?(?P<query>[!-\"$-~]*))?")
NOT_BY_LINK: Final = {"stream.stream", "downloads.fetch", "health.stream_probe"}
# What belongs to the request for the link, and would make half an answer of what it names.
OF_THE_LINK: Final = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE")


class WantedLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is posted to get a link: where the answer is, below the address of the page."""

    path: str


class GivenLink(TypedDict):
    """A link, below the address of the page, and until when it is good."""

    path: str
    expires_at: At


SECRET: Final = part("secret", "what the link ends in", "example")
USED_UP: Final = Refusal(404, "used_up", "the link was used, is too old or is none")
NOT_SERVED: Final = Refusal(404, "not_found", "nothing is served there by a link")
OTHERS: Final = Refusal(403, "role_needed", "who asked for the link may not see it")


def download_routes(site: Site) -> Blueprint:
    """Serve links that are good once."""
    blueprint = Blueprint("downloads", __name__)
    tickets = Tickets(site.clock)

    @blueprint.post("/api/downloads")
    @requires(Role.VIEWER)
    @described(body=WantedLink, answers=GivenLink, problems=(NOT_SERVED,))
    def offer() -> Response:
        """Return a link to what may be read at a path, good once and for a minute.

        Raises:
            BadParameter: the path is none below api/.
            Problem: nothing can be had there by a link, or not by who asks.
        """
        asked = read_body(WantedLink).path
        match = WANTED.fullmatch(asked) if len(asked) <= MAX_PATH else None
        if match is None:
            raise BadParameter("path", f"one that begins with api/, at most {MAX_PATH} long", asked)
        identity = current_identity()
        path = "/" + unquote_to_bytes(match["path"]).decode("utf-8", "replace")
        _view_of(current_app, path, identity)
        secret = tickets.give(identity, path, match["query"] or "")
        expires_at = site.clock.now() + LIFE_MS
        return reply({"path": f"api/downloads/{secret}", "expires_at": expires_at})

    @blueprint.get("/api/downloads/<secret>")
    @public
    @described(takes=(SECRET,), files=("*/*",), problems=(USED_UP, NOT_SERVED, OTHERS))
    def fetch(secret: str) -> Response:
        """Answer as if who got the link had asked, once; who only looks does not use it up.

        Raises:
            Problem: the link was used, is too old or is none, or its owner may no longer read.
        """
        look, asked = request.method == "HEAD", of_path(SECRET, secret)
        ticket = tickets.look(asked) if look else tickets.take(asked)
        if ticket is None or not site.doorman.still_valid(ticket.identity):
            detail = "this link was used, or is older than a minute: ask the page for another"
            raise Problem(404, "used_up", detail)
        response = _answer(current_app, ticket)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Access-Control-Allow-Origin"] = TELEGRAM_WEB
        return response

    return blueprint


def _view_of(
    app: Flask, path: str, identity: Identity
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return the view at *path* and its arguments.

    Raises:
        Problem: there is none for a link, or *identity* may not see it.
    """
    try:
        endpoint, arguments = app.create_url_adapter(request).match(path, "GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect) as error:
        raise Problem(404, "not_found", "nothing is served at this path") from error
    view: Callable[..., Any] = app.view_functions[endpoint]
    needs = needs_of(view)
    if endpoint in NOT_BY_LINK or needs is None:
        raise Problem(404, "not_found", "this is not served by a link")
    if needs.role is not None and not identity.role.includes(needs.role):
        detail = f"this needs the role {needs.role}, yours is {identity.role}"
        raise Problem(HTTPStatus.FORBIDDEN, "role_needed", detail)
    return view, dict(arguments)


def _answer(app: Flask, ticket: Ticket) -> Response:
    """Return what *ticket* names, as its owner would get it.

    Raises:
        Problem: it is not there any more.
    """
    view, arguments = _view_of(app, ticket.path, ticket.identity)
    environ = {
        name: value
        for name, value in request.environ.items()
        if not name.startswith("werkzeug.") and name not in OF_THE_LINK
    }
    path = ticket.path.encode().decode("latin-1")  # as WSGI has it
    environ.update(PATH_INFO=path, QUERY_STRING=ticket.query, REQUEST_METHOD="GET")
    with app.request_context(environ):
        g.identity = ticket.identity
        response: Response = app.make_response(view(**arguments))
    return response
