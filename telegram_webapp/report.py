"""The report on disk, and having a new one written by a process of its own."""

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final, Literal

import msgspec

from infra.settings import ROOT, Settings, child_environment
from telegram_webapp.problems import Problem
from utils.clock import Clock

PATIENCE_S: Final = 300.0
PAUSE_S: Final = 30.0
WORDS_KEPT: Final = 300

log = logging.getLogger(__name__)


class ReportStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there is a report, of when, and whether one is being written.

    ``state`` is ``none``, ``ready``, ``writing`` or ``failed``, which says why in ``detail``; one
    that was written before is still there while the next is ``writing`` or has ``failed``. Times
    are ms, wall clock.
    """

    state: Literal["none", "ready", "writing", "failed"]
    detail: str
    written_at: int | None
    age_ms: int | None
    bytes: int | None


class Reports:
    """Has the report written, one at a time and not too often.

    Promise: nothing of it happens in this process, which only starts the child and reads its
    exit code; the file on disk is a whole report at any time.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.path = settings.report_path
        self._environment = child_environment(settings)
        self._clock = clock
        self._lock = threading.Lock()
        self._is_writing = False
        self._ended_at = float("-inf")
        self._failure = ""

    def status(self) -> ReportStatus:
        """Return what there is now."""
        file = _stat(self.path)
        written_at = None if file is None else file.st_mtime_ns // 1_000_000
        return ReportStatus(
            state=self._state(there=file is not None),
            detail=self._failure,
            written_at=written_at,
            age_ms=None if written_at is None else max(0, self._clock.now() - written_at),
            bytes=None if file is None else file.st_size,
        )

    def start(self, account_id: int | None) -> None:
        """Begin to write the report of an account, unless one is being written.

        Raises:
            Problem: the last one was written only just now.
        """
        with self._lock:
            if self._is_writing:
                return
            wait_s = self._ended_at + PAUSE_S - self._clock.monotonic()
            if wait_s > 0:
                again = {"Retry-After": str(int(wait_s) + 1)}
                detail = f"a report was written just now: ask again in {int(wait_s) + 1} s"
                raise Problem(429, "too_many", detail, again)
            self._is_writing, self._failure = True, ""
        threading.Thread(target=self._write, args=(account_id,), daemon=True).start()

    def _write(self, account_id: int | None) -> None:
        failure = "the report was not written"
        try:
            failure = self._child(account_id)
        finally:
            with self._lock:
                self._is_writing, self._failure = False, failure
                self._ended_at = float("-inf") if failure else self._clock.monotonic()

    def _child(self, account_id: int | None) -> str:
        """Run the child; return why it failed, or nothing."""
        command = [sys.executable, "-m", "reports", "--out", str(self.path)]
        if account_id is not None:
            command += ["--account", str(account_id)]
        try:
            child = subprocess.run(  # noqa: S603 (ours)
                command, cwd=ROOT, env=self._environment, capture_output=True, check=False,
                timeout=PATIENCE_S,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("The report was not written: %s", error)
            return f"the report was not written within {PATIENCE_S:.0f} s"
        if not child.returncode:
            return ""
        words = child.stderr.decode(errors="replace").strip().rpartition("\n")[2][:WORDS_KEPT]
        log.warning("The report was not written: %s", words)
        return words or f"the report was not written: exit code {child.returncode}"

    def _state(self, *, there: bool) -> Literal["none", "ready", "writing", "failed"]:
        if self._is_writing:
            return "writing"
        if self._failure:
            return "failed"
        return "ready" if there else "none"


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
