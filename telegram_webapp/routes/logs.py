"""What the processes said lately, for owners: secrets are left out when it is written and read."""

import hashlib
from functools import partial
from typing import Final

import msgspec
from flask import Blueprint, Response, request

from infra.log_files import PROCESSES
from infra.log_lines import LEVELS, LogLine
from infra.log_reading import MOST_LINES, FoundLines, LogReader, WantedLines
from store.access import Role
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.described import Kept, described
from telegram_webapp.offload import in_thread
from telegram_webapp.replies import reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

LEVEL: Final = query.choice(
    "level", "only lines of at least this level", [level.lower() for level in LEVELS], "debug"
)
PROCESS: Final = query.one_of("process", "only what this process said", PROCESSES)
TEXT: Final = query.text("text", "only lines that hold these words, in any case", "reconnect")
LIMIT: Final = query.whole_or("limit", "how many lines at most", 1, MOST_LINES, MOST_LINES)


class Logs(msgspec.Struct, kw_only=True):
    """Lines, newest first, and how far back was looked for them.

    ``since`` is the time of the oldest line that was looked at, ``is_whole`` whether nothing older
    is kept; ``processes`` are those whose log is here.
    """

    at: At
    lines: list[LogLine]
    processes: list[str]
    since: At | None
    is_whole: bool


def log_routes(site: Site) -> Blueprint:
    """Serve the newest lines of all logs."""
    blueprint = Blueprint("logs", __name__)
    reader = LogReader(site.settings)

    @blueprint.get("/api/logs")
    @requires(Role.OWNER)
    @described(
        takes=(LEVEL, PROCESS, TEXT, LIMIT), answers=Logs, kept=Kept.ASKED_ANEW,
    )  # fmt: skip
    def logs() -> Response:
        """Return the newest lines of the processes' logs, without secrets."""
        wanted = WantedLines(
            level=LEVEL.read().upper(), process=PROCESS.read(), text=TEXT.read() or "",
            limit=LIMIT.read(),
        )  # fmt: skip
        told = f"{in_thread(reader.version)} {wanted}".encode()
        etag = hashlib.blake2b(told, digest_size=12).hexdigest()
        if request.if_none_match.contains_weak(etag):
            return reply(b"", etag=etag)
        return reply(in_thread(partial(_body, reader, wanted, site.clock.now())), etag=etag)

    return blueprint


def _body(reader: LogReader, wanted: WantedLines, at: int) -> bytes:
    found: FoundLines = reader.newest(wanted)
    return msgspec.json.encode(Logs(at=at, **msgspec.structs.asdict(found)))
