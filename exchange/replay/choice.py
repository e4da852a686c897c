"""Which replay feed plays which files: candles from CSV, or what an exchange sent."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from exchange.base import MarketFeed
from exchange.replay.feed import ReplayFeed
from exchange.replay.raw_files import is_raw


def replay_feed(
    paths: Sequence[Path], funding_paths: Sequence[Path] = (), *,
    speed: float | None = 1.0, loop: bool = False,
) -> MarketFeed:  # fmt: skip
    """Return a feed of *paths*: files of candles, or recordings of an exchange and their folders.

    Raises:
        ConfigError: they cannot be used, or not together; the text says why and what to do.
    """
    raw = [path for path in paths if is_raw(path)]
    if not raw:
        return ReplayFeed(paths, funding_paths, speed=speed, loop=loop)
    if len(raw) < len(paths):
        other = next(path for path in paths if not is_raw(path))
        raise ConfigError(
            f"{raw[0].name} is a recording of an exchange and {other.name} is not: replay one or "
            "the other"
        )
    if loop or funding_paths:
        what = "begin again at its end" if loop else "take funding from a file: it has its own"
        raise ConfigError(f"a recording of an exchange cannot {what}")
    from exchange.replay.raw import RawReplayFeed  # noqa: PLC0415 - it brings ccxt

    return RawReplayFeed(raw, speed=speed)


def is_replay(feed: Any) -> bool:
    """Return whether *feed* plays files, so that its time is that of the tape."""
    return isinstance(feed, ReplayFeed) or getattr(feed, "plays_files", False)
