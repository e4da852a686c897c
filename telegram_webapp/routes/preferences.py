"""How who asks wishes to see the page: units, currency, time zone, colours, cards."""

from functools import partial
from typing import Any

import msgspec
from flask import Blueprint, Response

from store.access import Role
from store.preferences import (
    Cards,
    Colours,
    Currency,
    Density,
    Layout,
    Preferences,
    Prices,
    Units,
    View,
    Zone,
    change_preferences,
    read_preferences,
)
from telegram_webapp.auth.guard import current_identity
from telegram_webapp.auth.needs import requires
from telegram_webapp.body import read_body
from telegram_webapp.described import described
from telegram_webapp.offload import in_thread
from telegram_webapp.problems import Problem
from telegram_webapp.replies import reply
from telegram_webapp.site import Site


class PreferenceChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is put: what is not named stays as it is.

    ``layouts`` changes the views that it names; null puts a view back to how it comes.
    """

    units: Units | msgspec.UnsetType = msgspec.UNSET
    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    prices: Prices | msgspec.UnsetType = msgspec.UNSET
    zone: Zone | msgspec.UnsetType = msgspec.UNSET
    palette: Colours | msgspec.UnsetType = msgspec.UNSET
    density: Density | msgspec.UnsetType = msgspec.UNSET
    layouts: dict[View, Layout | None] = {}


class ShownPreferences(msgspec.Struct, frozen=True):
    """What is answered: every wish, said or not, and when one was said last (0 for never)."""

    units: Units
    currency: Currency
    prices: Prices
    zone: Zone
    palette: Colours
    density: Density
    layouts: dict[View, Layout]
    changed_at: int


def preference_routes(site: Site) -> Blueprint:
    """Serve the wishes of who asks."""
    blueprint = Blueprint("preferences", __name__)
    access = site.doorman.store.database

    @blueprint.get("/api/preferences")
    @requires(Role.VIEWER)
    @described(answers=ShownPreferences)
    def preferences() -> Response:
        """Return how who asks wishes to see the page."""
        return reply(_shown(*in_thread(read_preferences, access, current_identity().owner_id)))

    @blueprint.put("/api/preferences")
    @requires(Role.VIEWER)
    @described(body=PreferenceChanges, answers=ShownPreferences)
    def change() -> Response:
        """Change how who asks wishes to see the page, on every device of theirs.

        Raises:
            Problem: a card is named twice.
        """
        changes, now = read_body(PreferenceChanges), site.clock.now()
        for view, layout in changes.layouts.items():
            if layout is not None:
                _check_once(view, layout)
        made = partial(_changed, changes=changes)
        kept = in_thread(change_preferences, access, current_identity().owner_id, made, now)
        return reply(_shown(kept, now))

    return blueprint


def _check_once(view: View, layout: Layout) -> None:
    lists: dict[str, Cards] = msgspec.structs.asdict(layout)
    for name, cards in lists.items():
        if len(set(cards)) < len(cards):
            detail = f"layouts.{view}.{name} must name each card once, was {', '.join(cards)}"
            raise Problem(400, "bad_body", detail)


def _changed(before: Preferences, changes: PreferenceChanges) -> Preferences:
    said: dict[str, Any] = {
        name: value
        for name, value in msgspec.structs.asdict(changes).items()
        if value is not msgspec.UNSET and name != "layouts"
    }
    layouts = {**before.layouts, **changes.layouts}
    kept = {view: layout for view, layout in layouts.items() if layout not in {None, Layout()}}
    return msgspec.structs.replace(before, **said, layouts=kept)


def _shown(kept: Preferences, changed_at: int) -> ShownPreferences:
    return ShownPreferences(**msgspec.structs.asdict(kept), changed_at=changed_at)
