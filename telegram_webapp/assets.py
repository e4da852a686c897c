"""The page's own files, served under a hash of them all, so that each can be kept for ever.

Relative imports between modules work, and no module of one version meets one of another.
"""

import hashlib
import logging
import mimetypes
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec

from core.errors import ConfigError
from telegram_webapp.compression import IDENTITY, SMALLEST
from telegram_webapp.errands import pack_apart
from telegram_webapp.offload import in_thread
from utils.files import atomic_write, make_private_folder

ROOT: Final = Path(__file__).parent
SUFFIXES: Final = {".css", ".js", ".svg", ".png", ".ico", ".webp", ".woff2", ".webmanifest"}
PLOTLY: Final = "plotly.min.js"
PAGE: Final = "dashboard.html"
BOOT: Final = "<!--boot-->"
STATIC: Final = "{{static}}"
# The sheets that the page links, as one: each more would be waited for before anything is painted.
LINKED_SHEET: Final = re.compile(r'<link rel="stylesheet" href="\{\{static\}\}([^"]+)">\n')
SHEET: Final = "css/page.css"
DIGEST_LENGTH: Final = 12
KEPT_IN_MEMORY: Final = 256 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Packed:
    """A file as it is sent: its bytes, or where they are if they are too many for memory."""

    body: bytes | Path
    mimetype: str
    encoding: str


class Assets:
    """The static tree as it was when this process started, and the page that loads it.

    Promise: what is served under one hash never changes; nothing outside the page's own kinds
    of files is ever served.
    """

    def __init__(self, cache: Path, root: Path = ROOT) -> None:
        """Read the tree.

        Args:
            cache: folder for large files in compressed form; it may be deleted at any time.
            root: what holds the page and its files.

        Raises:
            ConfigError: the page or Plotly's script is missing: the installation is not whole.
        """
        self._cache = cache
        self._small: dict[str, bytes] = {}
        self._large: dict[str, _Large] = {}
        self._packed: dict[tuple[str, str], bytes] = {}
        self._packing = threading.Lock()
        tree = hashlib.sha256()
        for name, path in sorted({**_tree(root), PLOTLY: _plotly()}.items()):
            digest = _digest(path)
            tree.update(f"{name}\n{digest}\n".encode())
            if path.stat().st_size <= KEPT_IN_MEMORY:
                self._small[name] = path.read_bytes()
            else:
                self._large[name] = _Large(path, digest)
        page = _read(root / PAGE)
        sheets = LINKED_SHEET.findall(page)
        if sheets:
            self._small[SHEET] = b"".join(self._small[name] for name in sheets)
            tree.update(self._small[SHEET])
        self.digest = tree.hexdigest()[:DIGEST_LENGTH]
        # relative, for a proxy may show the page under any path; every view is one level deep
        self.base = f"static/{self.digest}/"
        self.plotly = self.base + PLOTLY
        self._head, self._tail = _halves(_with_one_sheet(page), self.base)

    def page(self, boot: dict[str, Any], more: Iterable[str] = ()) -> bytes:
        """Return the page with its *boot* data written in as JSON that cannot end the script.

        *more* names sheets and modules that it needs at once, beyond those that it always does.
        """
        data = msgspec.json.encode(boot).replace(b"<", b"\\u003c")
        links = "".join(_link(name, self.base) for name in more).encode()
        return b'%s%s<script type="application/json" id="boot">%s</script>%s' % (
            self._head, links, data, self._tail,
        )  # fmt: skip

    def file(self, name: str, encoding: str) -> Packed | None:
        """Return the file *name*, compressed as *encoding* says, or None if there is none."""
        mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if name in self._small:
            return Packed(self._small_packed(name, encoding), mimetype, encoding)
        if name in self._large:
            path, encoding = self._large_packed(self._large[name], encoding)
            return Packed(path, mimetype, encoding)
        return None

    def _small_packed(self, name: str, encoding: str) -> bytes:
        if encoding == IDENTITY:
            return self._small[name]
        place = (name, encoding)
        if place not in self._packed:
            self._packed[place] = SMALLEST[encoding](self._small[name])
        return self._packed[place]

    def _large_packed(self, large: "_Large", encoding: str) -> tuple[Path, str]:
        """Return where a file is that is too large for memory, and its encoding there."""
        if encoding != IDENTITY:
            try:
                return self._compressed(large, encoding), encoding
            except OSError as error:
                log.warning("%s is sent as it is: %s", large.path.name, error)
        return large.path, IDENTITY

    def _compressed(self, large: "_Large", encoding: str) -> Path:
        """Return the compressed file, which is made if it is not there.

        Raises:
            OSError: it cannot be made or kept.
        """
        kept = self._cache / f"{large.digest}.{encoding}"
        with self._packing:  # whoever comes meanwhile finds it done
            if not kept.exists():
                make_private_folder(self._cache)
                in_thread(atomic_write, kept, pack_apart(large.path, encoding))
        return kept


@dataclass(frozen=True, slots=True)
class _Large:
    path: Path
    digest: str


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tree(root: Path) -> dict[str, Path]:
    files = (path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return {path.relative_to(root).as_posix(): path for path in files}


def _plotly() -> Path:
    spec = find_spec("plotly")  # found, not imported: it would cost 15 MB
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "package_data" / PLOTLY
        if path.exists():
            return path
    raise ConfigError(f"{PLOTLY} was not found in the package plotly: install requirements.txt")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"page {path} cannot be read: {error.strerror}") from error


def _link(name: str, base: str) -> str:
    kind = "stylesheet" if name.endswith(".css") else "modulepreload"
    return f'<link rel="{kind}" href="{base}{name}">\n'


def _with_one_sheet(page: str) -> str:
    """Return *page* with the first of its sheets' links naming them all, and no other."""
    named = _link(SHEET, STATIC)
    first, *rest = LINKED_SHEET.split(page)[::2] if LINKED_SHEET.search(page) else (page,)
    return first + named * bool(rest) + "".join(rest)


def _halves(page: str, base: str) -> tuple[bytes, bytes]:
    head, marker, tail = page.replace(STATIC, base).partition(BOOT)
    if not marker:
        raise ConfigError(f"page {PAGE} must hold {BOOT}, where its data goes")
    return head.encode(), tail.encode()
