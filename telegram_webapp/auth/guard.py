"""The one place that lets requests in: host, credential, origin, budget, role, in that order."""

import re
from typing import Final

from flask import Flask, Response, current_app, g, request

from store.access import Identity, Role
from telegram_webapp.auth.cookie import SessionCookie
from telegram_webapp.auth.doorman import Doorman
from telegram_webapp.auth.hosts import Hosts
from telegram_webapp.auth.needs import Needs, needs_of
from telegram_webapp.auth.origin import SAFE_METHODS, check_origin
from telegram_webapp.auth.transport import Transport
from telegram_webapp.limits import Budget, Limits, of_changes, of_requests, of_strangers
from telegram_webapp.problems import Problem

SECRET: Final = re.compile(r"[A-Za-z0-9._~+/=-]{1,128}")
FORGOTTEN: Final = Needs(Role.OWNER)
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="Quarterdeck"'}


class Guard:
    """Stands before every view of an application."""

    def __init__(
        self, doorman: Doorman, limits: Limits, hosts: Hosts, cookie: SessionCookie
    ) -> None:
        self._doorman = doorman
        self._limits = limits
        self._hosts = hosts
        self._cookie = cookie
        self._transport = Transport()

    def install(self, app: Flask) -> None:
        """Check every request of *app* from now on."""
        app.before_request(self._check)
        app.after_request(self._take_dead_cookie)
        app.after_request(self._tell_budget)

    def optional_identity(self) -> Identity | None:
        """Return who asks for a public page, if that is known; a dead cookie is no fault there.

        Raises:
            Problem: a key was sent that is none.
        """
        secret, by_cookie = self._secret()
        if secret is None:
            return None
        if not by_cookie:
            return self._identify()[0]
        identity = self._recognise(secret)
        g.dead_cookie = identity is None
        return identity

    def _check(self) -> None:
        """Let the current request in, or raise.

        Raises:
            Problem: it may not come in.
        """
        g.budget = of_strangers(request.remote_addr or "")
        self._hosts.check(request.headers.get("Host"))
        if request.endpoint is None:
            return  # nothing is there: Flask says so
        needs = needs_of(current_app.view_functions[request.endpoint]) or FORGOTTEN
        if request.method not in SAFE_METHODS or self._secret()[0] is not None:
            self._transport.check(request)
        if needs.role is None:
            self._check_origin(by_cookie=False)
            return
        identity, by_cookie = self._identify()
        self._check_origin(by_cookie=by_cookie)
        changes = request.method not in SAFE_METHODS
        g.budget = (of_changes if changes else of_requests)(identity.credential_id)
        if changes:
            self._limits.change(identity.credential_id)
        elif needs.counted:
            self._limits.request(identity.credential_id)
        if not identity.role.includes(needs.role):
            if changes:
                self._doorman.record_refusal(identity, f"{request.method} {request.path}")
            detail = f"this needs the role {needs.role}, yours is {identity.role}"
            raise Problem(403, "role_needed", detail)
        g.identity = identity

    def _check_origin(self, *, by_cookie: bool) -> None:
        check_origin(request, by_cookie=by_cookie, public_origin=self._hosts.public_origin)

    def _identify(self) -> tuple[Identity, bool]:
        """Return who asks, and whether a cookie says so.

        Raises:
            Problem: nobody we know.
        """
        secret, by_cookie = self._secret()
        if secret is None:
            detail = "sign in with a one-time link, or send an API key as Authorization: Bearer"
            raise Problem(401, "not_signed_in", detail, CHALLENGE)
        identity = self._recognise(secret)
        if identity is None:
            g.dead_cookie = by_cookie
            self._limits.wrong(request.remote_addr or "")
            detail = "this key or session is not known, was revoked or has expired"
            raise Problem(401, "unknown_credential", detail, CHALLENGE)
        return identity, by_cookie

    def _recognise(self, secret: str) -> Identity | None:
        return self._doorman.identify(secret) if SECRET.fullmatch(secret) else None

    def _secret(self) -> tuple[str | None, bool]:
        header = request.headers.get("Authorization")
        if header is None:
            return self._cookie.read(request), True
        scheme, _, secret = header.partition(" ")
        return (secret.strip() if scheme.lower() == "bearer" else ""), False

    def _take_dead_cookie(self, response: Response) -> Response:
        if g.get("dead_cookie"):
            self._cookie.take(request, response)
        return response

    def _tell_budget(self, response: Response) -> Response:
        budget: Budget | None = g.get("budget")
        if budget is not None and request.path.startswith("/api/"):
            policy, left = self._limits.told(budget)
            response.headers["RateLimit-Policy"] = policy
            response.headers["RateLimit"] = left
        return response


def current_identity() -> Identity:
    """Return who makes the current request, which the guard has let in; the answer is theirs."""
    g.is_personal = True
    identity: Identity = g.identity
    return identity
