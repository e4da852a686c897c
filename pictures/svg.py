"""SVG text, piece by piece. Source: https://www.w3.org/TR/SVG11/."""

import math
from collections.abc import Iterable
from html import escape
from typing import Final, Literal

FONT: Final = "Source Sans Pro"
Anchor = Literal["start", "middle", "end"]
Place = tuple[float, float]

_FORBIDDEN: Final = dict.fromkeys((*range(32), 127, 65534, 65535), "�")


class Drawing:
    """Shapes in the order they are painted; every measure is in logical pixels.

    Raises ValueError for a place that is no finite number: it would vanish silently.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._parts: list[str] = []
        self._defs: list[str] = []

    def rect(
        self, corner: Place, size: tuple[float, float], fill: str, *,
        radius: float = 0, stroke: str = "none", dash: str = "",
    ) -> None:  # fmt: skip
        """Paint a box from its upper left corner."""
        (x, y), (width, height) = corner, size
        self._add(
            "rect", x=x, y=y, width=max(0.0, width), height=max(0.0, height), rx=radius, fill=fill,
            stroke=stroke, stroke_dasharray=dash or "none",
        )  # fmt: skip

    def line(
        self, start: Place, end: Place, stroke: str, *, width: float = 1, dash: str = ""
    ) -> None:
        """Paint a straight line."""
        self._add(
            "line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], stroke=stroke,
            stroke_width=width, stroke_dasharray=dash or "none",
        )  # fmt: skip

    def polyline(
        self, places: Iterable[Place], stroke: str, *, width: float = 2, dash: str = ""
    ) -> None:
        """Paint a line through *places*."""
        self._add(
            "polyline", points=_points(places), fill="none", stroke=stroke, stroke_width=width,
            stroke_linejoin="round", stroke_linecap="round", stroke_dasharray=dash or "none",
        )  # fmt: skip

    def area(self, places: Iterable[Place], colour: str, opacity: tuple[float, float]) -> None:
        """Fill the closed shape through *places*, fading from top to bottom."""
        name = f"fade{len(self._defs)}"
        stops = "".join(
            _tag("stop", offset=offset, stop_color=colour, stop_opacity=value)
            for offset, value in enumerate(opacity)
        )
        head = f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">'
        self._defs.append(f"{head}{stops}</linearGradient>")
        self._add("polygon", points=_points(places), fill=f"url(#{name})", stroke="none")

    def polygon(self, places: Iterable[Place], fill: str, *, stroke: str = "none") -> None:
        """Paint a closed shape."""
        self._add("polygon", points=_points(places), fill=fill, stroke=stroke, stroke_width=1)

    def circle(self, centre: Place, radius: float, fill: str, *, stroke: str = "none") -> None:
        """Paint a disc, or a ring with the fill "none"."""
        self._add(
            "circle", cx=centre[0], cy=centre[1], r=radius, fill=fill, stroke=stroke,
            stroke_width=1.75,
        )  # fmt: skip

    def text(
        self, place: Place, words: str, fill: str, *,
        size: float = 12, bold: bool = False, anchor: Anchor = "start",
    ) -> None:  # fmt: skip
        """Write *words* with their base line at *place*."""
        attributes = _attributes(
            x=place[0], y=place[1], fill=fill, font_size=size, text_anchor=anchor,
            font_family=FONT, font_weight=600 if bold else 400,
        )  # fmt: skip
        self._parts.append(f"<text {attributes}>{escape(_writable(words))}</text>")

    def clip(self, corner: Place, size: tuple[float, float]) -> None:
        """Let what is painted until `unclip` show only in a box."""
        name = f"clip{len(self._defs)}"
        box = _tag("rect", x=corner[0], y=corner[1], width=size[0], height=size[1])
        self._defs.append(f'<clipPath id="{name}">{box}</clipPath>')
        self._parts.append(f'<g clip-path="url(#{name})">')

    def unclip(self) -> None:
        """End `clip`."""
        self._parts.append("</g>")

    def svg(self) -> str:
        """Return the whole document."""
        head = _attributes(
            xmlns="http://www.w3.org/2000/svg", width=self.width, height=self.height,
            viewBox=f"0 0 {_number(self.width)} {_number(self.height)}",
        )  # fmt: skip
        defs, parts = "".join(self._defs), "".join(self._parts)
        return f"<svg {head}><defs>{defs}</defs>{parts}</svg>"

    def _add(self, name: str, **attributes: str | float) -> None:
        self._parts.append(_tag(name, **attributes))


def _writable(words: str) -> str:
    """Return *words* without what XML or UTF-8 cannot hold."""
    return words.translate(_FORBIDDEN).encode("utf-8", "replace").decode()


def _tag(name: str, **attributes: str | float) -> str:
    return f"<{name} {_attributes(**attributes)}/>"


def _attributes(**attributes: str | float) -> str:
    return " ".join(
        f'{name.replace("_", "-") if name != "viewBox" else name}="{_value(value)}"'
        for name, value in attributes.items()
    )


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"a place in a picture must be a finite number, was {value}")
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(places: Iterable[Place]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in places)
