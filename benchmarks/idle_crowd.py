"""What a hundred people cost who leave the page open: the web worker's share of a core.

A whole deck in real time with its past; a hundred clients, each with a stream of the rate that a
page takes when nobody touches it.
"""

from contextlib import ExitStack
from typing import Final

from benchmarks.deck import deck
from benchmarks.idle_bytes import Reader, read
from benchmarks.report import Result
from telegram_webapp.channels import Rate

CLIENTS: Final = 100
SETTLE_S: Final = 5.0
SECONDS: Final = 60.0


def run() -> list[Result]:
    """Measure."""
    with deck(STREAMS_PER_CLIENT=str(CLIENTS)) as running, ExitStack() as opened:
        key = running.api_key()
        readers = [Reader(running, key, Rate.BALANCED) for _ in range(CLIENTS)]
        for reader in readers:
            opened.enter_context(reader.socket)
        read(readers, SETTLE_S)
        before = running.web.cpu_times()
        read(readers, SECONDS)
        after = running.web.cpu_times()
    busy = (after.user + after.system) - (before.user + before.system)
    note = f"{CLIENTS} idle streams for {SECONDS:g} s, the worker itself too"
    return [Result("100 idle pages", 100 * busy / SECONDS, "% of a core", at_most=5, note=note)]
