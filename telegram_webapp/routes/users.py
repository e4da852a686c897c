"""Who may come in by Telegram; for owners."""

from typing import Annotated, Any, Final, TypedDict

import msgspec
from flask import Blueprint, Response

from store.access import Identity, Role, User
from telegram_webapp import query
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import Kept, Refusal, described
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.shapes import shown_shape
from telegram_webapp.site import Site

UserId = Annotated[int, msgspec.Meta(gt=0, lt=2**52)]


class Admission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who is let in, or gets another role."""

    user_id: UserId
    role: Role


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is posted where nothing needs to be said: an empty object."""


PERSON: Final = shown_shape("Person", User, User.__struct_fields__, {"is_you": bool})


class Persons(TypedDict):
    """Everybody who may come in, asks to, or may not."""

    users: list[PERSON]  # type: ignore[valid-type]


USER_ID: Final = query.number_part("user_id", "the id of a person at Telegram", 4711)
NOBODY: Final = Refusal(404, "unknown_user_id", "nobody of that id ever came")
ONESELF: Final = Refusal(409, "own_role", "it is oneself")


def user_routes(site: Site) -> Blueprint:
    """Serve the allow-list."""
    blueprint = Blueprint("users", __name__)
    store, clock = site.doorman.store, site.clock

    @blueprint.get("/api/users")
    @requires(Role.OWNER)
    @described(answers=Persons, kept=Kept.NEVER)
    def users() -> Response:
        """Return everybody who may come in, asks to, or may not."""
        own = current_identity().user_id
        return reply({"users": [_user(user, own) for user in in_thread(store.users.listed)]})

    @blueprint.post("/api/users")
    @requires(Role.OWNER)
    @described(body=Admission, answers=PERSON, problems=(ONESELF,))
    def allow() -> Response:
        """Let somebody in, or give them another role; their sessions end."""
        wanted = read_body(Admission)
        identity = current_identity()
        _not_oneself(identity, wanted.user_id)
        user = in_thread(
            store.users.allow, wanted.user_id, wanted.role, identity.subject, clock.now(),
            source="page",
        )  # fmt: skip
        return reply(_user(user, identity.user_id))

    @blueprint.post("/api/users/<int:user_id>/block")
    @requires(Role.OWNER)
    @described(takes=(USER_ID,), body=Nothing, answers=PERSON, problems=(NOBODY, ONESELF))
    def block(user_id: int) -> Response:
        """Let somebody in no more; their sessions end.

        Raises:
            Problem: nobody of that id ever came.
        """
        read_body(Nothing)
        identity = current_identity()
        _not_oneself(identity, user_id)
        if not in_thread(store.users.block, user_id, identity.subject, clock.now()):
            raise Problem(404, *_unknown(user_id))
        user = in_thread(store.users.find, user_id)
        return reply({} if user is None else _user(user, identity.user_id))

    @blueprint.delete("/api/users/<int:user_id>")
    @requires(Role.OWNER)
    @described(takes=(USER_ID,), status=204, problems=(NOBODY, ONESELF))
    def remove(user_id: int) -> Response:
        """Forget somebody, who may then ask again; their sessions end.

        Raises:
            Problem: nobody of that id ever came.
        """
        identity = current_identity()
        _not_oneself(identity, user_id)
        if not in_thread(store.users.remove, user_id, identity.subject, clock.now()):
            raise Problem(404, *_unknown(user_id))
        return Response(status=204)

    return blueprint


def _user(user: User, own: int | None) -> dict[str, Any]:
    return {**msgspec.structs.asdict(user), "is_you": user.id == own}


def _not_oneself(identity: Identity, user_id: int) -> None:
    """Let nobody change what they may themselves.

    Raises:
        Problem: it is oneself.
    """
    if identity.user_id == user_id:
        raise Problem(409, "own_role", "you cannot change your own role; another owner can")


def _unknown(user_id: int) -> tuple[str, str]:
    return "unknown_user_id", f"user {user_id} never came and was never let in"
