"""What pictures are drawn of."""

from decimal import Decimal
from xml.etree import ElementTree as ET

from core.performance import Scope, Summary, plain, summarize
from pictures.card import Head
from pictures.svg import Drawing

DAY_MS = 86_400_000
HEAD = Head("Equity", "$10,010.00", "▲ +$10.00", 1.0, "3 trades", "SIMULATED")
SVG = "{http://www.w3.org/2000/svg}"


def a_summary(values: list[float], *, every_ms: int = 3_600_000) -> Summary:
    """Return the summary of an account without trades whose equity was *values*."""
    points = [(DAY_MS + n * every_ms, Decimal(str(value))) for n, value in enumerate(values)]
    until = points[-1][0] if points else DAY_MS
    scope = Scope(since=DAY_MS, until=until)
    return plain(summarize([], points, scope, initial=Decimal(10_000)))


def texts(drawing: Drawing) -> list[str]:
    """Return everything that is written on *drawing*."""
    tree = ET.fromstring(drawing.svg())  # noqa: S314 - our own
    return [element.text or "" for element in tree.iter(f"{SVG}text")]


def shapes(drawing: Drawing, name: str) -> list[dict[str, str]]:
    """Return the attributes of every shape of a kind."""
    tree = ET.fromstring(drawing.svg())  # noqa: S314 - our own
    return [element.attrib for element in tree.iter(SVG + name)]
