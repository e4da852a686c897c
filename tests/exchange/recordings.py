"""Small recordings for tests of the replay, written as people and exchanges write them."""

import gzip
import zipfile
from pathlib import Path

from core.market import MINUTE_MS

START = 1_746_372_780_000
HEADER = "open_time,open,high,low,close,volume"


def row(n: int, close: str = "100.5", at: int | None = None) -> str:
    """Return the row of minute *n*."""
    return f"{START + n * MINUTE_MS if at is None else at},100,101,99,{close},5"


def write(folder: Path, name: str, *lines: str) -> Path:
    """Write *lines* into file *name*, packed as it says; return its path."""
    path = folder / name
    text = "\n".join(lines) + "\n"
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inside.csv", text)
    else:
        path.write_text(text, encoding="utf-8")
    return path
