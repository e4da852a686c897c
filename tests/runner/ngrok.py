"""The stand-in for ngrok's agent, as a program that settings can name."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.settings import ROOT

TOKEN = "2abcDEFghiJKLmnoPQRstuVWX_4s3cr3tT0k3n"


@dataclass
class FakeNgrok:
    """A program and the folder that steers it; see `tests.runner.ngrok_agent`."""

    folder: Path

    @property
    def program(self) -> Path:
        """The program to set as NGROK_PATH."""
        return self.folder / "ngrok"

    @property
    def variables(self) -> dict[str, str]:
        """What its environment must hold, and the settings that lead to it."""
        return {
            "FAKE_NGROK": str(self.folder), "NGROK_PATH": str(self.program),
            "NGROK_AUTHTOKEN": TOKEN, "TUNNEL": "ngrok",
        }  # fmt: skip

    @property
    def starts(self) -> list[dict[str, Any]]:
        """The process id, arguments and configuration of each start."""
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text("utf-8").splitlines()]

    def will(self, what: str, text: str) -> None:
        """Have it do *what* from its next start on."""
        (self.folder / what).write_text(text, encoding="utf-8")

    def wont(self, what: str) -> None:
        """Have it no longer do *what*."""
        (self.folder / what).unlink()


def fake_ngrok(folder: Path) -> FakeNgrok:
    """Return a stand-in that lives in *folder*."""
    folder.mkdir(exist_ok=True)
    fake = FakeNgrok(folder)
    script = (
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tests.runner.ngrok_agent "$@"\n'
    )
    fake.program.write_text(script, encoding="utf-8")
    fake.program.chmod(0o700)
    return fake
