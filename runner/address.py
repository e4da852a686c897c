"""Where the page is found from outside, as it is now: by a setting, or by a tunnel that may move.

Web and bot learn it by their environment. When it changes they are started again, one second
each: the page resumes its stream where it was, the bot its queue, and trading never notices.
"""

import asyncio
import ipaddress
import sys
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from infra.notes import TUNNEL, read_note
from infra.settings import ROOT, Settings, child_environment
from runner.supervisor import ChildSpec, Console, Supervisor
from utils.addresses import reachable
from utils.clock import Clock

LOOK_S: Final = 0.3
# the page is there without a tunnel after that long
PATIENCE_S: Final = 20.0
LEARNERS: Final = ("web", "bot")
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
# what the tunnel's process is told: its agent is not ours, and inherits its environment
TOLD: Final = (
    "DATA_DIR", "DASHBOARD_HOST", "DASHBOARD_PORT", "TUNNEL",
    "NGROK_AUTHTOKEN", "NGROK_PATH", "NGROK_DOMAIN",
)  # fmt: skip


class PublicAddress:
    """The page's public URL: ``url``, empty while there is none."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._by_tunnel = settings.tunnel != "none"
        self._known = asyncio.Event()
        self._variables: dict[str, str] = {}
        self.url = "" if self._by_tunnel else settings.public_url or ""

    def crew(self, children: Sequence[ChildSpec]) -> list[ChildSpec]:
        """Return *children* so that they learn the URL, and the tunnel that gives it, if one does.

        With a tunnel, page and bot start once it is open, or known not to open for now.
        """
        if not self._by_tunnel:
            return list(children)
        return [self._tunnel(), *map(self._learning, children)]

    async def follow(self, supervisor: Supervisor, console: Console) -> None:
        """Tell *supervisor*'s children of each URL that the tunnel gets, until the end."""
        latest = self._clock.monotonic() + PATIENCE_S
        while self._by_tunnel and not await supervisor.wait_stopping(LOOK_S):
            note = read_note(self._settings.run_dir, TUNNEL)
            url = str(note["url"]) if note else ""
            if url and url != self.url:
                await self._learn(url, supervisor, console)
            if note is not None or self._clock.monotonic() >= latest:
                self._known.set()

    async def _learn(self, url: str, supervisor: Supervisor, console: Console) -> None:
        self.url = self._variables["PUBLIC_URL"] = url
        if self._known.is_set():
            console.tell("Page and bot start again, to learn their public URL")
            await asyncio.gather(*(supervisor.restart(name) for name in LEARNERS))

    def _learning(self, child: ChildSpec) -> ChildSpec:
        if child.name not in LEARNERS:
            return child
        trusted = [*self._settings.trusted_proxies, *LOOPBACK, *self._agent_address()]
        # the tunnel is the launcher's to keep, and its agent speaks for visitors
        fixed = {"TUNNEL": "none", "TRUSTED_PROXIES": ",".join(trusted), "NGROK_AUTHTOKEN": ""}
        # a ChainMap reads what is there when it is asked, at each start
        environment = ChainMap(self._variables, fixed, dict(child.environment))
        return replace(child, environment=environment, waits_for=self._known)

    def _agent_address(self) -> list[str]:
        """Return from where an agent asks that reaches the page by its own address."""
        try:
            return [str(ipaddress.ip_network(reachable(self._settings.dashboard_host)))]
        except ValueError:
            return []

    def _tunnel(self) -> ChildSpec:
        ours = self._settings.environment()
        environment = {
            name: value
            for name, value in child_environment(self._settings).items()
            if name not in ours or name in TOLD
        }
        argv = [sys.executable, "-m", "runner.tunnel"]
        return ChildSpec("tunnel", argv, ROOT, environment, needed=False)
