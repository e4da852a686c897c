"""Gunicorn's gevent worker with bounds: what a connection sends or takes costs only itself."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

import gevent
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.ggevent import GeventWorker
from typing_extensions import override

REQUEST_S: Final = 120.0  # the page's largest file in that time needs 9 kB a second
REFUSALS: Final[Mapping[type[Exception], HTTPStatus]] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}

log = logging.getLogger(__name__)


class BoundedWorker(GeventWorker):  # type: ignore[misc]
    """Serves requests, each a place among ``worker_connections`` until its answer is taken.

    Promise: nobody holds a place for longer than `REQUEST_S`, and what is no HTTP is refused
    in the same words and with the same headers as everything else. Streams hold no place.
    """

    @override
    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Answer one request, or drop the connection of who takes too long over it.

        Raises:
            StopIteration: the connection is done with; gunicorn closes it.
        """
        try:
            with gevent.Timeout(REQUEST_S):
                super().handle_request(listener_name, req, sock, addr)
        except gevent.Timeout:
            log.info("A request of %s took over %d s and was dropped", addr[0], REQUEST_S)
            raise StopIteration from None

    @override
    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Refuse what is no request; its text is not logged, there may be secrets in it."""
        if not isinstance(exc, errors.ParseException):
            super().handle_error(req, client, addr, exc)
            return
        # here, so that the process that only watches the worker stays small
        from telegram_webapp.headers import add_headers, closing_head  # noqa: PLC0415
        from telegram_webapp.problems import problem_response  # noqa: PLC0415

        log.info("What %s sent is no HTTP request: %s", addr[0], type(exc).__name__)
        status = REFUSALS.get(type(exc), HTTPStatus.BAD_REQUEST)
        response = problem_response(status, "no_request", "this is no request of HTTP/1.1")
        add_headers(response)
        head = closing_head(response.status, response.headers)
        with suppress(OSError):
            write_nonblock(client, head + response.get_data())
