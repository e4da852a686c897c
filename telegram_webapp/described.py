"""What a route takes and answers, written on the view itself: it checks, and is told of."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, Final, NamedTuple, ParamSpec

from flask import Response, g

from core.errors import ConfigError, StoreError
from telegram_webapp import parameters
from telegram_webapp.last_answers import last_answers, question
from telegram_webapp.query import Parameter

Given = ParamSpec("Given")
_MARK: Final = "_quarterdeck_description"


class Kept(StrEnum):
    """For how long an answer may be kept: the value of Cache-Control."""

    ASKED_ANEW = "private, no-cache"  # kept with its ETag, and asked for again each time
    NEVER = "no-store"
    A_WHILE = "public, max-age=300"


class Refusal(NamedTuple):
    """A problem that a route may answer with: its status, its code, and when."""

    status: int
    code: str
    when: str


NO_DATABASE: Final = Refusal(503, "no_database", "the database cannot be used now")
NO_ACCOUNT: Final = Refusal(503, "no_account", "the engine has not made an account yet")
UNKNOWN_ACCOUNT: Final = Refusal(404, "unknown_account", "there is no account of that number")
ENGINE_AWAY: Final = Refusal(503, "engine_away", "the engine is away")
UNKNOWN_SYMBOL: Final = Refusal(404, "unknown_symbol", "the symbol is not traded here")
# what reading the history of an account may come to
OF_HISTORY: Final = (NO_DATABASE, NO_ACCOUNT, UNKNOWN_ACCOUNT)
# what asking the engine to do something may come to
OF_WISHES: Final = (
    NO_DATABASE, ENGINE_AWAY,
    Refusal(400, "bad_args", "the engine cannot read the arguments"),
    Refusal(403, "forbidden", "the engine asks for another role"),
    Refusal(404, "not_open", "the engine knows nothing of that name"),
    Refusal(409, "refused", "the engine refuses it now; its code and detail say why"),
    Refusal(429, "busy", "too many wishes wait"),
    Refusal(503, "blocked", "the engine cannot write now"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is told of a route.

    Attributes:
        takes: its parameters; it refuses others.
        body: the shape of what is posted, read by `read_body`.
        answers: the shape of its JSON: a type, or a JSON Schema; None where it has none.
        example: an answer; made from the shape unless given.
        status: of the answer.
        files: other media types it may answer with.
        problems: beside those that every route may answer with.
        kept: for how long the answer may be kept.
    """

    takes: tuple[Parameter[Any], ...] = ()
    body: type | None = None
    answers: Any = None
    example: Any = None
    status: int = 200
    files: tuple[str, ...] = ()
    problems: tuple[Refusal, ...] = ()
    kept: Kept = Kept.NEVER


def described(  # noqa: PLR0913 (each names a part of the description)
    *,
    takes: tuple[Parameter[Any], ...] = (),
    body: type | None = None,
    answers: Any = None,
    example: Any = None,
    status: int = 200,
    files: tuple[str, ...] = (),
    problems: tuple[Refusal, ...] = (),
    kept: Kept | None = None,
) -> Callable[[Callable[Given, Response]], Callable[Given, Response]]:
    """Describe a view, and refuse parameters that it does not take.

    What it takes, see `Description`. Its summary is the first sentence of its docstring. Stands
    below the marks of `auth.needs`, next to the view.
    """
    usual = Kept.NEVER if body is not None or answers is None else Kept.ASKED_ANEW
    description = Description(
        takes=takes, body=body, answers=answers, example=example, status=status, files=files,
        problems=problems, kept=kept or usual,
    )  # fmt: skip
    names = [one.name for one in takes if one.where == "query"]

    def mark(view: Callable[Given, Response]) -> Callable[Given, Response]:
        @wraps(view)
        def checked(*args: Given.args, **kwargs: Given.kwargs) -> Response:
            parameters.only(*names)
            g.description = description
            if description.kept is not Kept.ASKED_ANEW:
                return view(*args, **kwargs)
            return _or_again(lambda: view(*args, **kwargs))

        setattr(checked, _MARK, description)
        return checked

    return mark


def _or_again(view: Callable[[], Response]) -> Response:
    """Return what *view* answers or, when the database is away, what it answered last.

    Raises:
        ConfigError: the database is away, and nothing was answered before.
        StoreError: as above.
    """
    answers, identity = last_answers(), g.get("identity")
    own = identity and (identity.owner_id, identity.role)
    try:
        response = view()
    except (StoreError, ConfigError):
        again = None
        if answers is not None:
            again = answers.again(question(own)) or answers.again(question(None))
        if again is None:
            raise
        return again
    body: bytes | None = g.get("said")
    if answers is not None and body is not None:
        answers.keep(question(own if g.get("is_personal") else None), body)
    return response


def description_of(view: object) -> Description | None:
    """Return what is told of a view, None if nothing is."""
    found: Description | None = getattr(view, _MARK, None)
    return found


def is_kept() -> bool:
    """Return whether the answer to the current request may be kept and asked for again."""
    description: Description | None = g.get("description")
    return description is not None and description.kept is Kept.ASKED_ANEW
