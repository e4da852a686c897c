"""Sees to it that the browser tests find a Chromium: one that is there, else Debian's, else ours.

Never fails: without a browser those tests are skipped and listed, or fail with
``REQUIRE_SERVICES=1``.
"""

import os
import shutil
import subprocess
import sys

from tests.services import find_chromium

UPDATE = ["apt-get", "update", "-qq"]
INSTALL = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "fonts-liberation"]
HEADLESS = (UPDATE, [*INSTALL, "chromium", "chromium-headless-shell"])
DEBIAN = (UPDATE, [*INSTALL, "chromium"])
PLAYWRIGHT = ([sys.executable, "-m", "playwright", "install", "chromium"],)


def ways() -> list[tuple[list[str], ...]]:
    """Return the command sequences that may install a Chromium here, the best first."""
    may_use_apt = os.geteuid() == 0 and shutil.which("apt-get") is not None
    return [HEADLESS, DEBIAN, PLAYWRIGHT] if may_use_apt else [PLAYWRIGHT]


def main() -> None:
    """Install a Chromium if there is none."""
    for commands in ways():
        if find_chromium(whole=True):
            return
        print(f"No Chromium yet, trying: {' '.join(commands[-1])}", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in commands:
            if subprocess.run(command, check=False, env=environment).returncode != 0:
                break
    if not find_chromium(whole=True):
        print("No Chromium could be installed: the browser tests cannot run.", flush=True)


if __name__ == "__main__":
    main()
