"""The real web process with a stand-in engine that says what a test wants, and a browser."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from infra.bus.base import CommandFailure, CommandReply, CommandRequest
from store.access import AccessStore, Role
from tests.e2e import scene
from tests.telegram_webapp.house import fill_history
from tests.telegram_webapp.rig import ROOT, StandInEngine, free_port, listens, until
from utils.clock import SystemClock

CODE_LIFE_MS = 60_000
Data = dict[str, Any]

LINES = [
    {"label": "Expected price", "value": 64208.1, "tone": "price", "text": "64,208.1"},
    {"label": "Gross P&L", "value": 30.58, "tone": "gain_loss", "text": ""},
    {"label": "Fees, entry and exit", "value": -2.68, "tone": "plain", "text": ""},
    {"label": "Funding so far", "value": 0.0, "tone": "plain", "text": ""},
    {"label": "Net result", "value": 27.9, "tone": "total", "text": ""},
    {"label": "Margin released", "value": 533.23, "tone": "plain", "text": ""},
]


class Stage:
    """One dashboard: ``asked`` is what reached the engine, ``answer`` what it says."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self.data_dir = data_dir
        self.environment = environment
        self.port = free_port()
        self.clock = SystemClock()
        self.access = AccessStore(data_dir / "access.db")
        self.access.migrate()
        self.asked: list[CommandRequest] = []
        self.answer: Callable[[CommandRequest], CommandReply] = self.grant
        self.connection: Data = {}  # what the engine says of the exchange
        self.depth: Data = {}  # what it says of the order book
        self.system: Data = {}  # and of the machine; nothing unless there is something
        self.engine = self.start_engine("e1")
        self.web = self.start_web()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def now(self) -> int:
        """The engine's clock."""
        return self.clock.now()

    def link(self, role: Role = Role.OWNER, path: str = "", url: str = "") -> str:
        """Return a one-time link that signs in as *role*, there or at another *url*."""
        code = self.access.create_code(role, now=self.now, life_ms=CODE_LIFE_MS)
        return f"{url or self.url}{path}#code={code}"

    def start_engine(self, epoch: str) -> StandInEngine:
        """Start an engine that tells the scene."""
        engine = StandInEngine(self.data_dir, epoch)
        engine.server.on_command = self._on_command
        self._set(engine)
        engine.__enter__()
        return engine

    def start_web(self) -> subprocess.Popen[bytes]:
        """Start the web process and wait until it listens."""
        environment = {
            **os.environ,
            "DATA_DIR": str(self.data_dir),
            "DASHBOARD_PORT": str(self.port),
            "LOG_LEVEL": "WARNING",
            **self.environment,
        }
        process = subprocess.Popen(
            [sys.executable, "webapp_server.py"], cwd=ROOT, env=environment, start_new_session=True
        )
        until(lambda: listens(self.port), bool)
        return process

    def kill_web(self) -> None:
        """SIGKILL the web process."""
        os.killpg(self.web.pid, signal.SIGKILL)
        self.web.wait()

    def say(self, event_type: str, data: Data, key: str = "") -> None:
        """Tell a state now."""

        def act() -> None:
            self.engine.publisher.touch(event_type, key, lambda: data)
            self.engine.publisher.flush()

        self.engine.call(act)

    def tell(self, event_type: str, data: Data) -> None:
        """Tell a fact now."""

        def act() -> None:
            self.engine.publisher.fact(event_type, data)
            self.engine.publisher.deliver()

        self.engine.call(act)

    def grant(self, request: CommandRequest) -> CommandReply:
        """Answer as an engine that agrees."""
        if request.name in {"confirm", "stop"}:
            return CommandReply(ok=True, result={"ok": True, "title": "Done", "detail": ""})
        command = str(request.args["command"])
        lines = LINES if command.startswith("close") else []
        return CommandReply(
            ok=True,
            result={
                "intent_id": f"i{len(self.asked)}", "command": command,
                "title": "Close BTC/USDT long" if lines else command.replace("_", " "),
                "summary": "Sells 0.042 BTC at market, reduce-only.", "lines": lines,
                "act_label": "Close 0.042 BTC" if lines else "Do it", "badge": "SIMULATED",
                "expires_at": self.now + 60_000, "valid_s": 60,
            },
        )  # fmt: skip

    def close(self) -> None:
        """End everything."""
        if self.web.poll() is None:
            self.kill_web()
        self.engine.stop()
        self.access.close()

    async def _on_command(self, request: CommandRequest) -> CommandReply:
        known: dict[str, Data] = {
            "connection": self.connection,
            "markets": {"symbols": ["XRP/USDT", "XRP/USDC"]},
            "system": self.system,
            "depth": self.depth,
        }
        if (told := known.get(request.name)) or told is self.connection:
            return CommandReply(ok=True, result=told)
        if request.name in {"depth", "system", "ping"}:  # asked again and again by what looks
            return CommandReply(ok=False, error=CommandFailure("unknown", 404, "nobody knows"))
        self.asked.append(request)
        return self.answer(request)

    def _set(self, engine: StandInEngine) -> None:
        at, publisher = self.now, engine.publisher
        publisher.touch("engine", "", lambda: scene.engine(at))
        publisher.touch("feed", "", lambda: scene.feed(at))
        publisher.touch("account", "", lambda: scene.account(at))
        for symbol in scene.PRICES:
            publisher.touch("stats", symbol, partial(scene.stats, at, symbol))
            publisher.touch("price", symbol, partial(scene.price, at, symbol))
        publisher.touch("position", "p1", lambda: scene.position(at))
        publisher.touch("position", "p2", lambda: scene.position(at, "p2", **scene.SHORT))
        publisher.touch("strategy", "trend", lambda: scene.strategy(at))
        deepseek = scene.strategy(at, "deepseek_only", **scene.OFF)
        publisher.touch("strategy", "deepseek_only", lambda: deepseek)
        publisher.flush()
        publisher.fact("signal_raised", scene.signal(at))
        publisher.fact("order_placed", scene.order(at, "o1"))
        target = {"type": "take_profit", "role": "target", "trigger_price": 65000.0}
        publisher.fact("order_placed", scene.order(at, "o2", **target))
        publisher.fact("order_refused", scene.refusal(at))
        publisher.deliver()


def refuse(code: str, status: int, text: str) -> Callable[[CommandRequest], CommandReply]:
    """Return an answer that says no."""
    return lambda _: CommandReply(ok=False, error=CommandFailure(code, status, text))


@contextmanager
def stage(data_dir: Path, **environment: str) -> Iterator[Stage]:
    """Lend a dashboard with a history; its web process has more settings in its *environment*."""
    fill_history(data_dir)
    built = Stage(data_dir, environment)
    try:
        yield built
    finally:
        built.close()
