"""What a view needs of who asks, written on the view itself."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask

from store.access import Role

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC: Final = "public"
_MARK: Final = "_quarterdeck_needs"


def requires(role: Role) -> Callable[[View], View]:
    """Mark a view as one for *role* and above; `install_guard` enforces it."""

    def mark(view: View) -> View:
        setattr(view, _MARK, role)
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as one for everybody: it must tell nothing of the account."""
    setattr(view, _MARK, PUBLIC)
    return view


def needs_of(view: object) -> Role | str | None:
    """Return the role a view is marked with, `PUBLIC`, or None if it is not marked."""
    needs: Role | str | None = getattr(view, _MARK, None)
    return needs


def check_every_view_is_marked(app: Flask) -> None:
    """Refuse to serve an application with a view that forgot to say what it needs.

    Raises:
        RuntimeError: there is one.
    """
    forgot = [name for name, view in app.view_functions.items() if needs_of(view) is None]
    if forgot:
        raise RuntimeError(f"views must be marked with @requires or @public: {', '.join(forgot)}")
