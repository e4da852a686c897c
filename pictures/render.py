"""SVG to PNG, with fonts of our own: a small server has none."""

from importlib.resources import files
from typing import Final

import resvg_py

from pictures.svg import FONT, Drawing

# logical pixels to real ones: Telegram shows photos of up to 1280
ZOOM: Final = 3
_FACES: Final = [
    str(files("font_source_sans_pro") / "files" / f"SourceSansPro-{name}.ttf")
    for name in ("Regular", "Semibold")
]


def png(drawing: Drawing) -> bytes:
    """Return *drawing* as PNG, `ZOOM` times its logical size."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing.svg(),
            zoom=ZOOM,
            skip_system_fonts=True,
            font_files=_FACES,
            font_family=FONT,
        )
    )
