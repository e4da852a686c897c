"""The report that opens offline, written by a process of its own and sent as a file."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Final

from core.errors import CommandError
from infra.settings import ROOT, child_environment
from telegram_bot.answers import frame
from telegram_bot.command import Ask, Reply
from telegram_bot.deck import Deck

PATIENCE_S: Final = 120.0
MAX_BYTES: Final = 45 * 1024 * 1024  # Telegram takes 50 MB


async def report(deck: Deck, ask: Ask) -> Reply:  # noqa: ARG001 - nothing may follow
    """Write the report now and send it.

    Raises:
        CommandError: it could not be written, or is too large to be sent.
    """
    await _write(deck)
    path = deck.settings.report_path
    data = await asyncio.to_thread(path.read_bytes)
    if len(data) > MAX_BYTES:
        raise CommandError("too_large", "The report is too large to be sent; the page has it.", 413)
    at = datetime.fromtimestamp(deck.clock.now() / 1000, UTC)
    text = f"<b>Report</b> · {frame.badge(deck.snapshot())}\nOpens in any browser, also offline."
    return Reply(text=text, document=(f"quarterdeck-{at:%Y-%m-%d-%H%M}.html", data), is_new=True)


async def _write(deck: Deck) -> None:
    """Have the report written.

    Raises:
        CommandError: it was not.
    """
    environment = child_environment(deck.settings)
    path = deck.settings.report_path
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "reports", "--out", str(path), cwd=ROOT, env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, said = await child.communicate()
    except TimeoutError:
        child.kill()
        await child.wait()
        raise CommandError("slow", f"The report took more than {PATIENCE_S:.0f} s.", 504) from None
    if child.returncode:
        why = said.decode(errors="replace").strip().rpartition("\n")[2][:300]
        raise CommandError("no_report", f"The report was not written: {why}", 503)
