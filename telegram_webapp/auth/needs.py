"""What a view needs of who asks, written on the view itself."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from flask import Flask

from store.access import Role

View = TypeVar("View", bound=Callable[..., Any])

_MARK: Final = "_quarterdeck_needs"


class Needs(NamedTuple):
    """What a view needs.

    Attributes:
        role: and those above it; None is everybody.
        counted: whether a request counts against the credential's budget.
    """

    role: Role | None
    counted: bool = True


def requires(role: Role, *, counted: bool = True) -> Callable[[View], View]:
    """Mark a view as one for *role* and above; the guard enforces it."""

    def mark(view: View) -> View:
        setattr(view, _MARK, Needs(role, counted))
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as one for everybody: it must tell nothing of the account."""
    setattr(view, _MARK, Needs(None))
    return view


def needs_of(view: object) -> Needs | None:
    """Return what a view is marked with, or None if it is not."""
    needs: Needs | None = getattr(view, _MARK, None)
    return needs


def check_every_view_is_marked(app: Flask) -> None:
    """Refuse to serve an application with a view that forgot to say what it needs.

    Raises:
        RuntimeError: there is one.
    """
    forgot = [name for name, view in app.view_functions.items() if needs_of(view) is None]
    if forgot:
        raise RuntimeError(f"views must be marked with @requires or @public: {', '.join(forgot)}")
