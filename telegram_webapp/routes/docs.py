"""What the API takes and answers: as OpenAPI for programs, as a page for people."""

from typing import Any

import msgspec
from flask import Blueprint, Response, current_app

from telegram_webapp.api_pages import page
from telegram_webapp.auth.needs import public
from telegram_webapp.described import Kept, described
from telegram_webapp.openapi import document
from telegram_webapp.replies import reply, reply_html
from telegram_webapp.site import Site


def docs_routes(site: Site) -> Blueprint:
    """Serve the description of every route."""
    blueprint = Blueprint("docs", __name__)
    made: dict[str, bytes] = {}

    @blueprint.get("/api/openapi.json")
    @public
    @described(answers=dict[str, Any], kept=Kept.A_WHILE, example={"openapi": "3.1.0"})
    def openapi() -> Response:
        """Return this description, as an OpenAPI 3.1 document."""
        if "json" not in made:
            made["json"] = msgspec.json.encode(document(current_app))
        response = reply(made["json"])
        response.headers["Cache-Control"] = Kept.A_WHILE
        return response

    @blueprint.get("/api/docs")
    @public
    @described(files=("text/html",), kept=Kept.A_WHILE)
    def docs() -> Response:
        """Return this description as a page, with a line for a shell for each route."""
        if "html" not in made:
            made["html"] = page(document(current_app), f"../{site.assets.base}")
        response = reply_html(made["html"])
        response.headers["Cache-Control"] = Kept.A_WHILE
        return response

    return blueprint
