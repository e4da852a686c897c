"""Telegram's own script for mini apps, as an npm package carries it; it is never kept here.

Source: https://www.npmjs.com/package/@twa-dev/sdk
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.services import require

PACKAGE = "@twa-dev/sdk@8.0.2"
MEMBER = "package/src/telegram-web-apps.js"
SHA256 = "f4a03f7df8841ff5f232ad3a7416033df85594a23ce8b8cab64a82a9dad960d5"
TIMEOUT_S = 180


def kept_at() -> Path:
    """Return where the script is kept between runs."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "quarterdeck-tests" / f"telegram-web-app-{SHA256[:12]}.js"


def telegram_script() -> Path:
    """Return the script's path, fetched with npm if need be; else skip the test, or fail it."""
    kept = kept_at()
    if not kept.exists() and (problem := fetch(kept)):
        require("Telegram's script", problem)
    return kept


def fetch(kept: Path) -> str:
    """Have npm pack the package and keep its script; return what went wrong, or ""."""
    npm = shutil.which("npm")
    if npm is None:
        return f"npm packs it ({PACKAGE}), and there is no npm"
    with TemporaryDirectory() as folder:
        try:
            command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", folder]
            subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S, cwd=folder)
            with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
                archive.extract(MEMBER, folder, filter="data")
        except (OSError, subprocess.SubprocessError, tarfile.TarError, StopIteration) as error:
            return f"npm did not pack {PACKAGE}: {error}"
        text = (Path(folder) / MEMBER).read_bytes()
        if hashlib.sha256(text).hexdigest() != SHA256:
            return f"{PACKAGE} carries another script than the one that is known"
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_bytes(text)
        part.replace(kept)
    return ""
