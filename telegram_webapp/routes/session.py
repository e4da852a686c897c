"""Signing in with a one-time code, signing out, and who one is."""

from typing import Final, TypedDict

import msgspec
from flask import Blueprint, Response, request

from store.access import Identity, Role
from telegram_webapp.auth.client import client_name
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import public, requires
from telegram_webapp.body import read_body
from telegram_webapp.described import NO_DATABASE, Kept, Refusal, described
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

HOUR_MS = 3_600_000


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is posted to sign in."""

    code: str


class Who(TypedDict):
    """Who asks, by what, and until when that is good."""

    subject: str
    role: Role
    via: str
    expires_at: At | None


BAD_CODE: Final = Refusal(401, "bad_code", "the code was used, is too old or is none of ours")
TOO_MANY: Final = Refusal(429, "too_many", "too many wrong codes came from there")
NO_SESSION: Final = Refusal(409, "not_a_session", "a key asks, which is no session")


def session_routes(site: Site) -> Blueprint:
    """Serve signing in and out."""
    blueprint = Blueprint("session", __name__)

    @blueprint.post("/api/auth/login")
    @public
    @described(body=Login, answers=Who, problems=(BAD_CODE, TOO_MANY, NO_DATABASE))
    def login() -> Response:
        """Exchange a one-time code for a session in a cookie.

        Raises:
            Problem: the code is no good.
        """
        code = read_body(Login).code
        life_ms = site.settings.session_hours * HOUR_MS
        opened = in_thread(
            site.doorman.store.redeem_code,
            code,
            now=site.clock.now(),
            life_ms=life_ms,
            client=client_name(request.user_agent.string),
            address=request.remote_addr or "",
        )
        if opened is None:
            site.limits.wrong(request.remote_addr or "")
            detail = "this code was used, is older than ten minutes, or is none of ours"
            raise Problem(401, "bad_code", detail)
        secret, identity = opened
        response = reply(_shown(identity))
        site.cookie.give(request, response, secret, life_ms)
        return response

    @blueprint.post("/api/auth/logout")
    @requires(Role.VIEWER)
    @described(status=204, problems=(NO_SESSION,))
    def logout() -> Response:
        """End the session and forget the cookie.

        Raises:
            Problem: it is an API key that asks.
        """
        identity = current_identity()
        if identity.via == "key":
            detail = "a key is no session: revoke it with the command keys revoke"
            raise Problem(409, "not_a_session", detail)
        in_thread(site.doorman.store.revoke_session, identity, site.clock.now())
        site.doorman.forget(identity)
        response = Response(status=204)
        site.cookie.take(request, response)
        return response

    @blueprint.get("/api/me")
    @requires(Role.VIEWER)
    @described(answers=Who, kept=Kept.NEVER)
    def me() -> Response:
        """Return who asks."""
        return reply(_shown(current_identity()))

    return blueprint


def _shown(identity: Identity) -> Who:
    return {
        "subject": identity.subject,
        "role": identity.role,
        "via": identity.via,
        "expires_at": identity.expires_at,
    }
