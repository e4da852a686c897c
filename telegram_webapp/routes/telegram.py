"""Signing in by what Telegram vouches for."""

from typing import Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response, request

from store.access import Role, User
from telegram_webapp.auth.client import client_name
from telegram_webapp.auth.init_data import BadInitData, Checker, Person, signed_at
from telegram_webapp.auth.needs import public
from telegram_webapp.body import read_body
from telegram_webapp.described import NO_DATABASE, Refusal, described
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.shapes import At
from telegram_webapp.site import Site

MINUTE_MS = 60_000
HOUR_S = 3600


class Launch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is posted: ``Telegram.WebApp.initData`` as it is."""

    init_data: str


class Token(TypedDict):
    """A token for Authorization: Bearer, whose it is and until when it is good."""

    token: str
    subject: str
    name: str
    role: Role
    via: str
    expires_at: At | None


PROBLEMS: Final = (
    NO_DATABASE,
    Refusal(401, "bad_init_data", "Telegram does not vouch for it"),
    Refusal(403, "unknown_user", "the owner was asked to let you in"),
    Refusal(403, "blocked_user", "you may not come in"),
    Refusal(429, "too_many", "too many tries"),
    Refusal(503, "telegram_off", "there is no bot"),
)


def telegram_routes(site: Site) -> Blueprint:
    """Serve the exchange of init data for a token."""
    blueprint = Blueprint("telegram", __name__)
    key = site.settings.telegram_key

    @blueprint.post("/api/auth/telegram")
    @public
    @described(body=Launch, answers=Token, problems=PROBLEMS)
    def sign_in() -> Response:
        """Return a token that is good for a short while; it belongs into the page's memory.

        Raises:
            Problem: Telegram does not vouch for it, or the person may not come in.
        """
        launch = read_body(Launch)
        if not key:
            detail = "signing in by Telegram is off: TELEGRAM_BOT_TOKEN is not set"
            raise Problem(503, "telegram_off", detail)
        settings = site.settings
        checker = Checker(key, settings.telegram_open_hours * HOUR_S)
        try:
            person = checker.check(launch.init_data, site.clock.now())
        except BadInitData as error:
            site.limits.wrong(request.remote_addr or "")
            raise Problem(401, "bad_init_data", f"init_data is refused: {error}") from error
        site.limits.change(f"telegram-{person.id}")
        user = _known(site, person)
        _not_signed_out(site, person, signed_at(launch.init_data))
        opened = in_thread(
            site.doorman.store.open_session_for,
            user,
            via="telegram",
            now=site.clock.now(),
            life_ms=settings.telegram_session_minutes * MINUTE_MS,
            client=client_name(request.user_agent.string, in_telegram=True),
            address=request.remote_addr or "",
        )
        secret, identity = opened
        return reply(
            {
                "token": secret,
                "subject": identity.subject,
                "name": user.name,
                "role": identity.role,
                "via": identity.via,
                "expires_at": identity.expires_at,
            }
        )

    return blueprint


def _not_signed_out(site: Site, person: Person, at: int) -> None:
    """Refuse what was signed before a session of that person was ended on purpose.

    Raises:
        Problem: so it was: ending a session would end nothing, if its page came in again.
    """
    ended_at = in_thread(site.doorman.store.signed_out_at, person.id)
    if ended_at is not None and at < ended_at // 1000 * 1000:
        detail = "init_data is refused: its session was ended, open the page from the bot again"
        raise Problem(401, "bad_init_data", detail)


def _known(site: Site, person: Person) -> User:
    """Return the allowed user that *person* is.

    Raises:
        Problem: they may not come in; who is new was noted, and the owner will hear of it.
    """
    users = site.doorman.store.users
    now = site.clock.now()
    user = in_thread(users.ask, person.id, person.name, person.username, now)
    if user.status == "allowed" and user.role is not None:
        in_thread(users.seen, person.id, person.name, person.username, now)
        # what they are called today is what the audit shows of this session
        return in_thread(users.find, person.id) or user
    about: dict[str, Any] = {"user_id": person.id, "name": user.name}
    if user.status == "blocked":
        detail = f"you may not come in; your id is {person.id}"
        raise Problem(403, "blocked_user", detail, about=about)
    detail = f"this deck is private: its owner was asked to let you in. Your id is {person.id}"
    raise Problem(403, "unknown_user", detail, about=about)
