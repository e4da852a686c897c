"""A real bot process: started, logged, stopped."""

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from typing_extensions import override

from tests.services import PATIENCE_S, wait_until
from tests.telegram_bot.bot_api.server import TOKEN, BotApi

ROOT = Path(__file__).parents[2]


class BotChild(AbstractContextManager["BotChild"]):
    """`python -m telegram_bot` on *folder* that logs beside it; *settings* are variables."""

    def __init__(self, folder: Path, api: BotApi, **settings: str) -> None:
        self.api = api
        self.log_path = folder.parent / "bot.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        given = {
            "DATA_DIR": str(folder), "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url,
            "LOG_LEVEL": "DEBUG", **settings,
        }  # fmt: skip
        with self.log_path.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "telegram_bot"], cwd=ROOT, env=kept | given,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip

    @override
    def __enter__(self) -> Self:
        wait_until(
            lambda: self.api.is_polled or self.process.poll() is not None, "the bot polls", 60
        )
        assert self.process.poll() is None, self.log
        return self

    @override
    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
