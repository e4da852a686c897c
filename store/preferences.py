"""How each person wishes to see the page; kept in ``access.db``, written by the page."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from store.access_tables import preferences
from store.database import Database

# Whether a zone of that name exists is for the browser to say: it is the one that reckons with it,
# and a small container may know none.
ZONE: Final = r"^(UTC|browser|[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2})(?!\n)$"
CARD: Final = r"^[a-z][a-z0-9_-]{0,31}(?!\n)$"
MAX_CARDS: Final = 40
MAX_ZONE: Final = 64

Zone = Annotated[str, msgspec.Meta(pattern=ZONE, max_length=MAX_ZONE)]
CardName = Annotated[str, msgspec.Meta(pattern=CARD)]
Cards = Annotated[tuple[CardName, ...], msgspec.Meta(max_length=MAX_CARDS)]


class Units(StrEnum):
    """What a profit is told in: the quote currency, or percent of the initial balance."""

    MONEY = "money"
    PERCENT = "percent"


class Currency(StrEnum):
    """How an amount is written: with $, with the currency's code, or not at all."""

    SIGN = "sign"
    CODE = "code"
    HIDDEN = "hidden"


class Prices(StrEnum):
    """How many figures of a price are written: all of its tick, or five."""

    FULL = "full"
    COMPACT = "compact"


class Colours(StrEnum):
    """What money made and lost is coloured: bluish green and vermilion, or blue and orange."""

    USUAL = "usual"
    BLUE_ORANGE = "blue_orange"


class Density(StrEnum):
    """How much room there is around figures."""

    USUAL = "usual"
    COMPACT = "compact"


class View(StrEnum):
    """A view whose cards a person may arrange."""

    OVERVIEW = "overview"
    DESK = "desk"
    ENHANCED = "enhanced"
    PERFORMANCE = "performance"
    MARKET = "market"


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The cards of one view, by name; a card that is in none of these stands at its usual place.

    Attributes:
        order: those that were moved, in the order they are wished for.
        hidden: those that are not shown.
        pinned: those that stand before all others.
    """

    order: Cards = ()
    hidden: Cards = ()
    pinned: Cards = ()


class Preferences(msgspec.Struct, frozen=True, omit_defaults=True):
    """One person's wishes; what they never said is as it is for everybody."""

    units: Units = Units.MONEY
    currency: Currency = Currency.SIGN
    prices: Prices = Prices.FULL
    zone: Zone = "UTC"
    palette: Colours = Colours.USUAL
    density: Density = Density.USUAL
    layouts: dict[View, Layout] = {}


def read_preferences(database: Database, owner: str) -> tuple[Preferences, int]:
    """Return *owner*'s wishes, and when they were written last (wall clock, ms; 0 for never).

    Args:
        database: of access.
        owner: as `Identity.owner_id` has it.

    Raises:
        StoreError: the database refused.
    """
    query = select(preferences.c.wishes, preferences.c.changed_at)
    with database.read() as connection:
        row = connection.execute(query.where(preferences.c.owner == owner)).first()
    return (Preferences(), 0) if row is None else (_understood(row.wishes), row.changed_at)


def change_preferences(
    database: Database, owner: str, change: Callable[[Preferences], Preferences], now: int
) -> Preferences:
    """Let *change* make *owner*'s wishes anew, with no other change in between.

    Returns:
        What is kept now.

    Raises:
        StoreError: the database refused, and nothing has changed.
    """
    with database.write() as connection:
        query = select(preferences.c.wishes).where(preferences.c.owner == owner)
        row = connection.execute(query).first()
        kept = change(Preferences() if row is None else _understood(row.wishes))
        new = {"wishes": msgspec.to_builtins(kept), "changed_at": now}
        entry = insert(preferences).values(owner=owner, **new)
        connection.execute(entry.on_conflict_do_update(index_elements=["owner"], set_=new))
    return kept


def _understood(wishes: dict[str, Any]) -> Preferences:
    """Return *wishes* as far as this version knows them: another one may have written them."""
    known: dict[str, Any] = {}
    for name, value in wishes.items():
        try:
            msgspec.convert({name: value}, Preferences)
        except msgspec.ValidationError:
            continue
        known[name] = value
    return msgspec.convert(known, Preferences)
