"""The report: written when asked for, and handed out as a file that opens offline."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from flask import Blueprint, Response, request
from werkzeug.wsgi import wrap_file

from store.access import Role
from store.audit import DONE, AuditRow
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import OF_HISTORY, Kept, Refusal, described
from telegram_webapp.offload import in_thread
from telegram_webapp.parameters import MAX_ACCOUNT
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.report import Reports, ReportStatus
from telegram_webapp.site import Site

# Its scripts are its own: they may draw, but neither ask this server nor anybody else.
SANDBOX: Final = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class WantedReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is posted: of which account, the engine's unless given."""

    account: Annotated[int, msgspec.Meta(ge=1, le=MAX_ACCOUNT)] | None = None


NONE_YET: Final = Refusal(404, "no_report", "no report was written yet")
JUST_NOW: Final = Refusal(429, "too_many", "one was written only just now")


def report_routes(site: Site) -> Blueprint:
    """Serve the report and how it is."""
    blueprint = Blueprint("report", __name__)
    reports = Reports(site.settings, site.clock)

    @blueprint.get("/api/report")
    @requires(Role.VIEWER)
    @described(files=("text/html",), problems=(NONE_YET,), kept=Kept.ASKED_ANEW)
    def report() -> Response:
        """Return the newest report as a file."""
        return _file(reports)

    @blueprint.get("/api/report/status")
    @requires(Role.VIEWER)
    @described(answers=ReportStatus)
    def status() -> Response:
        """Return whether there is a report, how old it is, and whether one is being written."""
        return reply(reports.status())

    @blueprint.post("/api/report")
    @requires(Role.TRADER)
    @described(
        body=WantedReport,
        answers=ReportStatus,
        status=HTTPStatus.ACCEPTED,
        problems=(*OF_HISTORY, JUST_NOW),
    )
    def write() -> Response:
        """Begin to write a new one; its status says when it is there.

        Raises:
            Problem: the last one was written only just now, or there is no such account.
            StoreError: the audit cannot be written.
        """
        asked = read_body(WantedReport)
        account = site.archive.account(asked.account)
        identity = current_identity()
        row = AuditRow(
            at=site.clock.now(), actor=identity.subject, role=identity.role, action="report",
            detail={"account": account.id}, result=DONE,
        )  # fmt: skip
        reports.start(account.id)
        in_thread(site.doorman.store.audit.record, row)
        response = reply(reports.status())
        response.status_code = HTTPStatus.ACCEPTED
        return response

    return blueprint


def _file(reports: Reports) -> Response:
    """Return the file, piece by piece.

    Raises:
        Problem: there is none.
    """
    status = reports.status()
    try:
        body = reports.path.open("rb")
    except OSError as error:
        detail = "no report was written yet: ask for one, or wait for the day's"
        raise Problem(404, "no_report", detail) from error
    response = Response(mimetype="text/html")
    response.headers["Content-Disposition"] = 'attachment; filename="quarterdeck-report.html"'
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = Kept.ASKED_ANEW
    response.headers["X-Report-Age-Ms"] = str(status.age_ms)
    response.set_etag(f"{status.written_at}-{status.bytes}", weak=True)
    is_wanted = response.make_conditional(request).status_code == HTTPStatus.OK
    if is_wanted and request.method == "GET":
        response.response = wrap_file(request.environ, body)
        response.direct_passthrough = True
    else:
        body.close()
    return response
