"""The machine, its processes, and how the work beside trading goes."""

from functools import partial
from typing import Annotated, Final

import msgspec
from flask import Blueprint, Response

from store.access import Role
from store.database import Database
from store.pipelines import PipelineRun, pipeline_runs
from telegram_webapp import query
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import NO_ACCOUNT, NO_DATABASE, described
from telegram_webapp.engine_room import system_now
from telegram_webapp.replies import reply
from telegram_webapp.site import Site
from telegram_webapp.system_shapes import Runs, System

LONGEST_MS: Final = 60_000
MOST_DELAYS: Final = 20

Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_MS)]


class PageVitals(msgspec.Struct, forbid_unknown_fields=True):
    """What a page has measured: a small request's round trip, events' delays, ms."""

    trip_ms: Milliseconds | None = None
    delays_ms: Annotated[list[Milliseconds], msgspec.Meta(max_length=MOST_DELAYS)] = []


NAME: Final = query.part("name", "the pipeline's name", "retention")


def system_routes(site: Site) -> Blueprint:
    """Serve how everything is."""
    blueprint = Blueprint("system", __name__)

    @blueprint.get("/api/system")
    @requires(Role.VIEWER)
    @described(answers=System)
    def system() -> Response:
        """Return the machine, our processes, latencies and pipelines as they are now."""
        return reply(system_now(site))

    @blueprint.get("/api/pipelines/<path:name>/runs")
    @requires(Role.VIEWER)
    @described(
        takes=(NAME, query.CURSOR, query.LIMIT), answers=Runs, problems=(NO_DATABASE, NO_ACCOUNT)
    )
    def runs(name: str) -> Response:
        """Return what a pipeline did, newest first; none of one that is unknown."""
        asked = partial(
            _runs, name=query.of_path(NAME, name), cursor=query.CURSOR.read(),
            limit=query.LIMIT.read(),
        )  # fmt: skip
        found, cursor = site.archive.ask(asked)
        return reply({"runs": found, "next_cursor": cursor})

    @blueprint.post("/api/vitals")
    @requires(Role.VIEWER)
    @described(body=PageVitals, status=204)
    def vitals() -> Response:
        """Take what an open page has measured, for the latencies of the system."""
        told = read_body(PageVitals)
        site.vitals.report(told.trip_ms, told.delays_ms)
        return Response(status=204)

    return blueprint


def _runs(
    database: Database, _account_id: int, *, name: str, cursor: str | None, limit: int
) -> tuple[list[PipelineRun], str | None]:
    return pipeline_runs(database, name, cursor, limit)
