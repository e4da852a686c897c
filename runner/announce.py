"""Tells the person at the terminal how to get to the page, as soon as there is a way."""

import asyncio
import contextlib
import io
import json
from dataclasses import dataclass
from typing import Final, TextIO

import segno

from core.errors import QuarterdeckError
from infra.notes import BOT, read_note
from infra.settings import Settings
from runner.address import PublicAddress
from runner.doorkeeper import Doorkeeper
from runner.health import ask_health
from runner.lookout import Lookout
from runner.supervisor import Console, Supervisor
from utils.addresses import reachable
from utils.clock import Clock
from utils.desktop import open_in_browser

POLL_S: Final = 0.2
# the page opens with a real past if that takes no longer than this
PATIENCE_S: Final = 30.0
# how long to wait before looking from outside again; the last of them again and again
LOOK_AGAIN_S: Final = (1, 2, 3, 5, 10, 20, 30, 60)
# white on black, whatever the terminal's colours: some cameras read no inverted code
QR_LINE: Final = "    \x1b[97;40m{}\x1b[0m\n"


@dataclass(frozen=True)
class Manner:
    """How to announce.

    Attributes:
        out: where links go.
        browser: whether the page is opened on the desktop.
        qr: whether the public link is shown as a code to scan.
    """

    out: TextIO
    browser: bool
    qr: bool


class Announcer:
    """Says each thing once, when it is so: the link, the public link, the bot."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        address: PublicAddress,
        supervisor: Supervisor,
        console: Console,
        manner: Manner,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._address = address
        self._supervisor = supervisor
        self._console = console
        self._manner = manner
        self._doorkeeper = Doorkeeper(settings, clock)
        self._page_is_there = asyncio.Event()

    async def run(self, lookout: Lookout) -> None:
        """Announce until the end has begun."""
        await asyncio.gather(self._page(), self._outside(lookout), self._bot())

    async def _page(self) -> None:
        """Print the one-time link once the page answers, and open it."""
        host = reachable(self._settings.dashboard_host)
        started = self._clock.now()
        latest = self._clock.monotonic() + PATIENCE_S
        while not await self._supervisor.wait_stopping(POLL_S):
            health = await ask_health(host, self._settings.dashboard_port)
            if health is None:
                continue
            has_past = health.get("engine") == "up" and self._past_is_played(started)
            if has_past or self._clock.monotonic() >= latest:
                break
        else:
            return
        url = self._link()
        self._page_is_there.set()
        if not url:
            return
        self._console.tell(
            "The page is ready. This link works once; the command login prints another:"
        )
        self._print(f"\n    {url}\n\n")
        if self._manner.browser:
            await asyncio.to_thread(open_in_browser, url)

    async def _outside(self, lookout: Lookout) -> None:
        """Print the link from outside once the page is found there; say once what is wrong."""
        told = right = ""
        tries = 0
        while not await self._supervisor.wait_stopping(POLL_S):
            url = self._address.url
            if not self._page_is_there.is_set() or url in {"", right}:
                tries = 0
                continue
            sight = await lookout.look(url)
            if url != self._address.url:
                continue
            if not sight.trouble:
                right, told = url, ""
                self._tell_public(url, sight.remarks)
                continue
            if told != f"{url} {sight.trouble}":
                told = f"{url} {sight.trouble}"
                self._console.tell(f"{told}. It is looked at again until it is right")
            await self._pause(LOOK_AGAIN_S[min(tries, len(LOOK_AGAIN_S) - 1)], url)
            tries += 1

    async def _bot(self) -> None:
        """Tell the bot's name once it knows it."""
        while not await self._supervisor.wait_stopping(POLL_S):
            note = read_note(self._settings.run_dir, BOT)
            if note is not None:
                name = note["name"]
                self._console.tell(f"The bot is @{name}: https://t.me/{name}")
                return

    async def _pause(self, seconds: float, url: str) -> None:
        """Wait, unless the public URL changes or the end comes."""
        until = self._clock.monotonic() + seconds
        while self._clock.monotonic() < until and self._address.url == url:
            if await self._supervisor.wait_stopping(POLL_S):
                return

    def _tell_public(self, url: str, remarks: tuple[str, ...]) -> None:
        for remark in remarks:
            self._console.tell(remark)
        link = self._link(url)
        if not link:
            return
        self._console.tell(f"{url} is this page, seen from outside. This link works once, there:")
        self._print(f"\n    {link}\n\n")
        if self._manner.qr:
            self._print(qr_code(link) + "\n")

    def _link(self, url: str | None = None) -> str:
        """Return a one-time link, or nothing after saying why there is none."""
        try:
            return self._doorkeeper.one_time_link(url)
        except QuarterdeckError as error:
            self._console.tell(
                f"The page is ready, but no link to it: {error}. Try the command login"
            )
            return ""

    def _print(self, text: str) -> None:
        self._manner.out.write(text)
        self._manner.out.flush()

    def _past_is_played(self, started: int) -> bool:
        """Tell whether the engine is through with history, by the state it wrote since."""
        path = self._settings.state_path
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            if path.stat().st_mtime * 1000 < started:
                return False
            state = json.loads(path.read_bytes())["state"]
            return bool(state["engine"]["status"] != "warming_up")
        return False


def qr_code(text: str) -> str:
    """Return *text* as a QR code of block characters, for a terminal."""
    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, border=2, compact=True)
    return "".join(QR_LINE.format(line) for line in drawn.getvalue().splitlines())
