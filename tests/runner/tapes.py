"""Recordings to replay, made by the simulator."""

import csv
from pathlib import Path

from core.market import DAY_MS, Bar
from exchange.simulated.feed import SimulatedFeed

BEGAN = 1_748_736_000_000  # 2025-06-01, 00:00 UTC
SYMBOLS = ("BTC/USDT", "ETH/USDT")


def record(folder: Path, days: int) -> list[Path]:
    """Write *days* of candles of each symbol into files of *folder*; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{symbol.replace('/', '')}-1m.csv" for symbol in SYMBOLS]
    feed = SimulatedFeed(3, SYMBOLS, start=BEGAN)
    steps = list(feed.past(BEGAN + days * DAY_MS))
    for symbol, path in zip(SYMBOLS, paths, strict=True):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["open_time", "open", "high", "low", "close", "volume"])
            for step in steps:
                for bar in step.messages:
                    if isinstance(bar, Bar) and bar.symbol == symbol:
                        row = (bar.open, bar.high, bar.low, bar.close, bar.volume)
                        writer.writerow([bar.open_time, *row])
    return paths
