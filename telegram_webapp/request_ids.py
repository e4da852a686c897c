"""Gives each request an id, the proxy's if it has one, else ours; logs and answers tell it."""

import re
import secrets
from typing import Final

from flask import Flask, Response, request

from infra.correlation import correlation_id, name_from_here

HEADER: Final = "X-Request-Id"
FORM: Final = re.compile(r"[\w.:-]{6,64}", re.ASCII)


def install_request_ids(app: Flask) -> None:
    """Name what each request sets off; each has a greenlet of its own, and so an id of its own."""

    @app.before_request
    def name_it() -> None:
        given = request.headers.get(HEADER, "")
        name_from_here(given if FORM.fullmatch(given) else secrets.token_hex(4))

    @app.after_request
    def tell_it(response: Response) -> Response:
        if request.path.startswith("/api/"):  # the page's files are many and have no story
            response.headers[HEADER] = correlation_id()
        return response

    @app.teardown_request
    def forget_it(_error: BaseException | None) -> None:
        name_from_here("")
