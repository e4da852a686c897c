"""``python -m runner.tunnel``: keeps the tunnel open, in a process of its own.

It leaves the URL in a note of the run folder, for the launcher. It never ends by itself, and
says each trouble once: trading must not stop for the way to the page.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Final, Protocol
from urllib.parse import urlsplit

from core.errors import ConfigError
from infra.notes import TUNNEL, remove_note, write_note
from infra.settings import Settings, load_settings
from runner.ngrok import Ngrok, TunnelError
from utils.backoff import Backoff
from utils.parent_watch import exit_with_parent

LOOK_S: Final = 3.0
BASE_S: Final = 2.0
CAP_S: Final = 120.0
FREE: Final = (".ngrok-free.app", ".ngrok-free.dev", ".ngrok.dev")
EXIT_MEND: Final = 2


class Tunnel(Protocol):
    """A way from outside to the page."""

    @property
    def must_download(self) -> bool:
        """Whether opening it takes a download first."""
        ...

    def open(self) -> str:
        """Open it; return its URL, or raise a TunnelError."""
        ...

    def urls(self) -> list[str]:
        """Return where it can be found now, or raise a TunnelError."""
        ...

    def close(self) -> None:
        """Close what is open of it."""
        ...


class TunnelKeeper:
    """Opens a tunnel, and again whenever it is gone."""

    def __init__(
        self, tunnel: Tunnel, settings: Settings, tell: Callable[[str], None], backoff: Backoff
    ) -> None:
        self._tunnel = tunnel
        self._run_dir = settings.run_dir
        self._tell = tell
        self._backoff = backoff
        self._told = ""

    def attempt(self) -> str:
        """Open the tunnel once; return its URL, or nothing after saying why there is none."""
        if self._tunnel.must_download:
            self._say("Downloading ngrok's agent, about 10 MB, once")
        try:
            url = self._tunnel.open()
        except TunnelError as error:
            # an empty note: whoever waits for the URL need not wait any longer
            write_note(self._run_dir, TUNNEL, url="")
            self._say(f"No tunnel: {error}. It is tried again; the page is there on this machine")
            return ""
        self._take(url)
        return url

    def still(self, url: str) -> str:
        """Return the URL that the tunnel has now: *url*, another, or nothing if it is gone."""
        try:
            urls = self._tunnel.urls()
        except TunnelError as error:
            self._tunnel.close()
            self._lose(f"The tunnel is gone, {error}; opening it again")
            return ""
        if url in urls or not urls:
            # without any it is reconnecting by itself, under the same name
            return url
        self._take(urls[0])
        return urls[0]

    def keep(self, wait: Callable[[float], None]) -> None:
        """Keep it open for ever; *wait* is called between two looks with seconds."""
        url = ""
        while True:
            url = self.still(url) if url else self.attempt()
            if url:
                self._backoff.reset()
                wait(LOOK_S)
            else:
                wait(1.0 + self._backoff.next())

    def close(self) -> None:
        """Close it and take its note back."""
        self._tunnel.close()
        remove_note(self._run_dir, TUNNEL)

    def _take(self, url: str) -> None:
        write_note(self._run_dir, TUNNEL, url=url)
        self._say(f"The tunnel is open: {url}")
        if (urlsplit(url).hostname or "").endswith(FREE):
            self._tell(
                "ngrok's free plan carries 1 GB and 20000 requests a month, and shows each "
                "browser a page of its own once a week (docs/PROXY.md)"
            )

    def _lose(self, text: str) -> None:
        remove_note(self._run_dir, TUNNEL)
        self._say(text)

    def _say(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._tell(text)


def main() -> int:
    """Keep the tunnel of the settings until told to stop; return the exit code."""
    exit_with_parent()
    try:
        settings = load_settings({})
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_MEND
    with _own_voice() as tell:
        backoff = Backoff(BASE_S, CAP_S, Random())  # noqa: S311 - jitter
        keeper = TunnelKeeper(Ngrok(settings), settings, tell, backoff)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _leave)
        try:
            keeper.keep(time.sleep)
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            keeper.close()
    return 0


def _leave(*_: object) -> None:
    raise SystemExit(0)


@contextlib.contextmanager
def _own_voice() -> Iterator[Callable[[str], None]]:
    """Keep standard error for ourselves: the agent inherits it, and may print its token there."""
    with os.fdopen(os.dup(2), "w", encoding="utf-8", buffering=1) as voice:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stderr = voice
        yield lambda text: print(text, file=voice)


if __name__ == "__main__":
    sys.exit(main())
