"""A small exchange on loopback that speaks the USDT-M futures protocol, and can misbehave."""

from tests.exchange.venue.contracts import MANY_SYMBOLS
from tests.exchange.venue.pointing import point
from tests.exchange.venue.server import KEY, SECRET, Venue, make_venue, venue_server

__all__ = ["KEY", "MANY_SYMBOLS", "SECRET", "Venue", "make_venue", "point", "venue_server"]
