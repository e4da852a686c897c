"""Real engine processes: started, listened to, commanded, killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from core.dashboard import EVENT_TYPES, apply, empty_state
from core.errors import BusError
from core.stream import Frame, read_sse_frame
from infra.bus.base import CommandReply, CommandRequest, Whole
from infra.bus.unix_client import UnixCommands, UnixSubscriber
from tests.services import PATIENCE_S, wait_until

ROOT = Path(__file__).parents[2]
OWN_STRATEGIES = Path(__file__).parent / "strategies"
# `python -m runner`, knowing the strategies of these tests too
WITH_OWN_STRATEGIES = f"""
import sys, strategy
strategy.__path__.append({str(OWN_STRATEGIES)!r})
from runner.__main__ import main
sys.exit(main())
"""


@dataclass
class Heard:
    """What one reader was told, in order, and what it makes of it."""

    state: dict[str, Any] = field(default_factory=empty_state)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    whole_at: int = -1

    def whole(self, data: bytes) -> None:
        """Take the whole state; what the engine tells of before is in it already."""
        self.take(json.loads(data)["seq"], "snapshot", data)
        self.whole_at = json.loads(data)["seq"]

    def take(self, seq: int, kind: str, data: bytes) -> None:
        body = json.loads(data)
        if seq > self.whole_at:
            self.state = apply(self.state, kind, body)
        self.events.append((kind, body))

    @property
    def status(self) -> str:
        return str(self.state["engine"].get("status", ""))

    @property
    def facts(self) -> list[dict[str, Any]]:
        return [body for kind, body in self.events if EVENT_TYPES[kind]["kind"] == "fact"]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for heard, body in self.events if heard == kind]


class EngineProcess:
    """One engine on *folder* that logs beside it; *settings* are environment variables."""

    def __init__(
        self, folder: Path, *, churn: bool = False, log: Path | None = None, **settings: str
    ) -> None:
        self.folder = folder
        self.socket = folder / "run" / "engine.sock"
        self.log_path = log or folder.parent / f"{folder.name}.log"
        self.heard = Heard()
        program = ["-c", WITH_OWN_STRATEGIES] if churn else ["-m", "runner"]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        given = {"MARKET": "sim", "WARMUP_DAYS": "0", "DATA_DIR": str(folder), **settings}
        with self.log_path.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *program], cwd=ROOT, env=kept | given,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.runs:
            self.kill()

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def _listen(self) -> None:
        while self.runs:
            with contextlib.suppress(BusError):
                for deliveries in UnixSubscriber(self.socket).deliveries(None):
                    for delivery in deliveries:
                        self._take(delivery)
            time.sleep(0.005)

    def _take(self, delivery: object) -> None:
        match delivery:
            case Whole():
                self.heard.whole(delivery.data)
            case Frame():
                self.heard.take(delivery.seq, *read_sse_frame(delivery.frame))
            case _:
                pass

    def wait_for(self, kind: str, count: int = 1) -> None:
        """Wait until *count* events of *kind* were heard."""
        self.wait_until(lambda: len(self.heard.of(kind)) >= count, f"{count} × {kind} is heard")

    def wait_until(self, holds: Any, what: str) -> None:
        wait_until(lambda: holds() or not self.runs, what, PATIENCE_S)
        if not holds():
            pytest.fail(f"the engine ended before {what}:\n{self.log}")

    def send(self, name: str, args: dict[str, Any], key: str, role: str = "owner") -> CommandReply:
        """Send a request over the bus."""
        request = CommandRequest(key, name, args, "tester", role)
        return UnixCommands(self.socket).send(request, timeout_s=PATIENCE_S)

    def wish(self, command: str, key: str, **args: Any) -> CommandReply:
        """Prepare and confirm a command."""
        prepared = self.send("prepare", {"command": command, "args": args}, f"{key}-p")
        if prepared.result is None:
            return prepared
        return self.send("confirm", {"intent_id": prepared.result["intent_id"]}, key)

    def kill(self) -> None:
        """Kill it, and take in what it had told before."""
        self.process.kill()
        self._ended()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to stop, and wait until it has; nobody helps it along."""
        self.process.send_signal(number)
        self._ended()

    def _ended(self) -> None:
        self.process.wait(PATIENCE_S)
        self._listening.join(PATIENCE_S)
        assert not self._listening.is_alive()
